//! What code says about alerts, and about memory that is given back.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::config::{Overrides, SettingValue, key};
use crate::memory::MemoryConfig;
use crate::memory::alert::{LeakAlert, LeakCallback};

/// The part of [`MemoryConfig`] that is about leaks.
#[derive(Clone, Default)]
pub(crate) struct LeakChoices {
    detection: Option<bool>,
    confirm_without_load: Option<bool>,
    reclaim: Option<bool>,
    heap_sampling: Option<bool>,
    pressure_ratios: Option<(f64, f64)>,
    profile_directory: Option<PathBuf>,
    profiles_max: Option<u64>,
    pub(crate) callback: Option<LeakCallback>,
}

impl MemoryConfig {
    /// Chooses whether leaks are looked for. Default: true. Without it memory is only measured:
    /// no alert, and nothing is given back by itself.
    pub fn leak_detection(mut self, is_on: bool) -> Self {
        self.leaks.detection = Some(is_on);
        self
    }

    /// Chooses whether a leak is confirmed although nothing tells how much work was done. Default:
    /// false, such a leak stays suspected, since false alarms are ten times as many.
    pub fn confirm_without_load(mut self, is_on: bool) -> Self {
        self.leaks.confirm_without_load = Some(is_on);
        self
    }

    /// Chooses whether memory is given back without being asked: when resident memory grows and the live
    /// heap does not, at most once an hour, and when the limit of the container comes near. Default:
    /// true. [`reclaim`](crate::memory::reclaim()) works in any case.
    pub fn reclaim(mut self, is_on: bool) -> Self {
        self.leaks.reclaim = Some(is_on);
        self
    }

    /// Chooses whether [`TrackingAllocator`](crate::memory::TrackingAllocator), where the service has
    /// installed it, samples who allocates. Default: true. Without it no call-site can be named.
    pub fn heap_sampling(mut self, is_on: bool) -> Self {
        self.leaks.heap_sampling = Some(is_on);
        self
    }

    /// Sets from which share of the limit on hooks are told to
    /// [shrink](crate::memory::PressureLevel::Warn) and to
    /// [shed](crate::memory::PressureLevel::Shed). Default: 0.8 and 0.9. A level ends 0.05 below its
    /// share. Outside of 0 to 1, or in the wrong order, is an [`InitError`](crate::InitError).
    pub fn pressure_ratios(mut self, warn_ratio: f64, shed_ratio: f64) -> Self {
        self.leaks.pressure_ratios = Some((warn_ratio, shed_ratio));
        self
    }

    /// Names a directory in which a heap profile is written when a leak is confirmed, at most one an
    /// hour. It is made when it is missing. Default: none.
    pub fn profile_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.leaks.profile_directory = Some(directory.into());
        self
    }

    /// Bounds the profiles that stay; the oldest go first. From 1 to 1000. Default: 10.
    pub fn profiles_max(mut self, profiles_max: u64) -> Self {
        self.leaks.profiles_max = Some(profiles_max);
        self
    }

    /// Calls `callback` with each alert about memory. Default: none; the log record is there in any
    /// case.
    ///
    /// It is called on the thread `beacon-memory-callback`, which is there only while it has something to
    /// do, so it may take its time: sampling goes on. While one call runs, 16 newer alerts wait; then
    /// the newest is dropped. That, and panics, are counted in `beacon.memory.hook.failures`.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::Telemetry;
    /// use beacon::memory::{LeakState, MemoryConfig};
    ///
    /// # let builder = Telemetry::builder().disabled(true);
    /// let config = MemoryConfig::default().on_leak(|alert| {
    ///     if alert.state == LeakState::Confirmed {
    ///         eprintln!("tell the one on call: {}", alert.message);
    ///     }
    /// });
    /// let telemetry = builder.memory(config).build()?;
    /// # drop(telemetry);
    /// # Ok::<(), beacon::InitError>(())
    /// ```
    pub fn on_leak(mut self, callback: impl Fn(&LeakAlert) + Send + Sync + 'static) -> Self {
        self.leaks.callback = Some(Arc::new(callback));
        self
    }
}

impl LeakChoices {
    pub(crate) fn apply(&self, overrides: &mut Overrides) {
        let flags = [
            (key::MEMORY_LEAK_DETECTION, self.detection),
            (key::MEMORY_LEAK_CONFIRM_WITHOUT_LOAD, self.confirm_without_load),
            (key::MEMORY_RECLAIM, self.reclaim),
            (key::MEMORY_HEAP_SAMPLING, self.heap_sampling),
        ];
        for (key, flag) in flags {
            if let Some(flag) = flag {
                overrides.set(key, flag);
            }
        }
        if let Some((warn_ratio, shed_ratio)) = self.pressure_ratios {
            overrides.set(key::MEMORY_PRESSURE_WARN_RATIO, SettingValue::Ratio(warn_ratio));
            overrides.set(key::MEMORY_PRESSURE_SHED_RATIO, SettingValue::Ratio(shed_ratio));
        }
        if let Some(directory) = &self.profile_directory {
            let directory = directory.to_string_lossy().into_owned();
            overrides.set(key::MEMORY_PROFILE_DIRECTORY, directory);
        }
        if let Some(profiles_max) = self.profiles_max {
            overrides.set(key::MEMORY_PROFILE_KEEP, profiles_max);
        }
    }
}

impl PartialEq for LeakChoices {
    fn eq(&self, other: &Self) -> bool {
        let is_same_callback = match (&self.callback, &other.callback) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        };
        is_same_callback
            && self.detection == other.detection
            && self.confirm_without_load == other.confirm_without_load
            && self.reclaim == other.reclaim
            && self.heap_sampling == other.heap_sampling
            && self.pressure_ratios == other.pressure_ratios
            && self.profile_directory == other.profile_directory
            && self.profiles_max == other.profiles_max
    }
}

impl fmt::Debug for LeakChoices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeakChoices")
            .field("detection", &self.detection)
            .field("confirm_without_load", &self.confirm_without_load)
            .field("reclaim", &self.reclaim)
            .field("heap_sampling", &self.heap_sampling)
            .field("pressure_ratios", &self.pressure_ratios)
            .field("profile_directory", &self.profile_directory)
            .field("profiles_max", &self.profiles_max)
            .field("has_callback", &self.callback.is_some())
            .finish()
    }
}
