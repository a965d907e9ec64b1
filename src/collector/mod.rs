//! An OTLP receiver inside the process: for tests, demonstrations and `beacon collect`.
//!
//! A [`Collector`] understands OTLP over gRPC, HTTP with protobuf and HTTP with JSON, all on one
//! port. It keeps what it received as plain data, and misbehaves on demand ([`Fault`]), so that a
//! test can show what a sender does then.
//!
//! ```
//! use std::time::Duration;
//!
//! use beacon::collector::{Collector, Fault, Times};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let collector = Collector::start()?;
//! collector.inject(Fault::HttpStatus { code: 503, retry_after: None }, Times::ONCE);
//! // … point OTEL_EXPORTER_OTLP_ENDPOINT to `collector.endpoint()` and work …
//! # let nothing_is_sent_here = 0;
//! collector.wait_for(Duration::from_secs(5), |store| {
//!     store.totals().spans() == nothing_is_sent_here
//! })?;
//! assert!(collector.spans().is_empty());
//! # Ok(())
//! # }
//! ```

mod answer;
mod answer_body;
mod attempt;
mod builder;
mod count;
mod decode;
mod decode_metric;
mod fault;
mod grpc;
mod listening;
mod payload;
mod received;
mod received_metric;
mod rpc_status;
mod server;
mod service;
mod shared;
mod store;
mod totals;
mod value;
mod wait_timeout;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fmt, io};

use self::listening::Listening;
use self::shared::Shared;
use crate::Signal;

pub use self::attempt::{AttemptAnswer, ReceivedAttempt, ReceivedProtocol};
pub use self::builder::CollectorBuilder;
pub use self::fault::{Fault, Times};
pub use self::received::{
    ReceivedAttributes, ReceivedEvent, ReceivedLink, ReceivedLog, ReceivedResource, ReceivedScope,
    ReceivedSpan, ReceivedSpanKind, ReceivedStatusCode,
};
pub use self::received_metric::{
    ReceivedHistogram, ReceivedMetricKind, ReceivedMetricPoint, ReceivedMetricValue,
    ReceivedTemporality,
};
pub use self::store::CollectorStore;
pub use self::totals::{SignalTotals, Totals};
pub use self::value::AttributeValue;
pub use self::wait_timeout::WaitTimeout;

/// A running OTLP receiver. Dropping it stops it.
pub struct Collector {
    shared: Arc<Shared>,
    addresses: Vec<SocketAddr>,
    listening: Mutex<Listening>,
}

impl Collector {
    /// Starts a collector with default options on a free port of `127.0.0.1`.
    ///
    /// It needs no runtime of the caller's.
    ///
    /// # Errors
    ///
    /// When no port can be bound or no thread started.
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Returns options to start a collector with.
    pub const fn builder() -> CollectorBuilder {
        CollectorBuilder::new()
    }

    /// Returns the URL of the first address, such as `http://127.0.0.1:43217`.
    pub fn endpoint(&self) -> String {
        self.addresses.first().map(|address| format!("http://{address}")).unwrap_or_default()
    }

