//! The detectors on one trace: which checks pass.

use beacon::memory::{
    LeakDetector, LeakLevel, LeakRules, LeakVerdict, SiteBytes, SiteLeakDetectors,
};

use crate::leaks::corpus::random::Random;
use crate::leaks::corpus::site_samples::{INTERVAL_BYTES, old_bytes};
use crate::leaks::corpus::trace::Trace;

/// What a detector is fed with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Input {
    Live,
    LiveAndLoad,
    Rss,
    RssAndLoad,
}

/// One check that speaks for a leak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passing {
    pub(super) minute: f64,
    pub(super) level: LeakLevel,
    /// Of call-sites: whether the first to be named is the leak.
    pub(super) is_culprit: bool,
}

/// Returns the checks that pass, in order.
pub(super) fn passing(trace: &Trace, input: Input, rules: LeakRules) -> Vec<Passing> {
    let mut detector = LeakDetector::with_rules(rules);
    let values = match input {
        Input::Live | Input::LiveAndLoad => &trace.live,
        Input::Rss | Input::RssAndLoad => &trace.rss,
    };
    let knows_load = matches!(input, Input::LiveAndLoad | Input::RssAndLoad);
    let mut passing = Vec::new();
    let samples = values.iter().zip(&trace.load).zip(0_u32..).take(trace.end);
    for ((bytes, load), minute) in samples {
        let load = knows_load.then_some(*load);
        passing.extend(detector.observe(f64::from(minute), *bytes, load).and_then(pass));
    }
    passing.extend(detector.advance(minutes(trace.end)).and_then(pass));
    passing
}

fn pass(verdict: LeakVerdict) -> Option<Passing> {
    let is_passing = verdict.level > LeakLevel::None;
    is_passing.then_some(Passing {
        minute: verdict.minute,
        level: verdict.level,
        is_culprit: false,
    })
}

/// Returns the checks at which a call-site has a verdict of its own.
pub(super) fn passing_sites(trace: &Trace, rules: LeakRules, random: &mut Random) -> Vec<Passing> {
    let sampled: Vec<_> = trace.sites.iter().map(|site| old_bytes(&site.bytes, random)).collect();
    let mut detectors = SiteLeakDetectors::with_rules(rules);
    let mut passing = Vec::new();
    let mut round = Vec::new();
    for (load, minute) in trace.load.iter().zip(0_u32..).take(trace.end) {
        if minute > 0 && minute.is_multiple_of(30) {
            passing.extend(check(&mut detectors, f64::from(minute), trace));
        }
        detectors.observe_load(f64::from(minute), *load);
        if !minute.is_multiple_of(5) {
            continue;
        }
        let at = usize::try_from(minute / 5).unwrap_or_default();
        round.clear();
        for (site, sampled) in (0_u64..).zip(&sampled) {
            let old_bytes = sampled.get(at).copied().unwrap_or_default();
            round.push(SiteBytes { site, old_bytes });
        }
        detectors.observe_sites(f64::from(minute), &round);
    }
    if trace.end.is_multiple_of(30) {
        passing.extend(check(&mut detectors, minutes(trace.end), trace));
    }
    passing
}

fn check(detectors: &mut SiteLeakDetectors, minute: f64, trace: &Trace) -> Option<Passing> {
    detectors.check(minute, trace.size, INTERVAL_BYTES);
    let margin = |margin: Option<f64>| margin.unwrap_or_default();
    let first = detectors
        .confirmed()
        .max_by(|a, b| margin(a.record_margin_ratio).total_cmp(&margin(b.record_margin_ratio)))?;
    let site = usize::try_from(first.site).ok().and_then(|at| trace.sites.get(at));
    let is_culprit = site.is_some_and(|site| site.is_leak);
    Some(Passing { minute, level: LeakLevel::Confirmed, is_culprit })
}

fn minutes(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
