//! When a verdict can come, and what it says.

use std::mem::size_of;

use super::*;
use crate::memory::leak::{LeakCondition, LeakRules, SiteLeakDetectors};

/// Checks at which age a leak of this speed is suspected and confirmed, and by which window.
#[track_caller]
fn check(bytes: impl Fn(f64) -> f64, level: LeakLevel, age_hours: f64, scale_hours: u32) {
    let verdicts = verdicts(hours(110), bytes, |_| Some(1.0));
    let first = first(&verdicts, level).expect("a leak");
    let scale = first.evidence.map(|evidence| evidence.scale_hours);
    assert_eq!((first.minute / 60.0, scale), (age_hours, Some(scale_hours)), "{first:?}");
}

#[test]
fn a_leak_from_the_start_is_told_at_the_age_of_its_window() {
    // Under the floor of each shorter window.
    check(ramp(0.5), LeakLevel::Suspected, 25.5, 24);
    check(ramp(0.5), LeakLevel::Confirmed, 26.0, 24);
}

#[test]
fn a_very_slow_leak_takes_the_longest_window() {
    check(ramp(0.025), LeakLevel::Suspected, 103.0, 96);
    check(ramp(0.025), LeakLevel::Confirmed, 105.0, 96);
}

#[test]
fn a_fast_leak_in_a_settled_process_is_told_within_hours() {
    // Nothing for 30 h, then the whole size again in a day.
    let bytes = |minute: f64| BASE * (1.0 + (minute - 1800.0).max(0.0) / 1440.0);
    let verdicts = verdicts(hours(48), bytes, |_| Some(1.0));
    let first = first(&verdicts, LeakLevel::Confirmed).expect("a leak");
    assert!(first.minute > 1800.0 && first.minute <= 1800.0 + 9.0 * 60.0, "{first:?}");
}

#[test]
fn no_verdict_comes_before_seven_hours() {
    // Ten times the size in a day: nothing is faster.
    check(ramp(10.0), LeakLevel::Confirmed, 7.0, 2);
}

#[test]
fn what_is_no_leak_is_none() {
    let flat = verdicts(hours(168), |_| BASE, |_| Some(1.0));
    assert_eq!(first(&flat, LeakLevel::Suspected), None);
    let warm_up = |minute: f64| BASE * (2.0 - (-minute / 300.0).exp());
    assert_eq!(first(&verdicts(hours(168), warm_up, |_| Some(1.0)), LeakLevel::Suspected), None);
    let sawtooth = |minute: f64| BASE * (1.0 + 0.5 * (minute % 360.0) / 360.0);
    assert_eq!(first(&verdicts(hours(168), sawtooth, |_| Some(1.0)), LeakLevel::Suspected), None);
    let step = |minute: f64| if minute < 3000.0 { BASE } else { 1.5 * BASE };
    assert_eq!(first(&verdicts(hours(168), step, |_| Some(1.0)), LeakLevel::Suspected), None);
    let shrinking = |minute: f64| BASE * (2.0 - minute / 10_080.0);
    assert_eq!(first(&verdicts(hours(168), shrinking, |_| Some(1.0)), LeakLevel::Suspected), None);
}

#[test]
fn growth_that_the_load_explains_is_none() {
    let load = |minute: f64| 1.0 + minute / 1440.0;
    let bytes = |minute: f64| BASE * (1.0 + 0.3 * load(minute));
    let known = verdicts(hours(72), bytes, |minute| Some(load(minute)));
    assert_eq!(first(&known, LeakLevel::Suspected), None);
    let unknown = verdicts(hours(72), bytes, |_| None);
    let told = first(&unknown, LeakLevel::Suspected).expect("without the load it looks like one");
    assert!(!told.load_known);
    assert!(known.iter().skip(4).all(|verdict| verdict.load_known));
}

#[test]
fn an_unknown_load_caps_the_level() {
    assert_eq!(LeakLevel::Confirmed.capped(false), LeakLevel::Suspected);
    assert_eq!(LeakLevel::Confirmed.capped(true), LeakLevel::Confirmed);
    assert_eq!(LeakLevel::None.capped(false), LeakLevel::None);
}

#[test]
fn a_verdict_tells_rate_base_and_time() {
    let verdicts = verdicts(hours(60), ramp(0.48), |_| Some(3.0));
    let last = verdicts.last().expect("checks");
    let evidence = last.evidence.expect("a leak");
    assert_eq!(last.level, LeakLevel::Confirmed);
    assert_eq!(evidence.scale_hours, 48);
    assert!((last.base_bytes.unwrap() / 102e6 - 1.0).abs() < 1e-3, "{last:?}");
    assert!((evidence.growth_bytes_per_hour / 2e6 - 1.0).abs() < 1e-3, "{evidence:?}");
    assert!((evidence.growth_bytes / 92e6 - 1.0).abs() < 1e-3, "{evidence:?}");
    assert_eq!((evidence.trend_score, evidence.load_growth_ratio), (276, 0.0));
    // Hour 59.5 has begun with 219 MB.
    let current_bytes = last.current_bytes.expect("samples");
    assert!((current_bytes / 219e6 - 1.0).abs() < 1e-3, "{current_bytes}");
    let left = |limit| evidence.time_to_limit_hours(current_bytes, limit);
    assert!((left(419e6).unwrap() - 100.0).abs() < 0.2);
    assert_eq!(left(1e6), Some(0.0));
}

#[test]
fn the_seconds_between_samples_change_nothing() {
    let quarter = (0..30 * 240).map(|count| f64::from(count) / 4.0);
    let fine = verdicts(quarter, ramp(0.5), |_| Some(1.0));
    let coarse = verdicts(hours(30), ramp(0.5), |_| Some(1.0));
    assert_eq!(levels(&fine), levels(&coarse));
}

#[test]
fn each_removed_condition_is_another_detector() {
    let conditions = [
        LeakCondition::AgeTerm,
        LeakCondition::BoundedModels,
        LeakCondition::FastScales,
        LeakCondition::GrowthFloor,
        LeakCondition::Hold,
        LeakCondition::LoadGuard,
        LeakCondition::Minima,
        LeakCondition::RecordGate,
        LeakCondition::SlowScales,
        LeakCondition::Trend,
    ];
    for condition in conditions {
        let rules = LeakRules::ALL.without(condition);
        let kept = conditions.iter().filter(|other| rules.has(**other)).count();
        assert_eq!((rules.has(condition), kept), (false, conditions.len() - 1), "{condition:?}");
    }
}

#[test]
fn the_state_is_as_small_as_promised() {
    assert!(size_of::<LeakDetector>() <= 2560, "{}", size_of::<LeakDetector>());
    let sites = SiteLeakDetectors::new();
    assert!(
        sites.heap_bytes() + size_of::<SiteLeakDetectors>() < 300_000,
        "{}",
        sites.heap_bytes()
    );
}
