//! What the embedded collector says it got.

use beacon::Signal;
use beacon::collector::Totals;
use serde::Serialize;

/// Distinct items that arrived, of all signals, beacon's own metrics included.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub(super) struct Received {
    spans: u64,
    log_records: u64,
    data_points: u64,
}

impl Received {
    pub(super) const fn of(totals: &Totals) -> Self {
        Self {
            spans: totals.traces.received.saturating_sub(totals.traces.duplicates),
            log_records: totals.logs.received.saturating_sub(totals.logs.duplicates),
            data_points: totals.metrics.received.saturating_sub(totals.metrics.duplicates),
        }
    }

    pub(super) const fn signal(&self, signal: Signal) -> u64 {
        match signal {
            Signal::Logs => self.log_records,
            Signal::Metrics => self.data_points,
            Signal::Traces => self.spans,
        }
    }

    #[cfg(test)]
    pub(super) const fn new(spans: u64, log_records: u64, data_points: u64) -> Self {
        Self { spans, log_records, data_points }
    }
}
