//! One simulated process: a week, minute by minute.

use std::f64::consts::TAU;

use crate::leaks::corpus::background::Backgrounds;
use crate::leaks::corpus::leak::Leak;
use crate::leaks::corpus::plan::{BACKGROUNDS, Background, Plan};
use crate::leaks::corpus::random::Random;
use crate::leaks::corpus::series::{autoregressive, moving_average};

/// What a detector sees, and the truth.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) live: Vec<f64>,
    pub(super) rss: Vec<f64>,
    pub(super) load: Vec<f64>,
    /// Normal size, in bytes (B).
    pub(super) size: f64,
    /// More than this it may not occupy.
    pub(super) limit_bytes: f64,
    /// Where it ends: a week, or the first minute above the limit.
    pub(super) end: usize,
    pub(super) leak: Option<LeakLabel>,
    pub(super) sites: Vec<Component>,
}

/// The truth about a leak.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeakLabel {
    pub(super) onset_minute: f64,
    /// Share of the size that leaks in a day (ρ).
    pub(super) rate: f64,
}

/// What one call-site holds.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) is_leak: bool,
    pub(super) bytes: Vec<f64>,
}

/// What all parts of a trace depend on.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) size: f64,
    /// Noise and times are larger by this in hard traces.
    pub(super) hardness: f64,
    pub(super) is_hard: bool,
    pub(super) load: Vec<f64>,
    /// Running sum of the load.
    pub(super) work: Vec<f64>,
}

impl Trace {
    pub(super) fn new(plan: Plan, random: &mut Random) -> Self {
        let any = random.below(13);
        let drawn = BACKGROUNDS.get(usize::try_from(any).unwrap_or_default());
        let background = plan.background.or(drawn.copied()).unwrap_or(Background::Flat);
        let parts = Parts::of(background, random);
        let size = random.log_uniform(40e6, 2e9);
        let hardness = if plan.is_hard { 1.5 } else { 1.0 };
        let load = load(&parts, hardness, random);
        let work = load.iter().scan(0.0, |sum, load| {
            *sum += load;
            Some(*sum)
        });
        let setting = Setting { size, hardness, is_hard: plan.is_hard, work: work.collect(), load };
        let leak = plan.leak.map(|kind| Leak::new(kind, &setting, random));
        assemble(&parts, setting, leak.as_ref(), random)
    }
}

/// Which backgrounds a trace has.
#[derive(Debug, Default)]
pub(super) struct Parts {
    parts: Vec<Background>,
}

impl Parts {
    fn of(background: Background, random: &mut Random) -> Self {
        if background != Background::Mixed {
            return Self { parts: vec![background] };
        }
        let mut parts = Vec::new();
        for (part, probability) in MIXED {
            if random.chance(probability) {
                parts.push(part);
            }
        }
        Self { parts }
    }

    pub(super) fn has(&self, part: Background) -> bool {
        self.parts.contains(&part)
    }
}

fn load(parts: &Parts, hardness: f64, random: &mut Random) -> Vec<f64> {
    let is_diurnal = parts.has(Background::Diurnal);
    let swing = if is_diurnal { random.uniform(0.25, 0.7) } else { random.uniform(0.0, 0.08) };
    let phase = random.uniform(0.0, TAU);
    let tau = random.log_uniform(1.0, 60.0);
    let sigma = random.uniform(0.04, 0.12) * hardness;
    let quiet =
        (is_diurnal && random.chance(0.5)).then(|| (random.below(7), random.uniform(0.4, 0.9)));
    let growth = if parts.has(Background::LoadRamp) { random.uniform(0.04, 0.25) } else { 0.0 };
    let noise = autoregressive(tau, sigma, random);
    let mut load = Vec::with_capacity(noise.len());
    for (noise, minute) in noise.iter().zip(0_u32..) {
        let days = f64::from(minute) / 1440.0;
        let mut value = (1.0 + swing * (TAU * days + phase).sin()) * noise.exp();
        if let Some((first_day, factor)) = quiet {
            let day = (minute / 1440).saturating_add(first_day) % 7;
            value *= if day < 2 { factor } else { 1.0 };
        }
        load.push(value * (1.0 + growth * days));
    }
    load
}

