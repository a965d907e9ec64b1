//! Log records that are held back on request, and fields that are copied onto them.

use std::time::Duration;

use beacon::collector::{AttributeValue, Collector, ReceivedLog};
use beacon::testing::ManualClock;
use beacon::tracing;

use crate::support::Service;

fn body(log: &ReceivedLog) -> String {
    match &log.body {
        AttributeValue::String(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

fn int(value: i64) -> AttributeValue {
    AttributeValue::Int(value)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::String(value.to_owned())
}

#[test]
fn a_loud_call_site_is_cut_short_and_says_so() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .with_metrics()
        .set("BEACON_LOG_RATE_LIMIT", "2/m")
        .start();
    service.run(|| {
        for round in 0..2 {
            for _ in 0..5 {
                tracing::warn!("loud");
            }
            tracing::info!("quiet");
            if round == 0 {
                clock.advance(Duration::from_mins(1));
            }
        }
    });
    service.telemetry.shutdown_blocking().expect("the collector is healthy");
    let logs = collector.logs();
    let began = "over 2 records in 60 s: the rest is suppressed";
    let ended = "3 records were suppressed";
    let bodies: Vec<_> = logs.iter().map(body).collect();
    let expected =
        ["loud", "loud", began, "quiet", ended, "loud", "loud", began, "quiet"].map(str::to_owned);
    assert_eq!(bodies, expected);

    let summary = &logs[4];
    assert_eq!(summary.severity_text, "WARN");
    assert_eq!(summary.attribute("beacon.log.suppressed"), Some(&int(3)));
    assert_eq!(summary.attribute("code.file.path"), Some(&text(file!())));
    let dropped = collector.metric_points("beacon.log.dropped");
    let last = dropped.last().expect("it was counted");
    assert_eq!(last.attribute("beacon.log.sink"), Some(&text("otlp")));
    assert_eq!(last.attribute("beacon.drop.reason"), Some(&text("rate_limit")));
    assert!(format!("{:?}", last.value).contains('6'), "{last:?}");
}

#[test]
fn records_go_with_a_trace_that_is_not_sampled() {
    for (sampling, expected) in
        [("trace", &["w", "e", "outside"][..]), ("none", &["i", "w", "e", "outside"])]
    {
        let collector = Collector::start().expect("a collector starts");
        let service = Service::builder(&collector)
            .set("OTEL_TRACES_SAMPLER", "always_off")
            .set("BEACON_LOG_SAMPLING", sampling)
            .start();
        service.run(|| {
            tracing::info_span!("work").in_scope(|| {
                tracing::info!("i");
                tracing::warn!("w");
                tracing::error!("e");
            });
            tracing::info!("outside");
        });
        service.telemetry.shutdown_blocking().expect("the collector is healthy");
        let bodies: Vec<_> = collector.logs().iter().map(body).collect();
        assert_eq!(bodies, expected, "{sampling}");
    }
}

#[test]
fn fields_of_spans_are_copied_on_request() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector)
        .set("BEACON_LOG_SPAN_FIELDS", "user.id, tenant,attempt,password")
        .start();
    service.run(|| {
        let outer = tracing::info_span!("outer", user.id = 7, tenant = "acme", other = 1);
        let _outer = outer.entered();
        let inner = tracing::info_span!(
            "inner",
            tenant = "inner",
            attempt = tracing::field::Empty,
            password = "canary"
        );
        inner.record("attempt", 3);
        let _inner = inner.entered();
        tracing::info!("copied");
        tracing::info!(tenant = "own", "own");
    });
    service.run(|| tracing::info!("outside"));
    service.telemetry.shutdown_blocking().expect("the collector is healthy");
    let logs = collector.logs();
    let hidden = text("[redacted]");
    for (log, tenant) in [(&logs[0], "inner"), (&logs[1], "own")] {
        assert_eq!(log.attribute("user.id"), Some(&int(7)));
        assert_eq!(log.attribute("tenant"), Some(&text(tenant)));
        assert_eq!(log.attribute("attempt"), Some(&int(3)));
        assert_eq!(log.attribute("password"), Some(&hidden));
        assert_eq!(log.attribute("other"), None);
    }
    assert_eq!(logs[2].attribute("tenant"), None);
}
