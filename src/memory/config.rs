//! What code says about memory.

use std::time::Duration;

use crate::config::{Overrides, key};
use crate::memory::alert::{LeakCallback, LeakChoices};

/// What is sampled of memory, and how often; for
/// [`TelemetryBuilder::memory`](crate::TelemetryBuilder::memory).
///
/// What is not set here comes from the `BEACON_MEMORY_*` variables, then from the defaults.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use beacon::memory::MemoryConfig;
///
/// let config = MemoryConfig::default()
///     .sample_interval(Duration::from_secs(30))
///     .system_metrics(true);
/// assert_ne!(config, MemoryConfig::disabled());
/// ```
#[must_use = "a value that is not given to the builder has no effect"]
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryConfig {
    is_enabled: Option<bool>,
    sample_interval: Option<Duration>,
    container_metrics: Option<bool>,
    system_metrics: Option<bool>,
    utilization_metrics: Option<bool>,
    pub(super) leaks: LeakChoices,
}

impl MemoryConfig {
    /// Returns the value that samples nothing: no thread, no metric, an empty
    /// [`snapshot`](super::snapshot()).
    pub fn disabled() -> Self {
        Self { is_enabled: Some(false), ..Self::default() }
    }

    /// Returns the value that samples, whatever `BEACON_MEMORY_ENABLED` says.
    pub fn enabled() -> Self {
        Self { is_enabled: Some(true), ..Self::default() }
    }

    /// Sets the time between two samples. Default: 15 s, four samples for each collection of
    /// metrics. Less than 100 ms is an [`InitError`](crate::InitError).
    pub fn sample_interval(mut self, interval: Duration) -> Self {
        self.sample_interval = Some(interval);
        self
    }

    /// Chooses whether `container.*` metrics are emitted where a container is recognized. Default:
    /// true. `beacon.cgroup.*` metrics do not depend on it.
    pub fn container_metrics(mut self, is_on: bool) -> Self {
        self.container_metrics = Some(is_on);
        self
    }

    /// Chooses whether `system.*` metrics are emitted. Default: false: all services on one host
    /// would report the same numbers, and a collector's host receiver does it once.
    pub fn system_metrics(mut self, is_on: bool) -> Self {
        self.system_metrics = Some(is_on);
        self
    }

    /// Chooses whether `process.cpu.utilization` and `process.memory.utilization` are emitted.
    /// Default: false: a backend can divide what is emitted anyway.
    pub fn utilization_metrics(mut self, is_on: bool) -> Self {
        self.utilization_metrics = Some(is_on);
        self
    }

    /// What is to be called with alerts.
    pub(crate) fn callback(&self) -> Option<LeakCallback> {
        self.leaks.callback.clone()
    }

    pub(crate) fn apply(self, overrides: &mut Overrides) {
        self.leaks.apply(overrides);
        let flags = [
            (key::MEMORY_ENABLED, self.is_enabled),
            (key::MEMORY_CONTAINER_METRICS, self.container_metrics),
            (key::MEMORY_SYSTEM_METRICS, self.system_metrics),
            (key::MEMORY_UTILIZATION_METRICS, self.utilization_metrics),
        ];
        for (key, flag) in flags {
            if let Some(flag) = flag {
                overrides.set(key, flag);
            }
        }
        if let Some(interval) = self.sample_interval {
            overrides.set(key::MEMORY_SAMPLE_INTERVAL, interval);
        }
    }
}
