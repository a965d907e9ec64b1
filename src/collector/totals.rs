//! What arrived, in numbers.

use std::fmt;

use serde::Serialize;

use crate::Signal;

/// What the collector has received since it started. Eviction from the store changes none of it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// Of log records.
    pub logs: SignalTotals,
    /// Of metric data points.
    pub metrics: SignalTotals,
    /// Of spans.
    pub traces: SignalTotals,
    /// The longest body of a request after decompression, as protobuf or JSON. In bytes.
    pub largest_request_bytes: u64,
    /// Connections accepted, those included that were closed at once.
    pub connections: u64,
    /// Items that were dropped from the store to make room.
    pub evicted_items: u64,
}

/// The part of [`Totals`] about one signal.
///
/// `received = accepted + rejected`. Requests that were answered by a failure, or by nothing, are
/// in `failed_requests` alone.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SignalTotals {
    /// Requests that were answered with success, in full or in part.
    pub requests: u64,
    /// Requests that were not.
    pub failed_requests: u64,
    /// Items in requests that were answered with success.
    pub received: u64,
    /// Items that were not refused by a partial success.
    pub accepted: u64,
    /// Items that were refused by a partial success.
    pub rejected: u64,
    /// Spans that had been received before, by trace id and span id. Known for spans only, among
    /// those in the store.
    pub duplicates: u64,
}

impl Totals {
    /// Returns the totals of one signal.
    pub const fn of(&self, signal: Signal) -> &SignalTotals {
        match signal {
            Signal::Logs => &self.logs,
            Signal::Metrics => &self.metrics,
            Signal::Traces => &self.traces,
        }
    }

    /// Returns how many spans were received, duplicates included.
    pub const fn spans(&self) -> u64 {
        self.traces.received
    }

    /// Returns how many log records were received.
    pub const fn log_records(&self) -> u64 {
        self.logs.received
    }

    /// Returns how many metric data points were received.
    pub const fn data_points(&self) -> u64 {
        self.metrics.received
    }

    pub(super) const fn of_mut(&mut self, signal: Signal) -> &mut SignalTotals {
        match signal {
            Signal::Logs => &mut self.logs,
            Signal::Metrics => &mut self.metrics,
            Signal::Traces => &mut self.traces,
        }
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for signal in Signal::ALL {
            let totals = self.of(signal);
            write!(
                f,
                "{signal}: {} received ({} rejected) in {} requests, {} requests failed; ",
                totals.received, totals.rejected, totals.requests, totals.failed_requests
            )?;
        }
        write!(f, "{} connections", self.connections)
    }
}
