//! The leak detector, the low-water ratchet: whether a series of memory sizes is a leak.
//!
//! Pure: no clock, no I/O, nothing but numbers. Both the sampler of a service and `beacon leaks`
//! run this code. Why these rules: `docs/adr/0009-leak-algorithm.md`.

mod base;
mod buckets;
mod detector;
mod exhaustion;
mod load;
mod models;
mod record;
mod rules;
mod scale;
mod sites;
mod state;
mod statistics;
#[cfg(test)]
mod tests;
mod track;
mod verdict;

pub use crate::memory::leak::detector::LeakDetector;
pub use crate::memory::leak::exhaustion::{ExhaustionChange, ExhaustionDetector};
pub use crate::memory::leak::rules::{LeakCondition, LeakRules};
pub use crate::memory::leak::sites::{
    LeakingSite, LeakingSiteStatus, LeakingSites, SiteBytes, SiteLeakDetectors,
};
pub use crate::memory::leak::state::{LeakState, LeakStateMachine, LeakTransition};
pub use crate::memory::leak::verdict::{LeakEvidence, LeakLevel, LeakVerdict};

/// Minutes between two checks.
const CHECK_MINUTES: u32 = 30;

/// The latest minute that is taken, 1,900 years: later ones are no time but garbage.
const MINUTE_MAX: f64 = 1e9;

/// More than any memory; above it a sample is garbage. `f32` holds it.
const BYTES_MAX: f64 = 1e18;

/// Returns the bucket of `minutes` that holds `minute`, which is no more than [`MINUTE_MAX`].
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and no minute is above the greatest u32"
)]
fn bucket_of(minute: f64, minutes: u32) -> u32 {
    (minute / f64::from(minutes)).floor() as u32
}

/// Returns the number nearest to `value`: rings hold raw bytes in half of the space.
#[expect(clippy::cast_possible_truncation, reason = "24 bits are enough for a size")]
fn narrow(value: f64) -> f32 {
    value as f32
}
