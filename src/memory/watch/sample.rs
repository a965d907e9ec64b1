//! What the watch looks at.

use crate::memory::alert::LeakSource;

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
