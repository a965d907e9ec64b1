//! One sample, as the detector sees it.

use std::time::Duration;

use crate::memory::reading::{Reading, Readings};

/// What was read at one moment. A number that could not be read this time is `None`, never the one
/// before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// When it was complete, by the clock of telemetry.
    pub(crate) at: Duration,
    readings: Readings,
}

impl Sample {
    pub(crate) const fn new(at: Duration, readings: Readings) -> Self {
        Self { at, readings }
    }

    /// Any number of the sample.
    pub(crate) fn get(&self, reading: Reading) -> Option<u64> {
        self.readings.get(reading)
    }

    /// Time since the start of the process.
    pub(crate) fn process_age(&self) -> Option<Duration> {
        self.get(Reading::ProcessUptimeMicros).map(Duration::from_micros)
    }

    /// Bytes asked for and not given back, as exactly as an allocator in use knows: the tracking
    /// allocator, else jemalloc, else glibc.
    pub(crate) fn live_heap_bytes(&self) -> Option<u64> {
        self.get(Reading::HeapLiveBytes)
            .or_else(|| self.get(Reading::JemallocAllocatedBytes))
            .or_else(|| self.get(Reading::GlibcAllocatedBytes))
    }

    /// Anonymous resident memory without what the kernel may take back at once; plain resident
    /// memory where its parts are not known.
    pub(crate) fn resident_signal_bytes(&self) -> Option<u64> {
        let lazy_free_bytes = self.get(Reading::ProcessLazyFreeBytes).unwrap_or_default();
        self.get(Reading::ProcessRssAnonBytes)
            .map(|bytes| bytes.saturating_sub(lazy_free_bytes))
            .or_else(|| self.get(Reading::ProcessRssBytes))
    }

    /// The limit of the cgroup, else all memory of the host; `None` when it is not known.
    pub(crate) fn limit_bytes(&self) -> Option<u64> {
        self.get(Reading::CgroupLimitBytes).or_else(|| self.get(Reading::SystemTotalBytes))
    }

    /// What counts against the limit: the cgroup's memory without inactive file pages, else
    /// resident memory.
    pub(crate) fn used_bytes(&self) -> Option<u64> {
        self.get(Reading::CgroupWorkingSetBytes).or_else(|| self.get(Reading::ProcessRssBytes))
    }
}
