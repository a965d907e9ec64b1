//! The low water of one window.

use crate::memory::leak::buckets::Buckets;
use crate::memory::leak::narrow;
use crate::memory::leak::rules::{LeakCondition, LeakRules};
use crate::memory::leak::statistics::Statistics;

/// The buckets of one window and the statistics of its last closing.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    closed: Buckets,
    /// Smallest sample of the open bucket, in bytes.
    open: f32,
    /// Samples in the open bucket.
    open_samples: u32,
    /// A window that cannot be judged has none.
    statistics: Option<Statistics>,
}

impl Scale {
    /// A window that has seen nothing.
    pub(super) const fn new() -> Self {
        Self { closed: Buckets::new(), open: 0.0, open_samples: 0, statistics: None }
    }

    /// A window that has always been at `bytes`, with bucket `index` open.
    pub(super) fn flat(bytes: f64, index: u32) -> Self {
        Self { closed: Buckets::flat(narrow(bytes), index), ..Self::new() }
    }

    /// Closes the buckets before `index`.
    pub(super) fn roll(&mut self, index: u32) {
        let open = (self.open_samples > 0).then_some(self.open);
        if self.closed.roll(index, open) {
            self.open_samples = 0;
        }
    }

    /// Takes a sample of the open bucket.
    pub(super) fn add(&mut self, bytes: f32, rules: LeakRules) {
        self.open_samples = self.open_samples.saturating_add(1);
        self.open = low_water(self.open, bytes, self.open_samples, rules);
    }

    /// Computes the statistics of the window whose newest bucket has just closed.
    ///
    /// There are none for a window that cannot have grown by `growth_min`, a share of the base: most
    /// call-sites are flat, and this is the cheapest way to say so.
    pub(super) fn judge(&mut self, base_bytes: f64, growth_min: f64) {
        let shares = |bytes: f32| f64::from(bytes) / base_bytes;
        let values = self.closed.full().map(|closed| closed.map(shares));
        self.statistics = values.and_then(|values| Statistics::of(&values, growth_min));
    }

    /// Forgets the last statistics.
    pub(super) fn clear(&mut self) {
        self.statistics = None;
    }

    pub(super) fn statistics(&self) -> Option<&Statistics> {
        self.statistics.as_ref()
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
