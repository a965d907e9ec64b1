//! What became of every item: the counts that flush, shutdown and `stats` report.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::Signal;

/// Why beacon gave an item up.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropReason {
    /// It came after shutdown had begun.
    AlreadyShutdown,
    /// It could not be exported as it was: an all-zero trace or span id, or bytes that are no OTLP.
    Invalid,
    /// The console or a file refused the write.
    IoError,
    /// The queue was full; the newest item is the one that goes.
    QueueFull,
    /// The peer's answer was larger than the limit.
    ResponseTooLarge,
    /// `OTEL_BSP_EXPORT_TIMEOUT` or its like ran out before an attempt succeeded.
    RetryExhausted,
    /// Shutdown's deadline came, or its last attempt failed.
    Shutdown,
    /// The item alone is larger than a request may be.
    TooLarge,
}

impl DropReason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::AlreadyShutdown,
        Self::Invalid,
        Self::IoError,
        Self::QueueFull,
        Self::ResponseTooLarge,
        Self::RetryExhausted,
        Self::Shutdown,
        Self::TooLarge,
    ];

    /// Returns the value of `beacon.drop.reason`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlreadyShutdown => "already_shutdown",
            Self::Invalid => "invalid",
            Self::IoError => "io_error",
            Self::QueueFull => "queue_full",
            Self::ResponseTooLarge => "response_too_large",
            Self::RetryExhausted => "retry_exhausted",
            Self::Shutdown => "shutdown",
            Self::TooLarge => "too_large",
        }
    }

    const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One count for each reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct DropCounts([u64; DropReason::ALL.len()]);

impl DropCounts {
    pub(crate) fn add(&mut self, reason: DropReason, items: u64) {
        if let Some(count) = self.0.get_mut(reason.index()) {
            *count = count.saturating_add(items);
        }
    }

    pub(crate) fn get(&self, reason: DropReason) -> u64 {
        self.0.get(reason.index()).copied().unwrap_or_default()
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for reason in DropReason::ALL {
            self.add(reason, other.get(reason));
        }
    }
}

/// What became of the items of one signal, at one moment.
///
/// `emitted = delivered + rejected + all of dropped + held`, always: the counts are read together.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SignalReport {
    /// Items that the application finished: sampled spans, log records that passed the filter,
    /// collected data points.
    pub emitted: u64,
    /// Items that the peer has accepted.
    pub delivered: u64,
    /// Items that the peer has refused for good.
    pub rejected: u64,
    /// Items that beacon gave up, by reason. Reasons that did not occur are absent.
    pub dropped: BTreeMap<DropReason, u64>,
    /// Items that are queued, in flight, or waiting for a retry.
    pub held: u64,
}

impl SignalReport {
    /// Returns the sum of all drop reasons.
    pub fn dropped_total(&self) -> u64 {
        self.dropped.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Returns the items that will not arrive: rejected and dropped.
    pub fn lost(&self) -> u64 {
        self.rejected.saturating_add(self.dropped_total())
    }

    /// Tells whether every emitted item is accounted for.
    pub fn is_conserved(&self) -> bool {
        let known = self.delivered.saturating_add(self.lost()).saturating_add(self.held);
        self.emitted == known
    }
}

/// What became of everything, by signal.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TelemetryReport {
    /// Spans.
    pub traces: SignalReport,
    /// Log records.
    pub logs: SignalReport,
    /// Data points.
    pub metrics: SignalReport,
}

impl TelemetryReport {
    /// Returns the report of one signal.
    pub const fn signal(&self, signal: Signal) -> &SignalReport {
        match signal {
            Signal::Logs => &self.logs,
            Signal::Metrics => &self.metrics,
            Signal::Traces => &self.traces,
        }
    }

    pub(crate) const fn signal_mut(&mut self, signal: Signal) -> &mut SignalReport {
        match signal {
            Signal::Logs => &mut self.logs,
            Signal::Metrics => &mut self.metrics,
            Signal::Traces => &mut self.traces,
        }
    }

    /// Tells whether every emitted item of every signal is accounted for.
    pub fn is_conserved(&self) -> bool {
        Signal::ALL.iter().all(|signal| self.signal(*signal).is_conserved())
    }
}

impl fmt::Display for TelemetryReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, signal) in Signal::ALL.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let SignalReport { emitted, delivered, rejected, held, .. } = self.signal(signal);
            write!(f, "{separator}{signal}: emitted {emitted}, delivered {delivered}")?;
            write!(f, ", rejected {rejected}, held {held}")?;
            for (reason, items) in &self.signal(signal).dropped {
                write!(f, ", dropped {items} ({reason})")?;
            }
        }
        Ok(())
    }
}
