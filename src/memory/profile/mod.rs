//! Heap profiles: who holds the heap, in the format of `pprof`.

mod build;
mod jemalloc;
mod mappings;
mod messages;
mod symbols;

use std::error::Error;
use std::fmt;
use std::io;
use std::time::SystemTime;

use prost::Message as _;

use crate::clock::{Clock as _, SystemClock};
use crate::memory::allocator::{interval_bytes, is_tracking, own_profile, profiles_itself};
use crate::memory::profile::build::{Parts, build};
use crate::memory::{heap_sites, sample_losses};

/// Returns who holds the heap now, as a gzipped [`pprof`] profile: `inuse_space`,
/// `inuse_objects`, and the same of all that was allocated since sampling began. Without feature
/// `gzip` it is not compressed, which `pprof` reads too.
///
/// The label `span` names the `tracing` span that was current. Functions are named with feature
/// `symbols`; without it `pprof` finds the names in the program's file, by its build id. Two
/// profiles subtract: `go tool pprof -diff_base first.pb.gz second.pb.gz`.
///
/// When the program is on a jemalloc that profiles by itself (feature `jemalloc`; built with
/// profiling, `prof:true,prof_active:true` in its `malloc_conf`), its samples make the profile, and
/// spans have no names in it.
///
/// What was allocated before sampling began is not in it. Samples that had no room are counted in
/// a comment (`pprof -comments`).
///
/// Takes from milliseconds to seconds, most of it for names, and memory for as long; so call it on
/// a thread that may wait.
///
/// [`pprof`]: https://github.com/google/pprof
///
/// # Errors
///
/// [`TrackingAllocator`](crate::memory::TrackingAllocator) is not the allocator in use, nothing is
/// sampled, or the profile cannot be compressed.
///
/// # Examples
///
/// ```
/// use std::alloc::System;
///
/// use beacon::memory::{
///     HeapSampling, TrackingAllocator, configure_heap_sampling, heap_profile,
/// };
///
/// #[global_allocator]
/// static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);
///
/// configure_heap_sampling(HeapSampling::adaptive());
/// let held = vec![0_u8; 64 << 20];
/// let profile = heap_profile()?;
/// assert!(!profile.is_empty());
/// # drop(held);
/// # Ok::<(), beacon::memory::HeapProfileError>(())
/// ```
pub fn heap_profile() -> Result<Vec<u8>, HeapProfileError> {
    let (sites, interval_bytes) = if profiles_itself() {
        let text = own_profile().map_err(|cause| HeapProfileError::Write(cause.into()))?;
        jemalloc::parse(&text)
    } else {
        if !is_tracking() {
            return Err(HeapProfileError::NotTracking);
        }
        (heap_sites(usize::MAX), interval_bytes())
    };
    if interval_bytes == 0 {
        return Err(HeapProfileError::NotSampling);
    }
    let since = SystemClock::new().wall().duration_since(SystemTime::UNIX_EPOCH);
    let nanos = since.map(|since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX));
    let profile = build(&Parts {
        sites: &sites,
        mappings: &mappings::code_mappings(),
        losses: sample_losses(),
        interval_bytes,
        time_nanos: nanos.unwrap_or(0),
        resolve: symbols::resolve,
    });
    symbols::forget();
    compress(&profile.encode_to_vec()).map_err(|cause| HeapProfileError::Write(cause.into()))
}

#[cfg(feature = "gzip")]
fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(not(feature = "gzip"))]
#[expect(clippy::unnecessary_wraps, reason = "compressing can fail")]
fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    Ok(bytes.to_vec())
}

/// Why there is no heap profile.
#[derive(Debug)]
#[non_exhaustive]
pub enum HeapProfileError {
    /// Nothing is sampled: telemetry has not started, or sampling was switched off.
    NotSampling,
    /// [`TrackingAllocator`](crate::memory::TrackingAllocator) is not the program's allocator.
    NotTracking,
    /// The profile could not be written.
    Write(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for HeapProfileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSampling => "no heap profile: the heap is not sampled",
            Self::NotTracking => "no heap profile: `TrackingAllocator` is not the allocator in use",
            Self::Write(_) => "no heap profile: it could not be written",
        })
    }
}

impl Error for HeapProfileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotSampling | Self::NotTracking => None,
            Self::Write(cause) => Some(cause.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests;
