//! Where metric callbacks read: atomics that the sampler writes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::SharedClock;
use crate::memory::counts::SamplerCounts;
use crate::memory::reading::{Reading, Readings, UNKNOWN};

/// The last sample, one atomic for each number.
#[derive(Debug)]
pub(crate) struct Board {
    values: [AtomicU64; Reading::ALL.len()],
    /// When the sample was complete, in microseconds of the clock.
    sampled_at: AtomicU64,
    clock: SharedClock,
    stale_after: Duration,
    pub(crate) counts: SamplerCounts,
}

impl Board {
    /// A sample that is older than `stale_after` is no longer shown: whatever holds the sampler up,
    /// an old number must not pass for a new one.
    pub(crate) fn new(clock: SharedClock, stale_after: Duration) -> Self {
        Self {
            values: [const { AtomicU64::new(UNKNOWN) }; Reading::ALL.len()],
            sampled_at: AtomicU64::new(0),
            clock,
            stale_after,
            counts: SamplerCounts::default(),
        }
    }

    pub(crate) fn publish(&self, readings: &Readings, at: Duration) {
        for (slot, value) in self.values.iter().zip(readings.raw()) {
            slot.store(*value, Ordering::Relaxed);
        }
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        self.sampled_at.store(micros, Ordering::Relaxed);
    }

    /// Tells whether the last sample may be shown.
    pub(crate) fn is_fresh(&self) -> bool {
        let at = Duration::from_micros(self.sampled_at.load(Ordering::Relaxed));
        self.clock.now().saturating_sub(at) <= self.stale_after
    }

    pub(crate) fn get(&self, reading: Reading) -> Option<u64> {
        let value = self.values.get(reading as usize)?.load(Ordering::Relaxed);
        (value != UNKNOWN).then_some(value)
    }
}
