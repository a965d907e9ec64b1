//! The memory of the process: who holds it, and how much.

pub(crate) mod allocator;
mod profile;

pub(crate) use crate::memory::allocator::is_tracking;
pub use crate::memory::allocator::{
    AllocatorName, AllocatorStats, CallSiteLayer, HeapCounters, HeapLink, HeapSampling, HeapSite,
    SampleLosses, TrackingAllocator, allocator_stats, configure_heap_sampling, heap_counters,
    heap_sites, sample_losses, trim,
};
pub use crate::memory::profile::{HeapProfileError, heap_profile};
