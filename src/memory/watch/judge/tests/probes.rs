//! Resident memory that grows while the live heap does not.

use std::cell::Cell;

use super::*;
use crate::memory::alert::LeakSignal;

/// The live heap is flat, resident memory grows by half of the base a day.
fn swelling(minute: f64) -> WatchSample {
    both(minute, 100.0, 110.0 * (1.0 + 0.5 * minute / DAY))
}

#[test]
fn memory_that_the_allocator_gives_back_is_retained_and_no_leak() {
    let mut life = Life::new();
    let trimmed = Cell::new(0.0);
    let rss_mb = |minute: f64| 110.0 + 50.0 * (minute - trimmed.get()) / DAY;
    let allocator = |minute: f64| {
        let returned_bytes = (rss_mb(minute) - 110.0) * MB;
        trimmed.set(minute);
        Some(returned_bytes)
    };
    life.run_with(6.0 * DAY, |minute| both(minute, 100.0, rss_mb(minute)), |_| None, allocator);
    assert!(life.told().iter().all(|told| *told == (RETAINED, LeakCause::Retained)));
    let alert = &life.alerts.first().expect("an alert").alert;
    assert_eq!((alert.id.as_str(), alert.state), ("5e0be100-r1", LeakState::Healthy));
    assert!(alert.returned_bytes.expect("returned") > 40.0 * MB);
    assert_eq!(alert.signal, Some(LeakSignal::Rss));
    assert!(life.alerts.len() <= 5, "at most one a day");
    let gaps = life.asked.iter().zip(life.asked.iter().skip(1)).map(|(a, b)| b - a);
    assert!(gaps.fold(f64::INFINITY, f64::min) >= 60.0, "asked too often: {:?}", life.asked);
}

#[test]
fn growth_that_the_allocator_holds_is_fragmentation_and_at_most_suspected() {
    let mut life = Life::new();
    life.run(6.0 * DAY, |minute| {
        let sample = swelling(minute);
        WatchSample { held_bytes: sample.rss_bytes, ..sample }
    });
    assert_eq!(life.told(), [(SUSPECTED, LeakCause::Fragmentation)]);
    assert_eq!(life.last().returned_bytes, Some(0.0));
    assert_eq!(life.asked.len(), 5, "once, and again a day later: {:?}", life.asked);
}

#[test]
fn growth_that_nobody_holds_is_native() {
    let mut life = Life::new();
    life.run(6.0 * DAY, |minute| WatchSample { held_bytes: Some(105.0 * MB), ..swelling(minute) });
    assert_eq!(life.told(), [(SUSPECTED, LeakCause::NativeGrowth)]);
}

#[test]
fn an_allocator_that_hangs_delays_the_decision_by_one_check() {
    let mut life = Life::new();
    life.run_with(6.0 * DAY, swelling, |_| None, |_| None);
    assert_eq!(life.told(), [(SUSPECTED, LeakCause::NativeGrowth)]);
    let asked = *life.asked.first().expect("asked");
    assert!(life.last().age_hours * 60.0 <= asked + 31.0);
    assert_eq!(life.last().returned_bytes, None);
}

#[test]
fn where_the_allocator_may_not_be_asked_it_is_not() {
    let mut life = Life::with(|settings| settings.can_probe = false);
    life.run(6.0 * DAY, swelling);
    assert_eq!((life.told(), life.asked.len()), (vec![(SUSPECTED, LeakCause::NativeGrowth)], 0));
}

#[test]
fn where_the_live_heap_is_not_known_resident_memory_decides() {
    let mut life = Life::new();
    life.run(6.0 * DAY, |minute| rss(minute, 110.0 * (1.0 + 0.5 * minute / DAY)));
    assert_eq!(life.states().last(), Some(&LeakState::Confirmed));
    assert!(life.told().iter().all(|(_, cause)| *cause == LeakCause::Leak));
    assert_eq!((life.last().signal, life.last().source), (Some(LeakSignal::Rss), LeakSource::Proc));
    assert_eq!(life.last().retained_bytes, None);
    assert!(!life.asked.is_empty());

    let mut life = Life::new();
    life.run(6.0 * DAY, |minute| WatchSample {
        work: None,
        ..rss(minute, 110.0 * (1.0 + 0.5 * minute / DAY))
    });
    assert_eq!(life.told(), [(SUSPECTED, LeakCause::Leak)], "without load");
}

#[test]
fn a_leak_that_retention_had_hidden_is_found_after_all() {
    let mut life = Life::new();
    // Half of the growth comes back once; the rest is a leak.
    let returned_mb = Cell::new(0.0);
    let series = |minute: f64| rss(minute, 110.0 + 60.0 * minute / DAY - returned_mb.get());
    let allocator = |minute: f64| {
        if returned_mb.get() > 0.0 {
            return Some(0.0);
        }
        returned_mb.set(35.0 * minute / DAY);
        Some(returned_mb.get() * MB)
    };
    life.run_with(8.0 * DAY, series, |_| None, allocator);
    assert_eq!(life.told().first(), Some(&(RETAINED, LeakCause::Retained)));
    assert_eq!(life.states().last(), Some(&LeakState::Confirmed));
}
