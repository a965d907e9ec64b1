//! Watches the memory of the process.
//!
//! A thread of beacon's own samples the process, its container and its allocator, every 15 seconds
//! unless told otherwise. The numbers leave as the metrics that the manual page
//! [metrics](crate::manual::metrics) lists, and [`snapshot()`] returns the last sample. Where the
//! numbers come from, and what happens when they do not, is in the page
//! [memory](crate::manual::memory).

mod allocator_stats;
mod board;
mod config;
mod counts;
mod instruments;
mod latest;
mod reading;
mod sample;
mod sampler;
mod snapshot;
mod sources;
mod watch;

pub use config::MemoryConfig;
pub use snapshot::{MemoryLimit, MemorySnapshot, snapshot};

pub(crate) use latest::set_installed;
pub(crate) use sampler::{MemorySampler, SamplerParts};
