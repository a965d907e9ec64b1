//! The place of TLS in a build without it: `https` is an error at start.

use std::convert::Infallible;
use std::error::Error as StdError;

use hyper_util::client::legacy::connect::HttpConnector;

use crate::export::wire::error::WireSetupError;
use crate::export::wire::resolver::Resolver;

/// Never used: there is no [`TlsConfig`] to make it from.
pub(super) type TlsConnector = HttpConnector<Resolver>;

/// Has no value.
#[derive(Debug)]
pub(super) struct TlsConfig(Infallible);

impl TlsConfig {
    pub(super) const fn new(_: bool) -> Result<Self, WireSetupError> {
        Err(WireSetupError::TlsMissing)
    }

    pub(super) fn connector(self, _: HttpConnector<Resolver>) -> TlsConnector {
        match self.0 {}
    }
}

pub(super) fn is_tls_error(_: &(dyn StdError + 'static)) -> bool {
    false
}
