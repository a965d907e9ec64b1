//! How much has leaked, minute by minute.

use crate::leaks::corpus::plan::LeakKind;
use crate::leaks::corpus::random::Random;
use crate::leaks::corpus::series::{LEN, MINUTES, series};
use crate::leaks::corpus::trace::Setting;

/// A leak and its truth.
#[derive(Debug)]
pub(super) struct Leak {
    pub(super) onset_minute: f64,
    /// Share of the size that leaks in a day (ρ).
    pub(super) rate: f64,
    /// Leaked bytes.
    pub(super) bytes: Vec<f64>,
}

impl Leak {
    pub(super) fn new(kind: LeakKind, setting: &Setting, random: &mut Random) -> Self {
        let rate = random.log_uniform(0.02, 2.0);
        let is_late = random.chance(0.3);
        let onset_minute = match kind {
            LeakKind::Delayed => random.uniform(6.0, 96.0) * 60.0,
            _ if is_late => random.uniform(1.0, 48.0) * 60.0,
            _ => 0.0,
        }
        .floor();
        let per_day = rate * setting.size;
        let since = |minute: f64| (minute - onset_minute).max(0.0) / DAY;
        let bytes = match kind {
            LeakKind::BeneathDiurnal
            | LeakKind::BeneathSawtooth
            | LeakKind::Constant
            | LeakKind::Delayed => series(|minute| per_day * since(minute)),
            LeakKind::Accelerating => series(|minute| per_day / 2.0 * since(minute).powi(2)),
            LeakKind::LoadProportional => with_load(per_day, onset_minute, &setting.load),
            LeakKind::Sporadic => sporadic(per_day, onset_minute, random),
            LeakKind::Step => in_steps(per_day, onset_minute, random),
        };
        Self { onset_minute, rate, bytes }
    }
}

fn with_load(per_day: f64, onset_minute: f64, load: &[f64]) -> Vec<f64> {
    let mean = load.iter().sum::<f64>() / f64::from(MINUTES);
    let mut sum = 0.0;
    let mut leaked = Vec::with_capacity(LEN);
    for (load, minute) in load.iter().zip(0_u32..) {
        if f64::from(minute) >= onset_minute {
            sum += load;
        }
        leaked.push(per_day / DAY * sum / mean);
    }
    leaked
}

/// Single events, each of its own size.
fn sporadic(per_day: f64, onset_minute: f64, random: &mut Random) -> Vec<f64> {
    let events_per_day = random.log_uniform(10.0, 500.0);
    let mut leaked = 0.0;
    series(|minute| {
        if minute >= onset_minute && random.chance(events_per_day / DAY) {
            leaked += per_day / events_per_day * random.exponential();
        }
        leaked
    })
}

/// Equal steps at about the same distance.
fn in_steps(per_day: f64, onset_minute: f64, random: &mut Random) -> Vec<f64> {
    let period = random.log_uniform(60.0, 720.0);
    let mut next = onset_minute + random.uniform(0.0, period);
    let mut leaked = 0.0;
    series(|minute| {
        while next <= minute {
            leaked += per_day * period / DAY;
            next += period * random.uniform(0.6, 1.4);
        }
        leaked
    })
}

const DAY: f64 = 1440.0;