    /// Returns the addresses, in the order in which they were asked for.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Lets a fault happen to requests of every signal.
    ///
    /// Faults happen in the order in which they were injected; a request meets one of them, and
    /// besides every [`Fault::RoundTrip`].
    ///
    /// ```
    /// use beacon::Telemetry;
    /// use beacon::collector::{Collector, Fault, Times};
    ///
    /// let collector = Collector::start()?;
    /// collector.inject(Fault::HttpStatus { code: 503, retry_after: None }, Times::ONCE);
    /// let telemetry = Telemetry::builder().endpoint(collector.endpoint()).build()?;
    /// telemetry.meter("shop").u64_counter("shop.orders").build().add(1, &[]);
    /// telemetry.flush_blocking()?; // sends it again
    /// assert_eq!(collector.metric_points("shop.orders").len(), 1);
    /// # drop(telemetry);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn inject(&self, fault: Fault, times: Times) {
        self.shared.update(|state| state.faults.push(fault, None, times));
    }

    /// Lets a fault happen to requests of one signal.
    pub fn inject_for(&self, signal: Signal, fault: Fault, times: Times) {
        self.shared.update(|state| state.faults.push(fault, Some(signal), times));
    }

    /// Lets no further request meet a fault. Those that hang go on hanging.
    pub fn clear_faults(&self) {
        self.shared.update(|state| state.faults.clear());
    }

    /// Forgets what was received and counts again from zero.
    pub fn clear(&self) {
        self.shared.update(|state| state.store.clear());
    }

    /// Stops as a process that dies: closes the port and every connection at once. Requests that
    /// are being answered get no answer. What was received stays.
    pub fn pause_listening(&self) {
        self.lock_listening().pause(&self.addresses);
    }

    /// Listens again on the same addresses. Does nothing while it listens.
    ///
    /// # Errors
    ///
    /// When an address cannot be bound again, or no thread started.
    pub fn resume_listening(&self) -> io::Result<()> {
        self.lock_listening().resume(&self.addresses, &self.shared)
    }

    /// Stops and joins the thread, for at most 5 s. What was received stays readable.
    pub fn stop(&self) {
        self.pause_listening();
    }

    /// Waits until the condition holds for what has been received. Blocks the calling thread, not
    /// the collector. The condition must not call the collector; it is given the store.
    ///
    /// # Errors
    ///
    /// When the condition does not hold within `limit`. The error tells what had been received.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use beacon::collector::Collector;
    ///
    /// let collector = Collector::start()?;
    /// let is_there = collector.wait_for(Duration::ZERO, |store| store.totals().spans() > 0);
    /// assert!(is_there.is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn wait_for(
        &self,
        limit: Duration,
        condition: impl FnMut(&CollectorStore) -> bool,
    ) -> Result<(), WaitTimeout> {
        self.shared.wait_for(limit, condition, |holds, store| {
            if holds {
                Ok(())
            } else {
                Err(WaitTimeout { limit, totals: Box::new(*store.totals()) })
            }
        })
    }

    /// Reads the store without copying it. The collector waits meanwhile.
    pub fn read<T>(&self, read: impl FnOnce(&CollectorStore) -> T) -> T {
        self.shared.read(|state| read(&state.store))
    }

    /// Returns the totals.
    pub fn totals(&self) -> Totals {
        self.read(|store| *store.totals())
    }

    /// Returns the number of connections accepted so far.
    pub fn connections(&self) -> u64 {
        self.totals().connections
    }

    /// Returns the spans in the store, in the order of arrival.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.read(|store| store.spans().cloned().collect())
    }

    /// Returns the spans of one trace, in the order of arrival.
    pub fn spans_of_trace(&self, trace_id: &str) -> Vec<ReceivedSpan> {
        self.read(|store| store.spans().filter(|span| span.trace_id == trace_id).cloned().collect())
    }

    /// Returns the log records in the store, in the order of arrival.
    pub fn logs(&self) -> Vec<ReceivedLog> {
        self.read(|store| store.logs().cloned().collect())
    }

    /// Returns the log records of one trace, in the order of arrival.
    pub fn logs_of_trace(&self, trace_id: &str) -> Vec<ReceivedLog> {
        self.read(|store| store.logs().filter(|log| log.trace_id == trace_id).cloned().collect())
    }

    /// Returns the data points of one metric, in the order of arrival.
    pub fn metric_points(&self, metric: &str) -> Vec<ReceivedMetricPoint> {
        self.read(|store| {
            store.metric_points().filter(|point| point.metric == metric).cloned().collect()
        })
    }

    /// Returns the names of the metrics in the store, sorted.
    pub fn metric_names(&self) -> Vec<String> {
        self.read(|store| {
            let mut names: Vec<_> = store.metric_points().map(|point| &point.metric).collect();
            names.sort_unstable();
            names.dedup();
            names.into_iter().cloned().collect()
        })
    }

    /// Returns the resources that were seen, each once.
    pub fn resources(&self) -> Vec<ReceivedResource> {
        self.read(|store| store.resources().cloned().collect())
    }

    /// Returns the requests that arrived, whatever became of them.
    pub fn attempts(&self) -> Vec<ReceivedAttempt> {
        self.read(|store| store.attempts().cloned().collect())
    }

    fn listening(listeners: Vec<TcpListener>, shared: Arc<Shared>) -> io::Result<Self> {
        let addresses =
            listeners.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        let listening = Mutex::new(Listening::start(listeners, &shared)?);
        Ok(Self { shared, addresses, listening })
    }

    fn lock_listening(&self) -> MutexGuard<'_, Listening> {
        self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (addresses, totals) = (&self.addresses, self.totals());
        f.debug_struct("Collector")
            .field("addresses", addresses)
            .field("totals", &totals)
            .finish_non_exhaustive()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests;
