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

    /// Lets time pass faster for the memory sampler and the leak detector, and for nothing else: with
    /// 3600 they live an hour in each second. For tests and demonstrations, since a verdict takes
    /// hours. Default: 1. The age of the process at the start, and `process.uptime`, stay real.
    ///
    /// Intervals count in fast time, too: a sample each minute is then one each 17 ms.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use std::time::Duration;
    ///
    /// use beacon::Telemetry;
    /// use beacon::memory::MemoryConfig;
    ///
    /// # let builder = Telemetry::builder().disabled(true);
    /// let factor = NonZeroU32::new(3600).ok_or("zero")?;
    /// let each_minute = MemoryConfig::default().sample_interval(Duration::from_mins(1));
    /// let telemetry = builder.memory(each_minute).memory_time_factor(factor).build()?;
    /// # drop(telemetry);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "testing")]
    pub fn memory_time_factor(mut self, factor: std::num::NonZeroU32) -> Self {
        use std::sync::Arc;

        use crate::clock::SystemClock;
        use crate::testing::ScaledClock;

        let clock = ScaledClock::new(Arc::new(SystemClock::new()), factor);
        self.memory_clock = Some(Arc::new(clock));
        self
    }
}
