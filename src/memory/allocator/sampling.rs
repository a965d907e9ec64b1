//! How often a block is sampled, and what a sample stands for.
//!
//! Poisson sampling: each allocated byte has the same chance, whatever the pattern of sizes, so
//! sums of weights are unbiased.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::memory::allocator::sample;
use crate::memory::allocator::stats::profiles_itself;

/// How the sampling of the heap is set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HeapSampling {
    interval_bytes: u64,
    is_adaptive: bool,
}

impl HeapSampling {
    /// Samples one block for each 512 KiB on average, and fewer when very much is alive.
    pub const fn adaptive() -> Self {
        Self { interval_bytes: INTERVAL_MIN_BYTES, is_adaptive: true }
    }

    /// Samples one block for each `interval_bytes` on average. Range: 1 KiB to 1 GiB; what is
    /// outside is taken as the nearest bound.
    pub const fn every(interval_bytes: u64) -> Self {
        let interval_bytes = if interval_bytes < FIXED_MIN_BYTES {
            FIXED_MIN_BYTES
        } else if interval_bytes > FIXED_MAX_BYTES {
            FIXED_MAX_BYTES
        } else {
            interval_bytes
        };
        Self { interval_bytes, is_adaptive: false }
    }

    /// Samples nothing. Counting goes on.
    pub const fn disabled() -> Self {
        Self { interval_bytes: 0, is_adaptive: false }
    }
}

impl Default for HeapSampling {
    /// [`HeapSampling::adaptive`].
    fn default() -> Self {
        Self::adaptive()
    }
}

/// Sets how often blocks are sampled, from now on. Off until the first call: what is allocated
/// before is counted, and is in no profile.
///
/// A thread follows at its next sample, or after 1 MiB when it sampled nothing. Blocks that were
/// sampled keep the weight that they were sampled with.
///
/// Where jemalloc profiles by itself, nothing is sampled a second time: [`heap_profile`] is
/// jemalloc's own then.
///
/// [`heap_profile`]: crate::memory::heap_profile
pub fn configure_heap_sampling(sampling: HeapSampling) {
    let sampling = if profiles_itself() { HeapSampling::disabled() } else { sampling };
    INTERVAL_BYTES.store(sampling.interval_bytes, Ordering::Relaxed);
    ADAPTIVE.store(u32::from(sampling.is_adaptive), Ordering::Relaxed);
    if sampling.interval_bytes > 0 {
        // What an unwinder does once, it does now and not inside of an allocation.
        sample::warm_up();
    }
}

/// Returns the mean distance between samples; 0 when nothing is sampled.
pub(crate) fn interval_bytes() -> u64 {
    INTERVAL_BYTES.load(Ordering::Relaxed)
}

/// Tells the hook how late it is, and adapts the interval. `now` counts from any fixed origin; the
/// ages of samples are as fine as the steps between calls.
pub(crate) fn tick(now: Duration) {
    NOW_SECONDS.store(seconds(now), Ordering::Relaxed);
    sample::sweep(seconds(now));
    if ADAPTIVE.load(Ordering::Relaxed) != 0 {
        let interval_bytes = interval_bytes();
        let adapted = adapted(interval_bytes, sample::live_samples());
        // Whoever sets another interval at this moment wins.
        let _ = INTERVAL_BYTES.compare_exchange(
            interval_bytes,
            adapted,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }
}

/// The last time that the hook was told.
pub(super) fn now_seconds() -> u32 {
    NOW_SECONDS.load(Ordering::Relaxed)
}

pub(super) fn seconds(now: Duration) -> u32 {
    u32::try_from(now.as_secs()).unwrap_or(u32::MAX)
}

/// Aims at 1,000 to 10,000 live samples: that many name a culprit, more only cost.
const fn adapted(interval_bytes: u64, live_samples: u32) -> u64 {
    if live_samples > LIVE_SAMPLES_MAX && interval_bytes < INTERVAL_MAX_BYTES {
        interval_bytes.saturating_mul(2)
    } else if live_samples < LIVE_SAMPLES_MIN && interval_bytes > INTERVAL_MIN_BYTES {
        interval_bytes / 2
    } else {
        interval_bytes
    }
}

/// The bytes to the next sample: exponential, so that no pattern of sizes can hide.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "not negative; intervals are far below 2^53, and a cast saturates"
)]
pub(super) fn distance_bytes(interval_bytes: u64, random: &mut Random) -> u64 {
    if interval_bytes == 0 {
        return RECHECK_BYTES;
    }
    (-random.unit().ln() * interval_bytes as f64) as u64
}

