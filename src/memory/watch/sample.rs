//! What the watch looks at.

use std::time::Duration;

use crate::memory::alert::LeakSource;
use crate::memory::reading::Reading;
use crate::memory::sample::Sample;
use crate::memory::watch::load::to_f64;

/// One sample. `None` is what could not be read this time, never the value before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct WatchSample {
    /// Age of the process, in minutes.
    pub(crate) minute: f64,
    /// Bytes allocated and not yet freed.
    pub(crate) live_bytes: Option<f64>,
    /// Who counted them.
    pub(crate) live_source: Option<LeakSource>,
    /// Resident memory that belongs to no file.
    pub(crate) rss_bytes: Option<f64>,
    /// What the allocator holds of the system, live or not.
    pub(crate) held_bytes: Option<f64>,
    /// What counts against the limit.
    pub(crate) used_bytes: Option<f64>,
    pub(crate) limit_bytes: Option<f64>,
    /// Items of work since telemetry began; `None`: nothing records.
    pub(crate) work: Option<u64>,
    /// What declared consumers use, each at most its bound: not part of what may leak.
    pub(crate) bounded_bytes: f64,
}

impl WatchSample {
    /// Picks what matters here. Neither work nor declared consumers are in it.
    pub(super) fn new(age: Duration, sample: &Sample) -> Self {
        let sources = [
            (Reading::HeapLiveBytes, LeakSource::Tracking),
            (Reading::JemallocAllocatedBytes, LeakSource::Jemalloc),
            (Reading::GlibcAllocatedBytes, LeakSource::Glibc),
        ];
        let live = sources
            .into_iter()
            .find_map(|(reading, source)| Some((to_f64(sample.get(reading)?), source)));
        let held = sample
            .get(Reading::JemallocResidentBytes)
            .or_else(|| sample.get(Reading::GlibcMappedBytes));
        Self {
            minute: age.as_secs_f64() / 60.0,
            live_bytes: live.map(|(bytes, _)| bytes),
            live_source: live.map(|(_, source)| source),
            rss_bytes: sample.resident_signal_bytes().map(to_f64),
            held_bytes: held.map(to_f64),
            used_bytes: sample.used_bytes().map(to_f64),
            limit_bytes: sample.limit_bytes().map(to_f64),
            work: None,
            bounded_bytes: 0.0,
        }
    }

    /// The live heap that may leak.
    pub(super) fn live_signal(&self) -> Option<f64> {
        self.live_bytes.map(|bytes| (bytes - self.bounded_bytes).max(1.0))
    }

    /// The resident memory that may leak.
    pub(super) fn rss_signal(&self) -> Option<f64> {
        self.rss_bytes.map(|bytes| (bytes - self.bounded_bytes).max(1.0))
    }

    /// Resident memory that is not live heap.
    pub(super) fn retained_bytes(&self) -> Option<f64> {
        Some((self.rss_bytes? - self.live_bytes?).max(0.0))
    }
}
