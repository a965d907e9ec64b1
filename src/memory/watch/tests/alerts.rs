//! What arrives at the collector.

use super::service::{DAY, Service, both, leaking};
use crate::collector::{AttributeValue, ReceivedLog};
use crate::memory::watch::heap_sites::SiteNow;
use crate::memory::watch::sample::WatchSample;
use crate::testing::TestTelemetry;

/// A leak of the call-site 7, which is found while it is sampled.
fn leaking_service() -> Service {
    let mut service = Service::start();
    let sites = |old_bytes| {
        let site = |id, old_bytes, span| SiteNow { id, old_bytes, span, heap: None };
        vec![site(3, 20e6, ""), site(7, old_bytes, "import")]
    };
    service.run(60.0, leaking);
    for hour in 1..30_u32 {
        let minute = f64::from(hour) * 60.0;
        *service.sites.lock().unwrap() = sites(50e6 * (minute - 60.0) / DAY);
        service.run(minute + 60.0, leaking);
    }
    service
}

fn names(log: &ReceivedLog) -> Vec<&str> {
    log.attributes.iter().map(|(key, _)| key.trim_start_matches("beacon.leak.")).collect()
}

fn integer(log: &ReceivedLog, key: &str) -> i64 {
    log.attribute(key).and_then(AttributeValue::as_i64).unwrap_or_else(|| panic!("{key}: {log:?}"))
}

#[test]
fn a_leak_is_two_records_with_all_that_is_known() {
    let service = leaking_service();
    let suspected = ("beacon.memory.leak_suspected".to_owned(), "WARN".to_owned());
    let confirmed = ("beacon.memory.leak_confirmed".to_owned(), "ERROR".to_owned());
    assert_eq!(service.events(), [suspected, confirmed]);

    let alerts = service.alerts();
    let log = &alerts[1];
    assert_eq!(
        names(log),
        [
            "id",
            "recurrence",
            "state",
            "previous_state",
            "cause",
            "source",
            "load_known",
            "age_hours",
            "signal",
            "scale_hours",
            "growth_bytes",
            "growth_bytes_per_hour",
            "growth_ratio",
            "bic_margin",
            "load_growth_ratio",
            "trend_score",
            "base_bytes",
            "current_bytes",
            "limit_bytes",
            "retained_bytes",
            "record_margin_ratio",
            "time_to_limit_hours",
            "culprit.status",
            "culprit.site",
            "culprit.span",
            "culprit.bytes",
            "culprit.bytes_per_hour",
        ]
    );
    assert_eq!(log.attribute("beacon.leak.id").unwrap(), "5e0be100-1");
    assert_eq!(log.attribute("beacon.leak.signal").unwrap(), "live");
    assert_eq!(log.attribute("beacon.leak.source").unwrap(), "tracking");
    assert_eq!(integer(log, "beacon.leak.limit_bytes"), 1_000_000_000);
    assert!((integer(log, "beacon.leak.growth_bytes_per_hour") - 2_083_333).abs() < 50_000);
    let first = |key: &str| match log.attribute(key) {
        Some(AttributeValue::Array(values)) => values[0].clone(),
        other => panic!("{key}: {other:?}"),
    };
    assert_eq!(first("beacon.leak.culprit.site"), "app::place_7");
    assert_eq!(first("beacon.leak.culprit.span"), "import");
    assert_eq!(log.scope.name, "beacon::memory");

    let body = log.body.to_string();
    let parts = [
        "memory leak confirmed: the live heap grew by 45.7 MiB (47 % of its normal size) over the \
         last 24 h, 1.99 MiB per hour, to 146 MiB; ",
        "held by `app::place_7` in span `import`, ",
        " older than one hour; at this rate the limit of 954 MiB is reached in ",
    ];
    for part in parts {
        assert!(body.contains(part), "{body}");
    }
    assert!(body.ends_with("; look at who keeps what that code allocates"), "{body}");
}

fn count(test: &TestTelemetry, name: &str, attributes: &[(&str, &str)]) -> i64 {
    test.metric(name).unwrap().value(attributes).unwrap().as_i64().unwrap()
}

fn number(test: &TestTelemetry, name: &str, attributes: &[(&str, &str)]) -> f64 {
    test.metric(name).unwrap().value(attributes).unwrap().as_f64().unwrap()
}

