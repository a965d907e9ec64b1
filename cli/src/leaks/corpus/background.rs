//! What a process does beside its work.

use crate::leaks::corpus::plan::Background;
use crate::leaks::corpus::random::{Random, whole};
use crate::leaks::corpus::series::{LEN, MINUTES, autoregressive, series};
use crate::leaks::corpus::trace::{Component, Parts, Setting};

/// Every background that a trace has.
#[derive(Debug, Default)]
pub(super) struct Backgrounds {
    /// Of these each is a call-site.
    sites: Vec<Vec<f64>>,
    steps: Option<Vec<f64>>,
    ar_noise: Option<Vec<f64>>,
    bursts: Option<Vec<f64>>,
    retained: Vec<f64>,
    page_cache: Vec<f64>,
    fragmentation: Vec<f64>,
}

impl Backgrounds {
    pub(super) fn new(parts: &Parts, setting: &Setting, random: &mut Random) -> Self {
        let mut all = Self::default();
        let size = setting.size;
        let hard = |ordinary, hard| if setting.is_hard { hard } else { ordinary };
        if parts.has(Background::Sawtooth) {
            all.sites.push(sawtooth(size, hard(400.0, 720.0), random));
        }
        if parts.has(Background::Exponential) {
            let bytes = size * random.uniform(0.1, 1.0);
            let tau = random.log_uniform(10.0, hard(480.0, 900.0));
            all.sites.push(over_work(setting, |work| bytes * (1.0 - (-work / tau).exp())));
        }
        if parts.has(Background::Logarithm) {
            let bytes = size * random.uniform(0.05, 0.35);
            let tau = random.log_uniform(30.0, 600.0);
            let scale = bytes / (1.0 + f64::from(MINUTES) / tau).ln();
            all.sites.push(over_work(setting, |work| scale * (1.0 + work / tau).ln()));
        }
        if parts.has(Background::Lru) {
            let bytes = size * random.uniform(0.1, 0.8);
            let full = random.log_uniform(180.0, hard(3600.0, 5000.0));
            all.sites.push(over_work(setting, |work| bytes * (work / full).min(1.0)));
        }
        if parts.has(Background::Steps) {
            all.steps = Some(steps(size, random));
        }
        if parts.has(Background::Fragmentation) {
            let share = random.uniform(0.05, 0.5);
            let tau = random.log_uniform(60.0, hard(2000.0, 2500.0));
            all.fragmentation = series(|minute| 1.0 + share * (1.0 - (-minute / tau).exp()));
        }
        if parts.has(Background::Bursts) {
            let (bursts, retained) = bursts(size, random);
            all.bursts = Some(bursts);
            all.retained = retained;
        }
        if parts.has(Background::PageCache) {
            let tau = random.log_uniform(10.0, 400.0);
            let sigma = size * random.uniform(0.02, 0.1) * setting.hardness;
            all.page_cache = autoregressive(tau, sigma, random);
            all.page_cache.iter_mut().for_each(|bytes| *bytes = bytes.abs());
        }
        if parts.has(Background::ArNoise) {
            let tau = random.log_uniform(60.0, hard(600.0, 900.0));
            let sigma = size * random.uniform(0.01, 0.05) * setting.hardness;
            all.ar_noise = Some(autoregressive(tau, sigma, random));
        }
        all
    }

    /// What is part of the live heap.
    pub(super) fn live(&self) -> impl Iterator<Item = &Vec<f64>> {
        let single = [&self.steps, &self.ar_noise, &self.bursts];
        self.sites.iter().chain(single.into_iter().flatten())
    }

    /// The call-sites: bursts have none.
    pub(super) fn into_sites(self, size: f64) -> impl Iterator<Item = Component> {
        let steps = self.steps.map(|mut steps| {
            for bytes in &mut steps {
                *bytes = (0.5 * size + *bytes).max(0.0);
            }
            steps
        });
        let noise = self.ar_noise.map(|mut noise| {
            let low = noise.iter().copied().fold(f64::INFINITY, f64::min);
            for bytes in &mut noise {
                *bytes -= low;
            }
            noise
        });
        let all = self.sites.into_iter().chain(steps).chain(noise);
        all.map(|bytes| Component { is_leak: false, bytes })
    }

    /// Heap per live byte; `None` when it does not change.
    pub(super) fn fragmentation(&self, at: usize) -> Option<f64> {
        self.fragmentation.get(at).copied()
    }

    /// What the allocator keeps after bursts.
    pub(super) fn retained(&self, at: usize) -> f64 {
        self.retained.get(at).copied().unwrap_or_default()
    }

    pub(super) fn page_cache(&self, at: usize) -> f64 {
        self.page_cache.get(at).copied().unwrap_or_default()
    }
}

fn over_work(setting: &Setting, of: impl Fn(f64) -> f64) -> Vec<f64> {
    setting.work.iter().map(|work| of(*work)).collect()
}

/// Ramps from 0 to 1, of about the same length.
fn sawtooth(size: f64, period_max: f64, random: &mut Random) -> Vec<f64> {
    let bytes = size * random.uniform(0.05, 0.5);
    let period = random.log_uniform(3.0, period_max);
    let next = |random: &mut Random| (period * random.uniform(0.7, 1.3)).floor().max(2.0);
    let mut tooth = next(random);
    let mut at = (random.unit() * tooth).floor();
    series(|_| {
        if at >= tooth {
            tooth = next(random);
            at = 0.0;
        }
        let value = bytes * at / tooth;
        at += 1.0;
        value
    })
}

fn steps(size: f64, random: &mut Random) -> Vec<f64> {
    let count = 1_u32.saturating_add(random.below(4));
    let mut steps = Vec::new();
    for _ in 0..count {
        let bytes = size * random.uniform(-0.15, 0.25);
        steps.push((random.uniform(60.0, f64::from(MINUTES)).floor(), bytes));
    }
    series(|minute| {
        let done = steps.iter().filter(|(from, _)| minute >= *from);
        done.map(|(_, bytes)| bytes).sum()
    })
}

/// Short heaps of work, and what the allocator keeps from them.
fn bursts(size: f64, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let probability = 1.0 / random.log_uniform(300.0, 3000.0);
    let keeps_for_ever = random.chance(0.6);
    let decay = if keeps_for_ever { 1.0 } else { (-1.0 / random.log_uniform(5.0, 120.0)).exp() };
    let mut live = vec![0.0; LEN];
    let mut freed = vec![0.0_f64; LEN];
    for at in 0..LEN {
        if !random.chance(probability) {
            continue;
        }
        let bytes = size * random.uniform(0.2, 1.0);
        let minutes = usize::try_from(whole(random.uniform(3.0, 40.0))).unwrap_or_default();
        for value in live.iter_mut().skip(at).take(minutes) {
            *value += bytes;
        }
        let kept = bytes * random.uniform(0.3, 1.0);
        if let Some(freed) = freed.get_mut(at.saturating_add(minutes)) {
            *freed = freed.max(kept);
        }
    }
    let mut kept = 0.0_f64;
    let retained = freed.iter().map(|freed| {
        kept = (kept * decay).max(*freed);
        kept
    });
    (live, retained.collect())
}
