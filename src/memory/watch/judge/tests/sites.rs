//! Who holds what grows.

use super::*;
use crate::memory::alert::LeakSignal;
use crate::memory::leak::LeakingSiteStatus;

const LEAKING: u64 = 7;
const CACHE: u64 = 9;

/// The leak began an hour ago at the least, so that much of it is old.
fn sites(minute: f64) -> Vec<SiteBytes> {
    let old_minutes = (minute - 60.0).max(0.0);
    vec![
        SiteBytes { site: CACHE, old_bytes: 50.0 * MB },
        SiteBytes { site: LEAKING, old_bytes: 50.0 * MB * old_minutes / DAY },
    ]
}

fn leaking(minute: f64) -> WatchSample {
    let live_mb = 100.0 * (1.0 + 0.5 * minute / DAY);
    both(minute, live_mb, live_mb * 1.1)
}

#[test]
fn an_alert_names_the_site_that_leaks_and_is_not_repeated() {
    let mut life = Life::new();
    life.run_with(5.0 * DAY, leaking, |minute| Some(sites(minute)), keeps);
    let draft = life.alerts.iter().find(|draft| draft.alert.state == LeakState::Confirmed);
    let draft = draft.expect("confirmed");
    assert_eq!(draft.sites.sites.first().map(|site| site.site), Some(LEAKING));
    assert_eq!(draft.sites.status, LeakingSiteStatus::Confirmed);
    let updates = life.alerts.iter().filter(|draft| draft.alert.is_update()).count();
    assert!(updates <= 1, "{:?}", life.told());
}

#[test]
fn a_culprit_found_later_is_one_update_of_the_same_alert() {
    let mut life = Life::new();
    // Call-sites are known from the second day on.
    let late = |minute: f64| (minute > 1.2 * DAY).then(|| sites(minute));
    life.run_with(7.0 * DAY, leaking, late, keeps);
    let updates: Vec<_> = life.alerts.iter().filter(|draft| draft.alert.is_update()).collect();
    let [update] = updates[..] else { panic!("{:?}", life.told()) };
    assert_eq!(update.alert.event_name(), CONFIRMED);
    assert_eq!(update.alert.id, "5e0be100-1");
    assert_eq!(update.alert.previous_state, LeakState::Confirmed);
    assert!(update.alert.evidence.is_some());
    assert_eq!(update.sites.status, LeakingSiteStatus::Confirmed);
    assert_eq!(update.sites.sites.first().map(|site| site.site), Some(LEAKING));
}

#[test]
fn a_site_alone_makes_a_process_suspected() {
    let mut life = Life::new();
    // As much as leaks is given back elsewhere.
    let flat = |minute| both(minute, 100.0, 110.0);
    let shifting = |minute: f64| {
        let old_minutes = (minute - 60.0).max(0.0);
        Some(vec![SiteBytes { site: LEAKING, old_bytes: 10.0 * MB * old_minutes / DAY }])
    };
    life.run_with(6.0 * DAY, flat, shifting, keeps);
    assert_eq!(life.told(), [(SUSPECTED, LeakCause::Leak)]);
    assert_eq!(life.last().signal, Some(LeakSignal::Site));
    assert_eq!(life.judge.shown().states[2], Some(LeakState::Suspected));
    assert!(life.judge.shown().growth_bytes_per_hour[2].is_some());
}

/// A cache that fills for two days, and then is full.
fn filling(minute: f64, is_declared: bool) -> WatchSample {
    let cache_mb = 50.0 * minute.min(2.0 * DAY) / DAY;
    let bounded_bytes = if is_declared { cache_mb * MB } else { 0.0 };
    WatchSample { bounded_bytes, ..both(minute, 100.0 + cache_mb, 110.0 + cache_mb) }
}

#[test]
fn the_site_of_a_declared_consumer_is_no_suspicion() {
    let cache = |minute: f64| {
        let old_minutes = (minute - 60.0).clamp(0.0, 2.0 * DAY);
        Some(vec![SiteBytes { site: CACHE, old_bytes: 50.0 * MB * old_minutes / DAY }])
    };
    let mut declared = Life::new();
    declared.run_with(5.0 * DAY, |minute| filling(minute, true), cache, keeps);
    assert_eq!(declared.told(), []);
    let mut undeclared = Life::new();
    undeclared.run_with(5.0 * DAY, |minute| filling(minute, false), cache, keeps);
    assert_ne!(undeclared.told(), []);

    // Another site that grows three times as fast is one all the same.
    let mut both_grow = Life::new();
    let sites = |minute: f64| {
        let mut all = cache(minute)?;
        let old_minutes = (minute - 60.0).max(0.0);
        all.push(SiteBytes { site: LEAKING, old_bytes: 150.0 * MB * old_minutes / DAY });
        Some(all)
    };
    both_grow.run_with(DAY, |minute| filling(minute, true), sites, keeps);
    assert_eq!(both_grow.last().signal, Some(LeakSignal::Site));
}
