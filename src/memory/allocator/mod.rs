//! What stands between the program and its allocator: exact counts, and samples that tell which
//! code holds what.
//!
//! All `unsafe` of beacon is below this folder. The hook never allocates, locks, logs or panics.

mod call_site;
mod cells;
mod filter;
mod live_table;
mod local;
mod sample;
mod sampling;
mod site_table;
mod sites;
mod stack;
mod stats;
mod tracking;

#[cfg(test)]
mod tests;

pub use crate::memory::allocator::call_site::CallSiteLayer;
pub use crate::memory::allocator::cells::{HeapCounters, heap_counters};
pub(crate) use crate::memory::allocator::local::{
    ThreadCounts, is_tracking, take_thread_peak, thread_counts,
};
pub use crate::memory::allocator::sample::{SampleLosses, sample_losses};
pub use crate::memory::allocator::sampling::{HeapSampling, configure_heap_sampling};
pub(crate) use crate::memory::allocator::sampling::{interval_bytes, tick};
pub use crate::memory::allocator::sites::{HeapLink, HeapSite, heap_sites};
pub use crate::memory::allocator::stats::{AllocatorName, AllocatorStats, allocator_stats, trim};
pub(crate) use crate::memory::allocator::stats::{own_profile, profiles_itself};
pub use crate::memory::allocator::tracking::TrackingAllocator;
