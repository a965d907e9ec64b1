//! Numbers that look random and are the same on every run.

use std::f64::consts::TAU;

/// A stream of numbers: `SplitMix64`.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Debug)]
pub(super) struct Random {
    state: u64,
    /// The second number of the last pair of normal ones.
    spare: Option<f64>,
}

impl Random {
    /// The stream of one trace: traces can be made in any order.
    pub(super) fn of_trace(corpus_seed: u64, index: usize) -> Self {
        let index = u64::try_from(index).unwrap_or(u64::MAX);
        let state = mix(corpus_seed.wrapping_mul(GOLDEN).wrapping_add(1)) ^ mix(index);
        Self { state: mix(state), spare: None }
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        self.state = self.state.wrapping_add(GOLDEN);
        let [_, high, low] = split(mix(self.state));
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// Uniform in [low, high).
    pub(super) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Between low and high with a uniform logarithm.
    pub(super) fn log_uniform(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.unit())
    }

    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of `0..count`.
    pub(super) fn below(&mut self, count: u32) -> u32 {
        whole(self.unit() * f64::from(count)).min(count.saturating_sub(1))
    }

    /// Standard normal, by pairs (Box and Muller, 1958).
    pub(super) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sine, cosine) = (TAU * self.unit()).sin_cos();
        self.spare = Some(radius * sine);
        radius * cosine
    }

    /// Exponential with mean 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }

    /// Poisson: arrivals of a process with rate 1 within `mean`.
    pub(super) fn poisson(&mut self, mean: f64) -> u32 {
        let mut count = 0_u32;
        let mut at = self.exponential();
        while at < mean {
            count = count.saturating_add(1);
            at += self.exponential();
        }
        count
    }

    /// Binomial: how many of `count` are kept when each is with `probability`.
    pub(super) fn binomial(&mut self, count: u32, probability: f64) -> u32 {
        if probability >= 1.0 {
            return count;
        }
        if probability > 0.5 {
            return count.saturating_sub(self.hits(count, 1.0 - probability));
        }
        self.hits(count, probability)
    }

    /// Binomial for a small probability: from hit to hit.
    fn hits(&mut self, count: u32, probability: f64) -> u32 {
        if probability <= 0.0 {
            return 0;
        }
        let rate = -(-probability).ln_1p();
        let mut hits = 0_u32;
        let mut at = (self.exponential() / rate).floor() + 1.0;
        while at <= f64::from(count) {
            hits = hits.saturating_add(1);
            at += (self.exponential() / rate).floor() + 1.0;
        }
        hits
    }
}

/// The whole part of a number that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and the callers' numbers are small"
)]
pub(super) fn whole(value: f64) -> u32 {
    value as u32
}

/// Eleven, 27 and 26 bits: the last two make a number of 53.
fn split(bits: u64) -> [u32; 3] {
    let part = |shift: u32, mask: u64| u32::try_from((bits >> shift) & mask).unwrap_or_default();
    [part(53, 0x7ff), part(26, 0x7ff_ffff), part(0, 0x3ff_ffff)]
}

fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many draws.
    fn moments(draw: impl FnMut() -> f64) -> (f64, f64) {
        let values: Vec<f64> = std::iter::repeat_with(draw).take(20_000).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0;
        (mean, variance)
    }

    #[track_caller]
    fn check(draw: impl FnMut() -> f64, mean: f64, variance: f64) {
        let found = moments(draw);
        let is_near =
            |found: f64, expected: f64| (found - expected).abs() < 0.05 * expected.max(1.0);
        assert!(is_near(found.0, mean) && is_near(found.1, variance), "{found:?}");
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut random = Random::of_trace(7, 3);
        check(|| random.unit(), 0.5, 1.0 / 12.0);
        check(|| random.normal(), 0.0, 1.0);
        check(|| random.exponential(), 1.0, 1.0);
        check(|| f64::from(random.poisson(3.5)), 3.5, 3.5);
        check(|| f64::from(random.binomial(40, 0.1)), 4.0, 3.6);
        check(|| f64::from(random.binomial(40, 0.75)), 30.0, 7.5);
        check(|| random.log_uniform(1.0, 100.0).ln() / 100.0_f64.ln(), 0.5, 1.0 / 12.0);
    }

    #[test]
    fn a_binomial_of_all_or_nothing_is_exact() {
        let mut random = Random::of_trace(1, 1);
        assert_eq!(random.binomial(9, 1.0), 9);
        assert_eq!(random.binomial(9, 0.0), 0);
        assert_eq!(random.binomial(0, 0.3), 0);
    }

    #[test]
    fn streams_differ_by_seed_and_by_trace() {
        let first = |seed, index| Random::of_trace(seed, index).unit();
        assert_ne!(first(1, 2).to_bits(), first(2, 1).to_bits());
        assert_ne!(first(1, 1).to_bits(), first(1, 2).to_bits());
        assert_eq!(first(1, 1).to_bits(), first(1, 1).to_bits());
    }
}