/// Puts the parts together: live heap, heap, resident set, and where it ends.
fn assemble(parts: &Parts, setting: Setting, leak: Option<&Leak>, random: &mut Random) -> Trace {
    let size = setting.size;
    let is_busy = parts.has(Background::Diurnal) || parts.has(Background::LoadRamp);
    let per_load = if is_busy { random.uniform(0.08, 0.35) } else { random.uniform(0.01, 0.1) };
    let in_flight: Vec<f64> = in_flight(size * per_load, &setting.load, random);
    let cache = random.chance(0.4).then(|| {
        let bytes = size * random.uniform(0.02, 0.2) * 5.0 * per_load;
        let mut cache = moving_average(&setting.load, random.log_uniform(30.0, 360.0));
        for value in &mut cache {
            *value *= bytes;
        }
        cache
    });
    let tau = random.log_uniform(1.0, 20.0);
    let sigma = size * random.uniform(0.0005, 0.006) * setting.hardness;
    let mut live = autoregressive(tau, sigma, random);
    for value in &mut live {
        *value += size;
    }
    let backgrounds = Backgrounds::new(parts, &setting, random);
    let mut sites = vec![Component { is_leak: false, bytes: in_flight }];
    sites.extend(cache.map(|bytes| Component { is_leak: false, bytes }));
    for component in sites.iter().map(|site| &site.bytes).chain(backgrounds.live()) {
        add(&mut live, component);
    }
    if let Some(leak) = leak {
        add(&mut live, &leak.bytes);
        let mut bytes = self::in_flight(0.2 * size * per_load, &setting.load, random);
        add(&mut bytes, &leak.bytes);
        sites.push(Component { is_leak: true, bytes });
    }
    let (rss, limit_bytes) = resident(&live, &backgrounds, leak, &setting, random);
    let end = rss.iter().position(|bytes| *bytes > limit_bytes).unwrap_or(rss.len());
    sites.extend(backgrounds.into_sites(size));
    let leak = leak.map(|leak| LeakLabel { onset_minute: leak.onset_minute, rate: leak.rate });
    Trace { live, rss, load: setting.load, size, limit_bytes, end, leak, sites }
}

/// The resident set and its limit.
fn resident(
    live: &[f64],
    backgrounds: &Backgrounds,
    leak: Option<&Leak>,
    setting: &Setting,
    random: &mut Random,
) -> (Vec<f64>, f64) {
    let plain = random.uniform(0.02, 0.1);
    let release = if random.chance(0.5) { 0.0004 } else { random.log_uniform(0.02, 0.5) };
    let fixed = random.uniform(5e6, 30e6);
    let sigma = setting.size * random.uniform(0.0005, 0.003) * setting.hardness;
    let mut rss = Vec::with_capacity(live.len());
    let mut held = 0.0_f64;
    let mut highest = 0.0_f64;
    let mut most = 0.0_f64;
    for (at, live) in live.iter().enumerate() {
        let factor = backgrounds.fragmentation(at).unwrap_or(1.0 + plain);
        let used = live * factor;
        held = if at == 0 { used } else { used.max(held - release * (held - used)) };
        highest = highest.max(used);
        let heap = held.max((used + backgrounds.retained(at)).min(highest));
        let bytes = heap + backgrounds.page_cache(at) + fixed + sigma * random.normal();
        let leaked = leak.and_then(|leak| leak.bytes.get(at)).copied().unwrap_or_default();
        most = most.max(bytes - leaked * factor);
        rss.push(bytes);
    }
    (rss, random.uniform(1.5, 4.0) * most)
}

fn in_flight(bytes: f64, load: &[f64], random: &mut Random) -> Vec<f64> {
    load.iter().map(|load| bytes * load * (0.1 * random.normal()).exp()).collect()
}

fn add(sum: &mut [f64], more: &[f64]) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

const MIXED: [(Background, f64); 10] = [
    (Background::Exponential, 0.5),
    (Background::Logarithm, 0.5),
    (Background::Sawtooth, 0.5),
    (Background::Diurnal, 0.7),
    (Background::Steps, 0.3),
    (Background::Fragmentation, 0.5),
    (Background::Lru, 0.35),
    (Background::Bursts, 0.4),
    (Background::PageCache, 0.5),
    (Background::ArNoise, 0.4),
];
