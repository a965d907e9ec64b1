//! Samples that are missing, late or garbage.

use super::*;

fn with_gap(from: f64, to: f64) -> impl Iterator<Item = f64> {
    hours(120).filter(move |minute| !(from..to).contains(minute))
}

#[test]
fn a_gap_within_a_leak_delays_nothing() {
    let whole = verdicts(hours(120), ramp(0.5), |_| Some(1.0));
    let gap = verdicts(with_gap(600.0, 720.0), ramp(0.5), |_| Some(1.0));
    let minute = |verdicts: &[LeakVerdict]| first(verdicts, LeakLevel::Confirmed).unwrap().minute;
    assert!(minute(&gap) <= minute(&whole) + 60.0);
    assert_eq!(gap.len(), whole.len());
}

#[test]
fn a_jump_across_a_gap_is_no_leak() {
    let bytes = |minute: f64| if minute < 3000.0 { BASE } else { 1.6 * BASE };
    let verdicts = verdicts(with_gap(2600.0, 3200.0), bytes, |_| Some(1.0));
    assert_eq!(first(&verdicts, LeakLevel::Suspected), None);
}

#[test]
fn nothing_is_said_when_the_newest_samples_are_missing() {
    let mut detector = LeakDetector::new();
    for minute in hours(60) {
        detector.observe(minute, ramp(0.5)(minute), Some(1.0));
    }
    let after: Vec<_> = std::iter::from_fn(|| detector.advance(100.0 * 60.0)).collect();
    assert_eq!(after.len(), 81);
    // The record still stands for three half hours.
    let told = levels(&after).iter().filter(|level| **level != LeakLevel::None).count();
    assert!((1..=3).contains(&told), "{told}");
    assert!(after.iter().skip(3).all(|verdict| verdict.record_margin_ratio.is_none()));
}

#[test]
fn what_is_no_size_is_a_missing_sample() {
    let bytes =
        |minute: f64| match u64::from(minute % 7.0 == 0.0) + 2 * u64::from(minute % 11.0 == 0.0) {
            1 => f64::NAN,
            2 => 0.0,
            3 => -1e9,
            _ => ramp(0.5)(minute),
        };
    let clean = verdicts(hours(30), ramp(0.5), |_| Some(1.0));
    let dirty = verdicts(hours(30), bytes, |_| Some(1.0));
    assert_eq!(levels(&clean), levels(&dirty));
    for garbage in [f64::INFINITY, 1e300, f64::NEG_INFINITY] {
        let nothing = verdicts(hours(30), |_| garbage, |_| Some(garbage));
        assert!(nothing.iter().all(|verdict| verdict.base_bytes.is_none()));
    }
}

#[test]
fn a_time_that_goes_back_changes_nothing() {
    let mut detector = LeakDetector::new();
    for minute in hours(30) {
        detector.observe(minute, ramp(0.5)(minute), Some(1.0));
        for wrong in [minute - 1.0, -1.0, f64::NAN, f64::INFINITY, 1e12] {
            assert_eq!(detector.observe(wrong, 1.0, None), None, "{wrong}");
        }
    }
    let verdict = detector.advance(1800.0).expect("a check");
    assert_eq!(verdict.level, LeakLevel::Confirmed);
}

#[test]
fn a_gap_of_a_thousand_years_is_one_check() {
    let mut detector = LeakDetector::new();
    for minute in hours(60) {
        detector.observe(minute, ramp(0.5)(minute), Some(1.0));
    }
    let checks = std::iter::from_fn(|| detector.advance(9e8)).count();
    assert!(checks < 250, "{checks}");
    assert_eq!(
        detector.observe(9e8 + 30.0, BASE, None).map(|verdict| verdict.level),
        Some(LeakLevel::None)
    );
}

#[test]
fn a_process_that_is_watched_late_needs_full_windows() {
    let minutes = (5000..5000 + 40 * 60).map(f64::from);
    let verdicts = verdicts(minutes, |minute| ramp(0.5)(minute - 5000.0), |_| Some(1.0));
    let first = first(&verdicts, LeakLevel::Suspected).expect("a leak");
    // Its age allows everything at once, so the first full window decides.
    assert!(first.minute >= 5000.0 + 7.0 * 60.0, "{first:?}");
    assert!(first.base_bytes.is_some_and(|base| (base / BASE - 1.0).abs() < 0.01));
}

#[test]
fn the_base_waits_for_ten_samples() {
    // One sample an hour.
    let verdicts = verdicts((0..40).map(|hour| f64::from(hour) * 60.0), |_| BASE, |_| None);
    let known = verdicts.iter().find(|verdict| verdict.base_bytes.is_some()).expect("a base");
    assert_eq!(known.minute, 10.0 * 60.0 + 30.0);
}
