//! What is watched of runtimes and unfinished spans.

use crate::builder::TelemetryBuilder;
use crate::task::RuntimeConfig;

impl TelemetryBuilder {
    /// Sets what is watched of Tokio runtimes and of unfinished spans. What the value leaves open
    /// comes from `BEACON_RUNTIME_*` variables, then from the defaults.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use beacon::Telemetry;
    /// use beacon::task::RuntimeConfig;
    ///
    /// # let builder = Telemetry::builder().disabled(true);
    /// let strict = RuntimeConfig::default().stall_threshold(Duration::from_millis(200));
    /// let telemetry = builder.runtime(strict).build()?;
    /// # drop(telemetry);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn runtime(mut self, config: RuntimeConfig) -> Self {
        config.apply(&mut self.overrides);
        self
    }
}