#[test]
fn metrics_tell_the_state_and_what_it_rests_on() {
    let mut service = Service::start();
    *service.sites.lock().unwrap() =
        vec![SiteNow { id: 1, old_bytes: 5e6, span: "import", heap: None }];
    service.run(30.0 * 60.0, leaking);
    let test = &service.test;
    let of_signal = |signal| [("beacon.leak.signal", signal)];
    assert_eq!(count(test, "beacon.memory.leak.state", &of_signal("live")), 2);
    assert_eq!(count(test, "beacon.memory.leak.state", &of_signal("rss")), 0);
    let growth = number(test, "beacon.memory.leak.growth", &of_signal("live"));
    assert!((growth - 50e6 / 24.0).abs() < 50_000.0, "{growth}");
    assert!(number(test, "beacon.memory.leak.time_to_limit", &[]) > 3600.0);
    assert!((16_000_000..16_400_000).contains(&count(test, "beacon.memory.retained", &[])));
    let site = [("beacon.leak.site", "app::place_1"), ("beacon.leak.span", "import")];
    assert_eq!(count(test, "beacon.memory.heap.old", &site), 5_000_000);
    let confirmed = [("beacon.leak.state", "confirmed"), ("beacon.leak.cause", "leak")];
    assert_eq!(count(test, "beacon.memory.leak.alerts", &confirmed), 1);
}

#[test]
fn retained_memory_is_one_record_and_no_alarm() {
    let mut service = Service::start();
    // What has grown is free in the allocator: all of it comes back.
    service.free.store(60_000_000, std::sync::atomic::Ordering::SeqCst);
    service.run(26.0 * 60.0, |minute| both(minute, 100.0, 110.0 + 60.0 * minute / DAY));
    service.run(3.0 * DAY, |minute| both(minute, 100.0, 110.0));
    assert_eq!(service.events(), [("beacon.memory.retained".to_owned(), "INFO".to_owned())]);
    let alerts = service.alerts();
    assert_eq!(integer(&alerts[0], "beacon.leak.returned_bytes"), 60_000_000);
    let body = alerts[0].body.to_string();
    let begin = "memory retained, no leak: the allocator gave 57.2 MiB back when asked of the ";
    assert!(body.starts_with(begin), "{body}");
    let retention = [("beacon.memory.reclaim.trigger", "retention")];
    let returned = service.test.metric("beacon.memory.reclaim.returned").unwrap();
    assert_eq!(returned.value(&retention).unwrap().as_i64(), Some(60_000_000));
    assert!(service.test.metric("beacon.memory.reclaim.duration").is_ok());
}

#[test]
fn no_call_site_is_named_for_what_the_heap_does_not_hold() {
    let mut service = Service::start();
    for hour in 0..30_u32 {
        let minute = f64::from(hour) * 60.0;
        // More than nothing, and too little to be the reason.
        let old_bytes = 5e6 + 1e6 * minute / DAY;
        *service.sites.lock().unwrap() =
            vec![SiteNow { id: 1, old_bytes, span: "import", heap: None }];
        service.run(minute + 60.0, |minute| both(minute, 100.0, 110.0 + 60.0 * minute / DAY));
    }
    let alerts = service.alerts();
    assert_eq!(alerts[0].attribute("beacon.leak.cause").unwrap(), "native_growth");
    assert!(!names(&alerts[0]).iter().any(|name| name.starts_with("culprit")), "{alerts:?}");
    let body = alerts[0].body.to_string();
    assert!(!body.contains("held by"), "{body}");
}

#[test]
fn exhaustion_is_a_record_of_its_own() {
    let mut service = Service::start();
    let used = |minute: f64, used_mb: f64| WatchSample {
        used_bytes: Some(used_mb * 1e6),
        ..both(minute, 100.0, 110.0)
    };
    service.run(300.0, |minute| used(minute, 500.0));
    service.run(510.0, |minute| used(minute, 500.0 + (minute - 300.0) * 1.7));
    let exhaustion = ("beacon.memory.exhaustion".to_owned(), "ERROR".to_owned());
    assert_eq!(service.events(), [exhaustion]);
    let body = service.alerts()[0].body.to_string();
    assert!(body.starts_with("memory is about to end: "), "{body}");
    assert!(
        body.contains(" of 954 MiB are in use, and at the growth of the last 2 h it lasts for 1.")
    );
}
