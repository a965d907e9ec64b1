//! Real processes with real memory, and what the alerts say of them. A day takes seconds.
#![cfg(target_os = "linux")]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    reason = "a test may fail; clippy only knows functions marked as tests, and not their helpers"
)]

#[path = "../child/mod.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod child;
mod service;

use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use beacon::memory::{
    LeakAlert, LeakCause, LeakState, LeakingSiteStatus, TrackingAllocator, bounded,
};

use crate::child::run;
use crate::service::{HOUR, Service, Workers, any, serve, shown};

#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);

/// What is kept each minute: 3.8 MB an hour.
const KEPT_BYTES: usize = 64_000;

fn is_site_confirmed(alert: &LeakAlert) -> bool {
    let status = alert.culprit.as_ref().map(|culprit| culprit.status);
    status == Some(LeakingSiteStatus::Confirmed)
}

#[inline(never)]
fn keep() -> Vec<u8> {
    vec![1; KEPT_BYTES / 10]
}

#[test]
fn a_leak_is_confirmed_and_its_span_named() {
    run("a_leak_is_confirmed_and_its_span_named", &[], || {
        let mut kept = Vec::new();
        let alerts = Service::start().run(36 * HOUR, is_site_confirmed, |_| {
            for _ in 0..10 {
                let _request = tracing::info_span!("import").entered();
                kept.push(keep());
            }
        });
        let confirmed = alerts.iter().find(|alert| alert.state == LeakState::Confirmed);
        let confirmed = confirmed.expect("a verdict");
        assert_eq!(confirmed.cause, LeakCause::Leak);
        assert!(confirmed.age_hours < 12.0, "{confirmed:?}");
        // Which code it is takes longer, and is told under the same alert.
        let named = alerts.iter().find(|alert| is_site_confirmed(alert)).expect("a culprit");
        let site = named.culprit.as_ref().and_then(|culprit| culprit.sites.first());
        assert_eq!(site.map(|site| site.span.as_str()), Some("import"), "{named:?}");
        assert_eq!(named.id, confirmed.id);
    });
}

/// A cache that fills in a straight line for a day.
fn fill(is_declared: bool) -> Vec<LeakAlert> {
    let used = Arc::new(AtomicU64::new(0));
    let own = Arc::clone(&used);
    let guard = is_declared.then(|| bounded("rows", 256 << 20, move || own.load(Relaxed)));
    let mut cache = Vec::new();
    let alerts = Service::start().run(24 * HOUR, any, |_| {
        serve(10);
        cache.push(vec![1_u8; KEPT_BYTES]);
        used.fetch_add(u64::try_from(KEPT_BYTES).expect("small"), Relaxed);
    });
    drop(guard);
    alerts
}

#[test]
fn a_cache_that_fills_looks_like_a_leak() {
    run("a_cache_that_fills_looks_like_a_leak", &[], || {
        let alerts = fill(false);
        assert!(alerts.iter().any(|alert| alert.cause == LeakCause::Leak), "{:?}", shown(&alerts));
    });
}

#[test]
fn a_cache_that_is_declared_may_fill() {
    run("a_cache_that_is_declared_may_fill", &[], || {
        let alerts = fill(true);
        assert_eq!(shown(&alerts), [""; 0], "{alerts:?}");
    });
}

#[test]
fn memory_that_goes_with_the_load_is_no_leak() {
    run("memory_that_goes_with_the_load_is_no_leak", &[], || {
        let mut in_flight = Vec::new();
        // From 50 requests a minute to 250 in a day, each with 100 KB.
        let alerts = Service::start().run(24 * HOUR, any, |minute| {
            let requests = 50 + minute * 200 / (24 * HOUR);
            serve(requests);
            in_flight.resize_with(usize::try_from(requests).expect("few"), || vec![1_u8; 100_000]);
        });
        assert_eq!(shown(&alerts), [""; 0]);
    });
}

#[test]
fn memory_that_falls_back_is_no_leak() {
    run("memory_that_falls_back_is_no_leak", &[], || {
        let mut buffer = Vec::new();
        let alerts = Service::start().run(24 * HOUR, any, |minute| {
            serve(10);
            if minute % HOUR == 0 {
                buffer.clear();
            }
            buffer.push(vec![1_u8; 3 * KEPT_BYTES]);
        });
        assert_eq!(shown(&alerts), [""; 0]);
    });
}

#[test]
fn what_the_arenas_of_many_threads_retain_is_given_back_and_no_leak() {
    run("what_the_arenas_of_many_threads_retain_is_given_back_and_no_leak", &[], || {
        let workers = Workers::start(12);
        let is_retained = |alert: &LeakAlert| alert.cause == LeakCause::Retained;
        let alerts = Service::start().run(48 * HOUR, is_retained, |minute| {
            serve(10);
            if minute % 10 == 0 {
                // Each time a little more than ever before: 6 MB more an hour.
                workers.burst(usize::try_from(minute).expect("small") * 8_000);
            }
        });
        assert_eq!(shown(&alerts), ["retained healthy"]);
        assert!(alerts.iter().any(|alert| alert.returned_bytes > Some(4e6)), "{alerts:?}");
    });
}
