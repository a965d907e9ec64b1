//! Watches the memory of the process: how much there is, whether it leaks, and where.
//!
//! A thread of beacon's own samples the process, its container and its allocator, every 15 seconds
//! unless told otherwise. The numbers leave as the metrics that the manual page
//! [metrics](crate::manual::metrics) lists, and [`snapshot()`] returns the last sample. Where the
//! numbers come from, and what happens when they do not, is in the page
//! [memory](crate::manual::memory).
//!
//! What they come to is told as alerts, [`LeakAlert`]: see the page
//! [alerts](crate::manual::alerts).

mod alert;
pub(crate) mod allocator;
mod allocator_stats;
mod board;
mod bounded;
mod config;
mod counts;
mod hooks;
mod instruments;
mod latest;
mod leak;
mod pressure;
mod profile;
mod reading;
mod reclaim;
mod sample;
mod sampler;
mod scope;
mod snapshot;
mod sources;
mod usage;
mod watch;

pub use crate::memory::alert::{
    CulpritSite, LeakAlert, LeakCause, LeakCulprit, LeakSignal, LeakSource,
};
pub use crate::memory::allocator::{
    AllocatorName, AllocatorStats, CallSiteLayer, HeapCounters, HeapLink, HeapSampling, HeapSite,
    SampleLosses, TrackingAllocator, allocator_stats, configure_heap_sampling, heap_counters,
    heap_sites, sample_losses, trim,
};
pub use crate::memory::bounded::{BoundedGuard, bounded};
pub use crate::memory::config::MemoryConfig;
pub use crate::memory::leak::{
    ExhaustionChange, ExhaustionDetector, LeakDetector, LeakEvidence, LeakLevel, LeakState,
    LeakStateMachine, LeakTransition, LeakVerdict, LeakingSite, LeakingSiteStatus, LeakingSites,
    SiteBytes, SiteLeakDetectors,
};
#[doc(hidden)]
pub use crate::memory::leak::{LeakCondition, LeakRules};
pub use crate::memory::pressure::{PressureGuard, PressureLevel, on_pressure};
pub use crate::memory::profile::{HeapProfileError, heap_profile};
pub use crate::memory::reclaim::{ReclaimReport, ReclaimStatus, reclaim};
pub use crate::memory::scope::{MemoryScope, ScopeReport, ScopedFuture, scope};
pub use crate::memory::snapshot::{MemoryLimit, MemorySnapshot, snapshot};
pub use crate::memory::usage::{log_memory_cleanup, log_memory_usage};

pub(crate) use crate::memory::alert::LeakCallback;
pub(crate) use crate::memory::allocator::is_tracking;
pub(crate) use crate::memory::latest::set_installed;
pub(crate) use crate::memory::pressure::PressureThresholds;
pub(crate) use crate::memory::reclaim::Reclaimer;
pub(crate) use crate::memory::sampler::{MemorySampler, SamplerParts};
pub(crate) use crate::memory::scope::set_installed_scopes;
pub(crate) use crate::memory::watch::{LeakWatch, ProfileWriter, SiteReader, Watch, WatchParts};
