//! From the series to the alerts.

use super::*;
use crate::memory::alert::LeakSignal;

/// Half of the base a day.
fn leaking(minute: f64) -> WatchSample {
    let live_mb = 100.0 * (1.0 + 0.5 * minute / DAY);
    both(minute, live_mb, live_mb * 1.1)
}

#[test]
fn a_leak_is_told_from_suspicion_to_the_end() {
    let mut life = Life::new();
    life.run(4.0 * DAY, leaking);
    assert_eq!(life.told(), [(SUSPECTED, LeakCause::Leak), (CONFIRMED, LeakCause::Leak)]);
    let states = life.judge.shown().states;
    assert_eq!(states, [Some(LeakState::Confirmed), Some(LeakState::Healthy), None]);
    let alert = life.last().clone();
    assert_eq!((alert.id.as_str(), alert.recurrence), ("5e0be100-1", 0));
    assert_eq!(alert.previous_state, LeakState::Suspected);
    assert_eq!((alert.signal, alert.source), (Some(LeakSignal::Live), LeakSource::Tracking));
    assert!(alert.load_known);
    assert!((25.0..=27.0).contains(&alert.age_hours), "{}", alert.age_hours);
    let evidence = alert.evidence.expect("evidence");
    assert!((evidence.growth_bytes_per_hour - 50.0 * MB / 24.0).abs() < 0.1 * MB);
    assert!((alert.retained_bytes.expect("retained") - 15.5 * MB).abs() < MB);
    assert!(life.asked.is_empty(), "live heap needs no further question");

    // Somebody has repaired it.
    life.run(6.0 * DAY, |minute| both(minute, 110.0, 300.0));
    assert_eq!(life.told().split_off(2), [(CLEARED, LeakCause::Leak)]);
    let cleared = life.last();
    assert_eq!((cleared.id.as_str(), cleared.evidence), ("5e0be100-1", None));
    assert_eq!(cleared.current_bytes, Some(110.0 * MB));
    assert_eq!(life.judge.shown().states[0], Some(LeakState::Cleared));
}

#[test]
fn what_grows_and_is_no_leak_is_not_told() {
    type Series = fn(f64) -> WatchSample;
    let healthy: [(&str, Series); 6] = [
        ("flat", |minute| both(minute, 100.0, 110.0)),
        ("sawtooth", |minute| {
            let live_mb = 100.0 + 40.0 * (minute % 300.0) / 300.0;
            both(minute, live_mb, live_mb * 1.1)
        }),
        ("warm-up", |minute| {
            let live_mb = 100.0 + 80.0 * (1.0 - (-minute / 600.0).exp());
            both(minute, live_mb, live_mb * 1.1)
        }),
        ("step", |minute| {
            let live_mb = if minute < 2.0 * DAY { 100.0 } else { 130.0 };
            both(minute, live_mb, live_mb * 1.1)
        }),
        ("load", |minute| {
            // The work of each minute grows by a fifth a day, and memory goes with it.
            let growth = 0.2 * minute / DAY;
            let work = 600.0 * minute * (1.0 + growth / 2.0);
            let live_mb = 100.0 * (1.0 + 0.5 * growth);
            WatchSample { work: Some(whole(work)), ..both(minute, live_mb, live_mb * 1.1) }
        }),
        ("files", |minute| WatchSample {
            used_bytes: Some((110.0 + 100.0 * minute / DAY) * MB),
            ..both(minute, 100.0, 110.0)
        }),
    ];
    for (name, series) in healthy {
        let mut life = Life::new();
        life.run(6.0 * DAY, series);
        assert_eq!(life.told(), [], "{name}");
        assert!(life.asked.is_empty(), "{name}");
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "work of a test")]
fn whole(work: f64) -> u64 {
    work as u64
}

