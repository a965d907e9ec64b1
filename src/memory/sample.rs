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
    pub(crate) const fn new(at: Duration, readings: &Readings) -> Self {
        Self { at, readings: *readings }
    }
}

impl Sample {
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
    #[cfg_attr(not(test), expect(dead_code, reason = "the watch asks who counted, too"))]
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(readings: &[(Reading, u64)]) -> Sample {
        let mut all = Readings::unknown();
        for (reading, value) in readings {
            all.set(*reading, *value);
        }
        Sample::new(Duration::from_secs(1), &all)
    }

    #[test]
    fn the_most_exact_count_of_live_bytes_is_taken() {
        let glibc = (Reading::GlibcAllocatedBytes, 1);
        let jemalloc = (Reading::JemallocAllocatedBytes, 2);
        let tracking = (Reading::HeapLiveBytes, 3);
        assert_eq!(sample(&[]).live_heap_bytes(), None);
        assert_eq!(sample(&[glibc]).live_heap_bytes(), Some(1));
        assert_eq!(sample(&[glibc, jemalloc]).live_heap_bytes(), Some(2));
        assert_eq!(sample(&[glibc, jemalloc, tracking]).live_heap_bytes(), Some(3));
    }

    #[test]
    fn what_the_kernel_may_take_back_is_no_resident_memory() {
        let plain = (Reading::ProcessRssBytes, 100);
        let anon = (Reading::ProcessRssAnonBytes, 60);
        let lazy = (Reading::ProcessLazyFreeBytes, 20);
        assert_eq!(sample(&[]).resident_signal_bytes(), None);
        assert_eq!(sample(&[plain]).resident_signal_bytes(), Some(100));
        assert_eq!(sample(&[plain, anon]).resident_signal_bytes(), Some(60));
        assert_eq!(sample(&[plain, anon, lazy]).resident_signal_bytes(), Some(40));
    }

    #[test]
    fn the_cgroup_counts_before_the_host_and_the_process() {
        let host = (Reading::SystemTotalBytes, 100);
        let limit = (Reading::CgroupLimitBytes, 50);
        let resident = (Reading::ProcessRssBytes, 30);
        let working_set = (Reading::CgroupWorkingSetBytes, 40);
        let uptime = (Reading::ProcessUptimeMicros, 2_000_000);
        let outside = sample(&[host, resident, uptime]);
        assert_eq!((outside.limit_bytes(), outside.used_bytes()), (Some(100), Some(30)));
        let inside = sample(&[host, limit, resident, working_set]);
        assert_eq!((inside.limit_bytes(), inside.used_bytes()), (Some(50), Some(40)));
        assert_eq!(outside.process_age(), Some(Duration::from_secs(2)));
        assert_eq!((inside.process_age(), inside.at), (None, Duration::from_secs(1)));
    }
}
