//! Series that several parts of a trace are made of.

use crate::leaks::corpus::random::Random;

/// Minutes of a trace: a week.
pub(super) const MINUTES: u32 = 10_080;

/// Minutes of a trace, as a number of values.
pub(super) const LEN: usize = 10_080;

/// A series of a function of the minute.
pub(super) fn series(of: impl FnMut(f64) -> f64) -> Vec<f64> {
    (0..MINUTES).map(f64::from).map(of).collect()
}

/// A stationary first-order process with the given time constant, in minutes, and deviation.
pub(super) fn autoregressive(tau: f64, sigma: f64, random: &mut Random) -> Vec<f64> {
    let keep = (-1.0 / tau).exp();
    let fresh = sigma * (1.0 - keep * keep).sqrt();
    let mut value = sigma * random.normal();
    series(|minute| {
        if minute > 0.0 {
            value = keep * value + fresh * random.normal();
        }
        value
    })
}

/// An exponential moving average with the given time constant, in minutes.
pub(super) fn moving_average(values: &[f64], tau: f64) -> Vec<f64> {
    let gain = 1.0 - (-1.0 / tau).exp();
    let mut average = values.first().copied().unwrap_or_default();
    let step = |value: &f64| {
        average += gain * (value - average);
        average
    };
    values.iter().map(step).collect()
}
