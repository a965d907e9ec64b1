//! Connections to one peer, made when they are needed and kept while they work.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::Request;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{Builder, Client, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::export::wire::request_body::RequestBody;
use crate::export::wire::resolver::Resolver;
use crate::export::wire::tls::{TlsConfig, TlsConnector};

/// A connection whose peer has said nothing for this long, while a request is open, is asked for
/// a sign of life, and given up after the same time again. An idle connection is left in peace.
///
/// Source: gRPC's keep-alive time-out, 20 s.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The connections of one destination.
///
/// An attempt that is dropped before its end (the courier's timeout) leaves the connections under
/// suspicion: over HTTP/2 the next request would share a connection whose peer may be gone, and
/// wait for the same timeout again. So the next attempt begins with new connections; requests on
/// the old ones finish there.
#[derive(Debug)]
pub(super) struct Transport {
    connections: Connections,
    is_suspect: AtomicBool,
}

#[derive(Debug)]
enum Connections {
    Plain(Pool<HttpConnector<Resolver>>),
    Tls(Pool<TlsConnector>),
}

impl Transport {
    /// Makes no connection and needs no runtime.
    pub(super) fn new(is_http2: bool, tls: Option<TlsConfig>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connections = match tls {
            None => Connections::Plain(Pool::new(is_http2, tcp)),
            Some(config) => Connections::Tls(Pool::new(is_http2, config.connector(tcp))),
        };
        Self { connections, is_suspect: AtomicBool::new(false) }
    }

    /// Marks the begin of an attempt, which ends with [`AttemptGuard::finish`].
    pub(super) const fn attempt(&self) -> AttemptGuard<'_> {
        AttemptGuard { is_suspect: &self.is_suspect, is_finished: false }
    }

    /// Sends one request; the future yields the head of the answer.
    #[cfg_attr(
        not(feature = "_tls"),
        expect(clippy::match_same_arms, reason = "only without TLS the two are of one type")
    )]
    pub(super) fn send(&self, request: Request<RequestBody>) -> ResponseFuture {
        let renew = self.is_suspect.swap(false, Ordering::Relaxed);
        match &self.connections {
            Connections::Plain(pool) => pool.send(request, renew),
            Connections::Tls(pool) => pool.send(request, renew),
        }
    }
}

/// Notices an attempt that was dropped before its end.
#[derive(Debug)]
pub(super) struct AttemptGuard<'a> {
    is_suspect: &'a AtomicBool,
    is_finished: bool,
}

impl AttemptGuard<'_> {
    pub(super) fn finish(mut self) {
        self.is_finished = true;
    }
}

impl Drop for AttemptGuard<'_> {
    fn drop(&mut self) {
        if !self.is_finished {
            self.is_suspect.store(true, Ordering::Relaxed);
        }
    }
}

#[derive(Debug)]
struct Pool<C> {
    builder: Builder,
    connector: C,
    client: Mutex<Client<C, RequestBody>>,
}

impl<C: Clone + Connect + Send + Sync + 'static> Pool<C> {
    fn new(is_http2: bool, connector: C) -> Self {
        let mut builder = Client::builder(TokioExecutor::new());
        // There is no pool timer: an idle process has nothing to wake up for.
        builder
            .timer(TokioTimer::new())
            .http2_only(is_http2)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .http2_keep_alive_timeout(KEEP_ALIVE)
            .http2_keep_alive_while_idle(false);
        let client = Mutex::new(builder.build(connector.clone()));
        Self { builder, connector, client }
    }

    fn send(&self, request: Request<RequestBody>, renew: bool) -> ResponseFuture {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if renew {
            *client = self.builder.build(self.connector.clone());
        }
        client.request(request)
    }
}
