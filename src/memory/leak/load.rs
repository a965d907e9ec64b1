//! How much the load grew over each window.

use crate::memory::leak::buckets::{BUCKET_COUNT, Buckets};
use crate::memory::leak::rules::{BUCKET_MINUTES, SCALE_COUNT};
use crate::memory::leak::statistics::STEPS;
use crate::memory::leak::{bucket_of, narrow};

/// Mean load of the buckets of every window: one for all signals that share a load.
#[derive(Clone, Debug)]
pub(super) struct LoadHistory {
    scales: [LoadScale; SCALE_COUNT],
}

#[derive(Clone, Debug)]
struct LoadScale {
    closed: Buckets,
    open_sum: f64,
    open_samples: u32,
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

    /// Takes the load of a minute whose buckets are open; garbage is no load.
    pub(super) fn add(&mut self, load: f64) {
        if !load.is_finite() || load < 0.0 {
            return;
        }
        for scale in &mut self.scales {
            scale.open_sum += load;
            scale.open_samples = scale.open_samples.saturating_add(1);
        }
    }

    /// Computes λ of each window whose bucket ends at the check at `minute`.
    pub(super) fn judge(&mut self, minute: u32) {
        for (scale, minutes) in self.scales.iter_mut().zip(BUCKET_MINUTES) {
            if minute.is_multiple_of(minutes) {
                scale.growth = scale.closed.full().map_or(f32::NAN, load_growth);
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

    /// Whether the load was known in the newest bucket of any window.
    pub(super) fn is_known(&self) -> bool {
        self.scales.iter().any(|scale| !scale.closed.is_newest_empty())
    }
}

impl LoadScale {
    const fn new() -> Self {
        Self { closed: Buckets::new(), open_sum: 0.0, open_samples: 0, growth: f32::NAN }
    }

    fn roll(&mut self, index: u32) {
        let mean = self.open_sum / f64::from(self.open_samples);
        let open = (self.open_samples > 0).then(|| narrow(mean));
        if self.closed.roll(index, open) {
            self.open_sum = 0.0;
            self.open_samples = 0;
        }
    }
}

/// λ: growth along the least-squares line, as a share of the mean.
fn load_growth(loads: &[f32; BUCKET_COUNT]) -> f32 {
    let mean = loads.iter().copied().map(f64::from).sum::<f64>() / (STEPS + 1.0);
    let mut along = 0.0;
    let mut squares = 0.0;
    for (load, at) in loads.iter().zip(0_u8..) {
        let offset = f64::from(at) - STEPS / 2.0;
        along += offset * (f64::from(*load) - mean);
        squares += offset * offset;
    }
    narrow((STEPS * (along / squares) / mean.max(MEAN_MIN)).max(0.0))
}

/// Keeps the growth of no load finite.
const MEAN_MIN: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_a_share_of_the_mean() {
        let mut loads = [0.0; BUCKET_COUNT];
        assert!(load_growth(&loads).abs() < 1e-9, "no load does not grow");
        for (load, at) in loads.iter_mut().zip(0_u8..) {
            *load = 100.0 + f32::from(at);
        }
        assert!((load_growth(&loads) - 23.0 / 111.5).abs() < 1e-6);
        loads.reverse();
        assert!(load_growth(&loads).abs() < 1e-9, "a load that shrinks excuses nothing");
    }

    #[test]
    fn load_is_unknown_until_the_window_is_full() {
        let mut history = LoadHistory::new();
        for minute in (0..=120_u32).step_by(5) {
            history.roll(f64::from(minute));
            history.judge(minute);
            let is_known = history.growth().map(|growth| growth.is_some());
            assert_eq!(is_known, [minute == 120, false, false, false, false, false]);
            history.add(1.0);
            history.add(f64::NAN);
            history.add(-1.0);
        }
        assert!(history.is_known());
        history.roll(1e6);
        history.judge(1_000_020);
        assert!(!history.is_known());
        assert_eq!(history.growth(), [None; SCALE_COUNT]);
    }
}