#[test]
fn without_load_a_leak_stays_suspected_unless_the_user_says_otherwise() {
    let unknown = |minute| WatchSample { work: None, ..leaking(minute) };
    let mut life = Life::new();
    life.run(5.0 * DAY, unknown);
    assert_eq!(life.told(), [(SUSPECTED, LeakCause::Leak)]);
    assert!(!life.last().load_known);

    let mut life = Life::with(|settings| settings.confirm_without_load = true);
    life.run(5.0 * DAY, unknown);
    assert_eq!(life.states().last(), Some(&LeakState::Confirmed));
}

#[test]
fn a_leak_that_comes_back_is_another_alert() {
    let mut life = Life::new();
    life.run(2.0 * DAY, leaking);
    life.run(4.0 * DAY, |minute| both(minute, 210.0, 230.0));
    assert_eq!(life.states().last(), Some(&LeakState::Cleared));
    let cleared_hours = life.last().age_hours;
    // It begins again at once, and is a leak before the day is over.
    life.run(7.0 * DAY, |minute| {
        let live_mb = 210.0 + 200.0 * (minute - 4.0 * DAY) / DAY;
        both(minute, live_mb, live_mb * 1.1)
    });
    let again = &life.alerts.iter().find(|draft| draft.alert.age_hours > cleared_hours);
    let again = &again.expect("another alert").alert;
    assert_eq!(again.id, "5e0be100-2");
    assert_eq!((again.recurrence, again.previous_state), (1, LeakState::Cleared));
}

#[test]
fn declared_consumers_are_no_leak() {
    // A cache fills by half of the base a day, for five days.
    let filling = |minute: f64| {
        let cache_mb = 50.0 * minute / DAY;
        (cache_mb, both(minute, 100.0 + cache_mb, 110.0 + cache_mb))
    };
    let mut life = Life::new();
    life.run(5.0 * DAY, |minute| filling(minute).1);
    assert_eq!(life.states().last(), Some(&LeakState::Confirmed), "not declared");

    let mut life = Life::new();
    life.run(5.0 * DAY, |minute| {
        let (cache_mb, sample) = filling(minute);
        WatchSample { bounded_bytes: cache_mb * MB, ..sample }
    });
    assert_eq!(life.told(), []);
}

#[test]
fn exhaustion_is_told_once_for_each_episode() {
    let used = |minute: f64, percent: f64| WatchSample {
        used_bytes: Some(percent * 10.0 * MB),
        limit_bytes: Some(1000.0 * MB),
        ..both(minute, 100.0, 110.0)
    };
    let mut life = Life::new();
    life.run(5.0 * 60.0, |minute| used(minute, 50.0));
    life.run(9.0 * 60.0, |minute| used(minute, 50.0 + (minute - 300.0) / 6.0));
    assert_eq!(life.told(), [(EXHAUSTION, LeakCause::Exhaustion)]);
    let alert = life.last().clone();
    assert_eq!((alert.id.as_str(), alert.state), ("5e0be100-x1", LeakState::Healthy));
    let hours = alert.time_to_limit_hours.expect("hours");
    assert!((1.5..2.0).contains(&hours), "{hours}");
    assert_eq!(alert.limit_bytes, Some(1000.0 * MB));
    let shown = life.judge.shown().time_to_limit_hours.expect("shown");
    assert!(shown < hours, "it comes nearer");

    life.run(12.0 * 60.0, |minute| used(minute, 60.0));
    assert_eq!(life.judge.shown().time_to_limit_hours, None);
    life.run(16.0 * 60.0, |minute| used(minute, 60.0 + (minute - 720.0) / 6.0));
    assert_eq!(life.told(), [(EXHAUSTION, LeakCause::Exhaustion); 2]);
    assert_eq!(life.last().id, "5e0be100-x2");
}

#[test]
fn an_outage_of_the_sources_is_no_growth() {
    let mut life = Life::new();
    life.run(1.0 * DAY, |minute| both(minute, 100.0, 110.0));
    life.run(2.0 * DAY, |minute| WatchSample { minute, ..WatchSample::default() });
    life.run(6.0 * DAY, |minute| both(minute, 130.0, 143.0));
    assert_eq!(life.told(), []);
}
