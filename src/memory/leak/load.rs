//! How much the load grew over each window.

use crate::memory::leak::bucket_of;
use crate::memory::leak::narrow;
use crate::memory::leak::rules::{BUCKET_MINUTES, SCALE_COUNT};
use crate::memory::leak::scale::{EMPTY_MAX, FULL, push_bit};
use crate::memory::leak::statistics::{BUCKET_COUNT, STEPS};

/// Mean load of the buckets of every window: one for all signals that share a load.
#[derive(Clone, Debug)]
pub(super) struct LoadHistory {
    scales: [LoadScale; SCALE_COUNT],
}

#[derive(Clone, Debug)]
struct LoadScale {
    /// Means of the closed buckets, oldest first.
    closed: [f32; BUCKET_COUNT],
    open_sum: f64,
    open_samples: u32,
    index: u32,
    empty: u32,
    closed_count: u8,
    /// λ of the last closing; NaN when the load is unknown.
    growth: f32,
}

impl LoadHistory {
    pub(super) const fn new() -> Self {
        Self { scales: [const { LoadScale::new() }; SCALE_COUNT] }
    }

    /// Closes the buckets that end at or before `minute`.
    pub(super) fn roll(&mut self, minute: f64) {
        for (scale, minutes) in self.scales.iter_mut().zip(BUCKET_MINUTES) {
            scale.roll(bucket_of(minute, minutes));
        }
    }

    /// Takes the load of a minute whose buckets are open.
    pub(super) fn add(&mut self, load: f64) {
        for scale in &mut self.scales {
            scale.open_sum += load;
            scale.open_samples = scale.open_samples.saturating_add(1);
        }
    }

    /// Computes λ of each window whose bucket ends at the check at `minute`.
    pub(super) fn judge(&mut self, minute: u32) {
        for (scale, minutes) in self.scales.iter_mut().zip(BUCKET_MINUTES) {
            if minute.is_multiple_of(minutes) {
                scale.growth = scale.load_growth();
            }
        }
    }

    /// Returns λ of each window, shortest first; `None` while the load is unknown.
    pub(super) fn growth(&self) -> [Option<f64>; SCALE_COUNT] {
        self.scales.each_ref().map(|scale| {
            let growth = f64::from(scale.growth);
            (!growth.is_nan()).then_some(growth)
        })
    }

    /// Whether the load was known in the last hour or so: the shortest window with a bucket.
    pub(super) fn is_known(&self) -> bool {
        self.scales.iter().any(|scale| scale.closed_count > 0 && scale.empty & 1 == 0)
    }
}

impl LoadScale {
    const fn new() -> Self {
        Self {
            closed: [0.0; BUCKET_COUNT],
            open_sum: 0.0,
            open_samples: 0,
            index: 0,
            empty: 0,
            closed_count: 0,
            growth: f32::NAN,
        }
    }

    fn roll(&mut self, index: u32) {
        if index <= self.index {
            return;
        }
        let is_empty = self.open_samples == 0;
        if !is_empty || self.closed_count > 0 {
            let mean = if is_empty {
                self.closed.last().copied().unwrap_or_default()
            } else {
                narrow(self.open_sum / f64::from(self.open_samples))
            };
            self.close(mean, is_empty);
            let skipped = index.saturating_sub(self.index).saturating_sub(1);
            for _ in 0..skipped.min(u32::from(FULL)) {
                self.close(mean, true);
            }
        }
        self.open_sum = 0.0;
        self.open_samples = 0;
        self.index = index;
    }

    fn close(&mut self, mean: f32, is_empty: bool) {
        self.closed.rotate_left(1);
        if let Some(newest) = self.closed.last_mut() {
            *newest = mean;
        }
        self.empty = push_bit(self.empty, is_empty);
        self.closed_count = self.closed_count.saturating_add(1).min(FULL);
    }

    /// λ: growth along the least-squares line, as a share of the mean. NaN when it is unknown.
    fn load_growth(&self) -> f32 {
        if self.closed_count < FULL || self.empty.count_ones() > EMPTY_MAX {
            return f32::NAN;
        }
        let mean = self.closed.iter().copied().map(f64::from).sum::<f64>() / (STEPS + 1.0);
        let mut along = 0.0;
        let mut squares = 0.0;
        for (load, at) in self.closed.iter().zip(0_u8..) {
            let offset = f64::from(at) - STEPS / 2.0;
            along += offset * (f64::from(*load) - mean);
            squares += offset * offset;
        }
        narrow((STEPS * (along / squares) / mean.max(MEAN_MIN)).max(0.0))
    }
}

/// Keeps the growth of no load finite.
const MEAN_MIN: f64 = 1e-9;
