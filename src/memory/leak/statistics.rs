//! What one full window says: slope, trend, shape.

use crate::memory::leak::buckets::BUCKET_COUNT;
use crate::memory::leak::models::bic_margin;
use crate::memory::leak::narrow;

/// Statistics of a window, with sizes as shares of the base.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Statistics {
    /// Theil-Sen: the median of the slopes between all pairs of buckets, per bucket (b).
    pub(super) slope: f32,
    /// The BIC margin of the line (D).
    pub(super) bic_margin: f32,
    /// The smallest of the last three buckets (e).
    pub(super) recent: f32,
    /// Pairs that grew less pairs that shrank (S).
    pub(super) trend_score: i16,
}

impl Statistics {
    /// `None` when the growth over the window is not above `growth_min`.
    pub(super) fn of(values: &[f64; BUCKET_COUNT], growth_min: f64) -> Option<Self> {
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if STEPS * (highest - lowest) / DISTANCE_MEDIAN <= growth_min {
            return None;
        }
        let (slope, trend_score) = slope_and_trend(values);
        if STEPS * slope <= growth_min {
            return None;
        }
        let recent = values.iter().rev().take(3).copied().fold(f64::INFINITY, f64::min);
        Some(Self {
            slope: narrow(slope),
            bic_margin: narrow(bic_margin(values)),
            recent: narrow(recent),
            trend_score,
        })
    }

    /// Growth over the window (g).
    pub(super) fn growth(&self) -> f64 {
        STEPS * f64::from(self.slope)
    }
}

/// Returns the median of the pairwise slopes and the S of Mann and Kendall.
pub(super) fn slope_and_trend(values: &[f64; BUCKET_COUNT]) -> (f64, i16) {
    let mut slopes = [0.0; PAIR_COUNT];
    let mut free = slopes.iter_mut();
    let mut trend_score: i16 = 0;
    for (at, value) in values.iter().enumerate() {
        for (later, step) in values.iter().skip(at.saturating_add(1)).zip(1_u8..) {
            let growth = later - value;
            if let Some(slope) = free.next() {
                *slope = growth / f64::from(step);
            }
            let sign = i16::from(growth > 0.0).saturating_sub(i16::from(growth < 0.0));
            trend_score = trend_score.saturating_add(sign);
        }
    }
    (median(&mut slopes), trend_score)
}

/// The mean of the 138th and the 139th smallest.
fn median(slopes: &mut [f64; PAIR_COUNT]) -> f64 {
    let (_, low, above) = slopes.select_nth_unstable_by(PAIR_COUNT / 2 - 1, f64::total_cmp);
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    f64::midpoint(*low, high)
}

const PAIR_COUNT: usize = BUCKET_COUNT * (BUCKET_COUNT - 1) / 2;

/// A slope over n buckets is at most the whole range by n, and fewer than half of all pairs are
/// closer than 7 buckets: so is their median at most a seventh of the range.
const DISTANCE_MEDIAN: f64 = 7.0;

/// From the first bucket to the last.
pub(super) const STEPS: f64 = 23.0;
