//! Call-sites.

use super::*;
use crate::memory::leak::{LeakingSiteStatus, SiteBytes, SiteLeakDetectors};

const INTERVAL: f64 = 512.0 * 1024.0;

/// Runs the sites of a process; returns when the first was confirmed, and what is told at the end.
fn run(
    hours: u32,
    sites: impl Fn(f64) -> Vec<SiteBytes>,
) -> (Option<(f64, u64)>, SiteLeakDetectors) {
    let mut detectors = SiteLeakDetectors::new();
    let mut first = None;
    for minute in (0..=hours * 60).step_by(5) {
        let now = f64::from(minute);
        if minute > 0 && minute % 30 == 0 {
            detectors.check(now, BASE, INTERVAL);
            let confirmed = detectors.confirmed().next();
            first = first.or(confirmed.map(|site| (now, site.site)));
        }
        detectors.observe_load(now, 1.0);
        detectors.observe_sites(now, &sites(now));
    }
    (first, detectors)
}

fn leak(minute: f64) -> SiteBytes {
    SiteBytes { site: 7, old_bytes: BASE * 0.5 * minute / 1440.0 }
}

fn flat(site: u64) -> SiteBytes {
    SiteBytes { site, old_bytes: BASE * 0.1 + f64::from(u32::try_from(site).unwrap()) }
}

#[test]
fn the_site_that_leaks_is_named() {
    let (first, detectors) = run(40, |minute| vec![flat(1), leak(minute), flat(2)]);
    assert_eq!(first, Some((26.0 * 60.0, 7)));
    let leaking = detectors.leaking();
    assert_eq!(leaking.status, LeakingSiteStatus::Confirmed);
    let [site] = leaking.sites[..] else { panic!("{leaking:?}") };
    assert_eq!((site.site, site.confirmed_minute), (7, Some(26.0 * 60.0)));
    assert!((site.growth_bytes_per_hour / (BASE * 0.5 / 24.0) - 1.0).abs() < 0.01, "{site:?}");
}

#[test]
fn before_a_verdict_there_are_candidates_by_their_record() {
    let (first, detectors) = run(20, |minute| {
        let slower = SiteBytes { site: 8, old_bytes: leak(minute).old_bytes / 2.0 };
        vec![slower, flat(1), leak(minute)]
    });
    assert_eq!(first, None);
    let leaking = detectors.leaking();
    assert_eq!(leaking.status, LeakingSiteStatus::Candidates);
    assert_eq!(leaking.sites.iter().map(|site| site.site).collect::<Vec<_>>(), [7, 8]);
}

#[test]
fn a_site_that_is_new_comes_from_nothing() {
    // Present from hour 30 on, with all its bytes at once: a step.
    let (first, _) = run(60, |minute| if minute < 1800.0 { vec![] } else { vec![flat(1)] });
    assert_eq!(first, None);
    let (first, _) =
        run(60, |minute| if minute < 1800.0 { vec![] } else { vec![leak(minute - 1800.0)] });
    assert!(first.is_some_and(|(minute, _)| minute <= 1800.0 + 26.0 * 60.0), "{first:?}");
}

#[test]
fn the_sites_with_the_most_bytes_are_tracked() {
    // 150 small ones and then the leak: it is larger after a while, and takes a place.
    let (first, detectors) = run(40, |minute| {
        let small = |site| SiteBytes { site, old_bytes: 1e6 };
        (100..250).map(small).chain([leak(minute)]).collect()
    });
    assert_eq!(first.map(|(_, site)| site), Some(7));
    assert_eq!(detectors.leaking().sites.len(), 1);
}

#[test]
fn growth_of_less_than_four_samples_is_noise() {
    let tiny = |minute: f64| SiteBytes { site: 7, old_bytes: 3.0 * INTERVAL * minute / 5760.0 };
    let mut told = 0;
    for interval in [INTERVAL, 0.0] {
        let mut detectors = SiteLeakDetectors::new();
        for minute in (0..=6600_u32).step_by(5) {
            let now = f64::from(minute);
            if minute > 0 && minute % 30 == 0 {
                detectors.check(now, 16.0 * INTERVAL, interval);
                told += u32::from(interval > 0.0 && detectors.confirmed().next().is_some());
            }
            detectors.observe_sites(now, &[tiny(now)]);
        }
        let is_told = detectors.confirmed().next().is_some();
        assert_eq!(is_told, interval <= 0.0, "interval {interval}");
    }
    assert_eq!(told, 0);
}

#[test]
fn a_verdict_is_remembered_for_a_day() {
    let (_, detectors) = run(50, |minute| vec![leak(minute.min(2000.0))]);
    assert_eq!(detectors.confirmed().count(), 0, "the growth is over");
    assert_eq!(detectors.leaking().status, LeakingSiteStatus::Confirmed);
    let (_, detectors) = run(120, |minute| vec![leak(minute.min(2000.0))]);
    assert!(detectors.leaking().sites.is_empty());
}
