//! TLS by rustls, with the system's roots.

use std::error::Error as StdError;
use std::sync::Arc;

use hyper_rustls::{ConfigBuilderExt, HttpsConnector};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;

use crate::export::wire::error::WireSetupError;
use crate::export::wire::resolver::Resolver;

pub(super) type TlsConnector = HttpsConnector<HttpConnector<Resolver>>;

/// Whom to trust and how to speak.
#[derive(Debug)]
pub(super) struct TlsConfig {
    client: ClientConfig,
}

impl TlsConfig {
    /// Trusts what the system trusts.
    pub(super) fn new(is_http2: bool) -> Result<Self, WireSetupError> {
        let unusable = |reason: &(dyn StdError + 'static)| WireSetupError::TlsUnusable {
            reason: reason.to_string(),
        };
        let client = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?
            .with_native_roots()
            .map_err(|error| unusable(&error))?
            .with_no_client_auth();
        Ok(Self::from_client(client, is_http2))
    }

    pub(super) fn from_client(mut client: ClientConfig, is_http2: bool) -> Self {
        let protocol: &[u8] = if is_http2 { b"h2" } else { b"http/1.1" };
        client.alpn_protocols = vec![protocol.to_vec()];
        Self { client }
    }

    pub(super) fn connector(self, tcp: HttpConnector<Resolver>) -> TlsConnector {
        HttpsConnector::from((tcp, self.client))
    }
}

/// Whether this one error (not its causes) says that the handshake failed.
pub(super) fn is_tls_error(error: &(dyn StdError + 'static)) -> bool {
    error.is::<rustls::Error>()
}

/// What the process has chosen, else what the feature brings.
fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().map_or_else(|| Arc::new(built_in_provider()), Arc::clone)
}

#[cfg(feature = "tls-ring")]
fn built_in_provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

#[cfg(not(feature = "tls-ring"))]
fn built_in_provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}
