//! The detector as a whole.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "the numbers of these tests are small, and their minutes whole"
)]

mod gaps;
mod limits;
mod oracle;
mod sites;
mod timing;

use crate::memory::leak::{LeakDetector, LeakLevel, LeakVerdict};

/// A size that the tests call normal.
const BASE: f64 = 100e6;

/// Runs a detector over minutes; returns the verdict of each check.
fn verdicts(
    minutes: impl Iterator<Item = f64>,
    bytes: impl Fn(f64) -> f64,
    load: impl Fn(f64) -> Option<f64>,
) -> Vec<LeakVerdict> {
    let mut detector = LeakDetector::new();
    let mut verdicts = Vec::new();
    let mut last = 0.0;
    for minute in minutes {
        while let Some(verdict) = detector.advance(minute) {
            verdicts.push(verdict);
        }
        detector.observe(minute, bytes(minute), load(minute));
        last = minute;
    }
    verdicts.extend(std::iter::from_fn(|| detector.advance(last + 1.0)));
    verdicts
}

/// Every minute of some hours.
fn hours(count: u32) -> impl Iterator<Item = f64> {
    (0..count.saturating_mul(60)).map(f64::from)
}

/// A size that grows by a share of [`BASE`] each day.
fn ramp(share_per_day: f64) -> impl Fn(f64) -> f64 {
    move |minute| BASE * (1.0 + share_per_day * minute / 1440.0)
}

fn first(verdicts: &[LeakVerdict], level: LeakLevel) -> Option<&LeakVerdict> {
    verdicts.iter().find(|verdict| verdict.level >= level)
}

fn levels(verdicts: &[LeakVerdict]) -> Vec<LeakLevel> {
    verdicts.iter().map(|verdict| verdict.level).collect()
}
