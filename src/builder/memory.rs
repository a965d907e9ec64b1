//! What is watched of memory.

use crate::builder::TelemetryBuilder;
use crate::memory::MemoryConfig;

impl TelemetryBuilder {
    /// Sets what is sampled of memory, and how often. What the value leaves open comes from
    /// `BEACON_MEMORY_*` variables, then from the defaults.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use beacon::Telemetry;
    /// use beacon::memory::MemoryConfig;
    ///
    /// # let builder = Telemetry::builder().disabled(true);
    /// let often = MemoryConfig::default().sample_interval(Duration::from_secs(5));
    /// let telemetry = builder.memory(often).build()?;
    /// # drop(telemetry);
    /// # let builder = Telemetry::builder().disabled(true);
    /// let telemetry = builder.memory(MemoryConfig::disabled()).build()?;
    /// # drop(telemetry);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn memory(mut self, config: MemoryConfig) -> Self {
        self.leak_callback = config.callback();
        config.apply(&mut self.overrides);
        self
    }
}
