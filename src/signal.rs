//! The three kinds of telemetry, and one value for each of them.

use std::fmt;

/// A kind of telemetry.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[expect(clippy::exhaustive_enums, reason = "beacon sends these three and callers match on all")]
pub enum Signal {
    /// Log records.
    Logs,
    /// Metric data points.
    Metrics,
    /// Spans.
    Traces,
}

impl Signal {
    /// All signals, in the order in which reports list them.
    pub const ALL: [Self; 3] = [Self::Traces, Self::Logs, Self::Metrics];

    /// Returns the signal's name on the wire and in settings: `logs`, `metrics` or `traces`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Traces => "traces",
        }
    }

    /// Returns what one item of the signal is called, in the singular.
    pub(crate) const fn item(self) -> &'static str {
        match self {
            Self::Logs => "log record",
            Self::Metrics => "data point",
            Self::Traces => "span",
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value for each signal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct PerSignal<T> {
    pub(crate) logs: T,
    pub(crate) metrics: T,
    pub(crate) traces: T,
}

impl<T> PerSignal<T> {
    pub(crate) fn from_fn(mut value: impl FnMut(Signal) -> T) -> Self {
        Self {
            logs: value(Signal::Logs),
            metrics: value(Signal::Metrics),
            traces: value(Signal::Traces),
        }
    }

    pub(crate) const fn get(&self, signal: Signal) -> &T {
        match signal {
            Signal::Logs => &self.logs,
            Signal::Metrics => &self.metrics,
            Signal::Traces => &self.traces,
        }
    }
}
