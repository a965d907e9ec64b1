//! What code says about runtimes and unfinished spans.

use std::time::Duration;

use crate::config::{Overrides, key};

/// What is watched of Tokio runtimes and of unfinished spans; for
/// [`TelemetryBuilder::runtime`](crate::TelemetryBuilder::runtime).
///
/// What is not set here comes from the `BEACON_RUNTIME_*` variables, then from the defaults.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use beacon::task::RuntimeConfig;
///
/// let config = RuntimeConfig::default()
///     .stall_threshold(Duration::from_millis(200))
///     .span_age_limit(Duration::from_mins(1));
/// assert_ne!(config, RuntimeConfig::disabled());
/// ```
#[must_use = "a value that is not given to the builder has no effect"]
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RuntimeConfig {
    metrics: Option<bool>,
    stall_detection: Option<bool>,
    stall_threshold: Option<Duration>,
    live_spans: Option<bool>,
    span_age_limit: Option<Duration>,
}

impl RuntimeConfig {
    /// Returns the value that watches nothing: no thread, no metric, no list of spans.
    pub fn disabled() -> Self {
        Self::default().metrics(false).stall_detection(false).live_spans(false)
    }

    /// Chooses whether `tokio.*` and `beacon.task.*` metrics are emitted. Default: true.
    pub fn metrics(mut self, is_on: bool) -> Self {
        self.metrics = Some(is_on);
        self
    }

    /// Chooses whether blocked workers are told. Default: true.
    pub fn stall_detection(mut self, is_on: bool) -> Self {
        self.stall_detection = Some(is_on);
        self
    }

    /// Sets the time after which a worker that does not turn counts as blocked. It is told at most
    /// half of that later. Default: 500 ms, so that it is told within a second: Tokio's own advice is
    /// to be back within 100 µs. Less than 100 ms is an [`InitError`](crate::InitError).
    pub fn stall_threshold(mut self, threshold: Duration) -> Self {
        self.stall_threshold = Some(threshold);
        self
    }

    /// Chooses whether unfinished spans are listed. Default: true.
    pub fn live_spans(mut self, is_on: bool) -> Self {
        self.live_spans = Some(is_on);
        self
    }

    /// Sets the age from which on an unfinished span is told, once. Default: 10 min, longer than any
    /// usual request and most jobs. Less than 1 s is an [`InitError`](crate::InitError).
    pub fn span_age_limit(mut self, limit: Duration) -> Self {
        self.span_age_limit = Some(limit);
        self
    }

    pub(crate) fn apply(self, overrides: &mut Overrides) {
        let flags = [
            (key::RUNTIME_METRICS, self.metrics),
            (key::RUNTIME_STALL_DETECTION, self.stall_detection),
            (key::RUNTIME_LIVE_SPANS, self.live_spans),
        ];
        for (key, flag) in flags {
            if let Some(flag) = flag {
                overrides.set(key, flag);
            }
        }
        let durations = [
            (key::RUNTIME_STALL_THRESHOLD, self.stall_threshold),
            (key::RUNTIME_SPAN_AGE_LIMIT, self.span_age_limit),
        ];
        for (key, duration) in durations {
            if let Some(duration) = duration {
                overrides.set(key, duration);
            }
        }
    }
}
