//! The low water of one window, bucket by bucket.

use crate::memory::leak::narrow;
use crate::memory::leak::rules::{LeakCondition, LeakRules};
use crate::memory::leak::statistics::{BUCKET_COUNT, Statistics};

/// The last 24 closed buckets and the open one.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// Bytes of the closed buckets, oldest first; an empty one repeats the one before it.
    closed: [f32; BUCKET_COUNT],
    /// Smallest sample of the open bucket, in bytes.
    open: f32,
    /// Samples in the open bucket.
    open_samples: u32,
    /// Which bucket since age zero is open.
    index: u32,
    /// Which of the closed buckets were empty, the newest in the lowest bit.
    empty: u32,
    /// Buckets closed so far, up to 24.
    closed_count: u8,
    /// Of the last closing; a window that cannot be judged has none.
    statistics: Option<Statistics>,
}

impl Scale {
    /// A window that has seen nothing.
    pub(super) const fn new() -> Self {
        Self {
            closed: [0.0; BUCKET_COUNT],
            open: 0.0,
            open_samples: 0,
            index: 0,
            empty: 0,
            closed_count: 0,
            statistics: None,
        }
    }

    /// A window that has always been at `bytes`, with bucket `index` open.
    pub(super) fn flat(bytes: f64, index: u32) -> Self {
        let closed_count = u8::try_from(index).unwrap_or(u8::MAX).min(FULL);
        Self { closed: [narrow(bytes); BUCKET_COUNT], index, closed_count, ..Self::new() }
    }

    /// Closes the buckets before `index`.
    pub(super) fn roll(&mut self, index: u32) {
        if index <= self.index {
            return;
        }
        let is_empty = self.open_samples == 0;
        if !is_empty || self.closed_count > 0 {
            let value = if is_empty { self.newest() } else { self.open };
            self.close(value, is_empty);
            let skipped = index.saturating_sub(self.index).saturating_sub(1);
            for _ in 0..skipped.min(u32::from(FULL)) {
                self.close(value, true);
            }
        }
        self.open_samples = 0;
        self.index = index;
    }

    /// Takes a sample of the open bucket.
    pub(super) fn add(&mut self, bytes: f32, rules: LeakRules) {
        self.open_samples = self.open_samples.saturating_add(1);
        self.open = low_water(self.open, bytes, self.open_samples, rules);
    }

    /// Computes the statistics of the window whose newest bucket has just closed.
    pub(super) fn judge(&mut self, base_bytes: f64) {
        self.statistics = self
            .can_be_judged()
            .then(|| Statistics::of(&self.closed.map(|bytes| f64::from(bytes) / base_bytes)));
    }

    /// Forgets the last statistics.
    pub(super) fn clear(&mut self) {
        self.statistics = None;
    }

    pub(super) fn statistics(&self) -> Option<&Statistics> {
        self.statistics.as_ref()
    }

    fn can_be_judged(&self) -> bool {
        let is_newest_empty = self.empty & 1 == 1;
        self.closed_count == FULL && !is_newest_empty && self.empty.count_ones() <= EMPTY_MAX
    }

    fn close(&mut self, value: f32, is_empty: bool) {
        self.closed.rotate_left(1);
        if let Some(newest) = self.closed.last_mut() {
            *newest = value;
        }
        self.empty = push_bit(self.empty, is_empty);
        self.closed_count = self.closed_count.saturating_add(1).min(FULL);
    }

    fn newest(&self) -> f32 {
        self.closed.last().copied().unwrap_or_default()
    }
}

/// Returns what a bucket keeps of its samples: the smallest, or their mean where that is measured.
pub(super) fn low_water(kept: f32, sample: f32, samples: u32, rules: LeakRules) -> f32 {
    if samples <= 1 {
        return sample;
    }
    if rules.has(LeakCondition::Minima) {
        return kept.min(sample);
    }
    narrow(f64::from(kept) + f64::from(sample - kept) / f64::from(samples))
}

/// Remembers of the last 24 buckets whether they were empty.
pub(super) fn push_bit(bits: u32, bit: bool) -> u32 {
    ((bits << 1) | u32::from(bit)) & BITS
}

/// Empty buckets that a window may have.
pub(super) const EMPTY_MAX: u32 = 6;

/// Buckets of a window, in the type of their count.
pub(super) const FULL: u8 = 24;

const BITS: u32 = (1 << BUCKET_COUNT) - 1;