/// What one sample stands for in bytes: `size / (1 − exp(−size / interval))`.
#[expect(clippy::cast_precision_loss, reason = "sizes and intervals are far below 2^53")]
pub(super) fn weight_bytes(size: usize, interval_bytes: u64) -> f64 {
    let size = size as f64;
    let chance = -(-size / interval_bytes as f64).exp_m1();
    if chance > 0.0 { size / chance } else { size }
}

/// Random numbers that need no memory (xorshift64*, Vigna 2016).
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Returns a state that no other thread starts from. Addresses differ between processes.
    pub(super) fn seed(address: usize) -> u64 {
        static STREAMS: AtomicU64 = AtomicU64::new(0);
        let stream = STREAMS.fetch_add(1, Ordering::Relaxed);
        let mixed = (address as u64).rotate_left(32) ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) | 1
    }

    pub(super) const fn new(state: u64) -> Self {
        Self(state)
    }

    pub(super) const fn state(&self) -> u64 {
        self.0
    }

    /// Uniform in (0, 1].
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        bits.saturating_add(1) as f64 / (1_u64 << 53) as f64
    }
}

static INTERVAL_BYTES: AtomicU64 = AtomicU64::new(0);
static ADAPTIVE: AtomicU32 = AtomicU32::new(0);
static NOW_SECONDS: AtomicU32 = AtomicU32::new(0);

const INTERVAL_MIN_BYTES: u64 = 512 * 1024;
const INTERVAL_MAX_BYTES: u64 = 2 * 1024 * 1024;
const FIXED_MIN_BYTES: u64 = 1024;
const FIXED_MAX_BYTES: u64 = 1024 * 1024 * 1024;
const LIVE_SAMPLES_MIN: u32 = 1_000;
const LIVE_SAMPLES_MAX: u32 = 10_000;

/// How soon a thread looks again whether sampling was switched on.
const RECHECK_BYTES: u64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_have_the_mean_of_the_interval() {
        let mut random = Random::new(Random::seed(1));
        let count = if cfg!(miri) { 500 } else { 100_000 };
        let sum: u64 = (0..count).map(|_| distance_bytes(1_000_000, &mut random)).sum();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
        let mean = sum as f64 / f64::from(count);
        assert!((mean / 1_000_000.0 - 1.0).abs() < 6.0 / f64::from(count).sqrt(), "{mean}");
    }

    #[test]
    fn a_small_block_stands_for_the_interval_and_a_large_one_for_itself() {
        let check = |size, expected: f64| {
            let weight = weight_bytes(size, 1_000_000);
            assert!((weight / expected - 1.0).abs() < 0.001, "{size}: {weight}");
        };
        check(1, 1_000_000.5);
        check(1_000_000, 1_581_976.7);
        check(100_000_000, 100_000_000.0);
    }

    #[test]
    fn the_interval_follows_the_samples_within_its_bounds() {
        const KIB: u64 = 1024;
        assert_eq!(adapted(512 * KIB, 10_001), 1024 * KIB);
        assert_eq!(adapted(2048 * KIB, 16_000), 2048 * KIB);
        assert_eq!(adapted(1024 * KIB, 10_000), 1024 * KIB);
        assert_eq!(adapted(1024 * KIB, 1_000), 1024 * KIB);
        assert_eq!(adapted(1024 * KIB, 999), 512 * KIB);
        assert_eq!(adapted(512 * KIB, 0), 512 * KIB);
    }

    #[test]
    fn an_interval_out_of_range_is_taken_as_the_bound() {
        assert_eq!(HeapSampling::every(0).interval_bytes, FIXED_MIN_BYTES);
        assert_eq!(HeapSampling::every(u64::MAX).interval_bytes, FIXED_MAX_BYTES);
        assert_eq!(HeapSampling::every(65_536).interval_bytes, 65_536);
        assert_eq!(HeapSampling::disabled().interval_bytes, 0);
        assert_eq!(HeapSampling::default(), HeapSampling::adaptive());
    }
}
