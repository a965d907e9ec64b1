//! Options of the collector.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use super::Collector;
use super::shared::{Shared, SharedOptions};
use super::store::StoreLimits;

/// Sets up a [`Collector`].
#[derive(Clone, Debug)]
#[must_use = "nothing listens before `start`"]
pub struct CollectorBuilder {
    addresses: Vec<SocketAddr>,
    options: SharedOptions,
}

impl CollectorBuilder {
    pub(super) const fn new() -> Self {
        let limits =
            StoreLimits { items: 100_000, encoded_bytes: 64 * 1024 * 1024, attempts: 10_000 };
        let options =
            SharedOptions { count_only: false, request_bytes_max: 64 * 1024 * 1024, limits };
        Self { addresses: Vec::new(), options }
    }

    /// Adds an address to listen on; all of them understand all protocols.
    ///
    /// Default: a free port of `127.0.0.1`.
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.addresses.push(address);
        self
    }

    /// Counts items without decoding or storing them, for benchmarks.
    ///
    /// [`Totals`](super::Totals) and attempts work as ever; duplicates are not recognized, and a
    /// request is malformed only when its outer messages are.
    pub const fn count_only(mut self) -> Self {
        self.options.count_only = true;
        self
    }

    /// Sets how many items of each signal are kept. The oldest make room.
    ///
    /// Default: 100,000.
    pub const fn items_max(mut self, items_max: usize) -> Self {
        self.options.limits.items = items_max;
        self
    }

    /// Sets how many bytes of each signal are kept, measured as encoded. In memory an item takes
    /// a few times as much. The oldest make room, except that the newest is always kept.
    ///
    /// Default: 64 MiB.
    pub const fn encoded_bytes_max(mut self, encoded_bytes_max: usize) -> Self {
        self.options.limits.encoded_bytes = encoded_bytes_max;
        self
    }

    /// Sets how many attempts are kept. The oldest make room.
    ///
    /// Default: 10,000.
    pub const fn attempts_max(mut self, attempts_max: usize) -> Self {
        self.options.limits.attempts = attempts_max;
        self
    }

    /// Sets how long a request's body may be, before and after decompression. A longer one is
    /// answered with 413 or `RESOURCE_EXHAUSTED`.
    ///
    /// Default: 64 MiB, as OTLP recommends.
    pub const fn request_bytes_max(mut self, request_bytes_max: usize) -> Self {
        self.options.request_bytes_max = request_bytes_max;
        self
    }

    /// Binds the addresses and starts the thread `beacon-collector`.
    ///
    /// # Errors
    ///
    /// When an address cannot be bound, or no thread can be started.
    pub fn start(mut self) -> io::Result<Collector> {
        if self.addresses.is_empty() {
            self.addresses.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        }
        let mut listeners = Vec::with_capacity(self.addresses.len());
        for address in &self.addresses {
            listeners.push(TcpListener::bind(address)?);
        }
        Collector::listening(listeners, Arc::new(Shared::new(self.options)))
    }
}
