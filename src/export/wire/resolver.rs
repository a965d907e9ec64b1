//! Name resolution whose failures can be told from those of the connection.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use tower_service::Service;

/// The system's resolver. It blocks, on a thread of the runtime's blocking pool.
#[derive(Clone, Debug)]
pub(super) struct Resolver {
    system: GaiResolver,
}

impl Resolver {
    pub(super) fn new() -> Self {
        Self { system: GaiResolver::new() }
    }
}

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = UnknownHost;
    type Future = Pin<Box<dyn Future<Output = Result<GaiAddrs, UnknownHost>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), UnknownHost>> {
        // The system's resolver is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let host = name.as_str().to_owned();
        let lookup = self.system.call(name);
        Box::pin(async move { lookup.await.map_err(|source| UnknownHost { host, source }) })
    }
}

/// A name has no address.
#[derive(Debug, thiserror::Error)]
#[error("no address for `{host}`")]
pub(super) struct UnknownHost {
    host: String,
    source: io::Error,
}
