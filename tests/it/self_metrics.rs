//! What beacon's metrics say about itself, and what a service's own metrics cannot spoil.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use beacon::collector::{
    AttributeValue, Collector, Fault, ReceivedAttempt, ReceivedMetricKind, ReceivedMetricPoint,
    ReceivedMetricValue, Times,
};
use beacon::opentelemetry::KeyValue;
use beacon::testing::ManualClock;
use beacon::{Signal, tracing};

use crate::support::{Service, drive, eventually};

/// Source: <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>; the last are beacon's.
const NAMES: [&str; 27] = [
    "otel.sdk.span.live",
    "otel.sdk.span.started",
    "otel.sdk.processor.span.queue.size",
    "otel.sdk.processor.span.queue.capacity",
    "otel.sdk.processor.span.processed",
    "otel.sdk.exporter.span.inflight",
    "otel.sdk.exporter.span.exported",
    "otel.sdk.log.created",
    "otel.sdk.processor.log.queue.size",
    "otel.sdk.processor.log.queue.capacity",
    "otel.sdk.processor.log.processed",
    "otel.sdk.exporter.log.inflight",
    "otel.sdk.exporter.log.exported",
    "otel.sdk.exporter.metric_data_point.inflight",
    "otel.sdk.exporter.metric_data_point.exported",
    "otel.sdk.metric_reader.collection.duration",
    "otel.sdk.exporter.operation.duration",
    // `beacon.log.dropped` appears with the first drop.
    "beacon.log.records",
    "beacon.panics",
    "beacon.telemetry.emitted",
    "beacon.telemetry.delivered",
    "beacon.telemetry.rejected",
    "beacon.telemetry.dropped",
    "beacon.telemetry.held",
    "beacon.telemetry.queue.usage",
    "beacon.telemetry.queue.limit",
    "beacon.telemetry.health",
];

#[test]
fn every_metric_of_the_catalog_arrives() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector)
        .with_metrics()
        .set("OTEL_BSP_SCHEDULE_DELAY", 0)
        .set("OTEL_BLRP_SCHEDULE_DELAY", 0)
        .start();
    service.record_spans(10);
    service.record_logs(10);
    // Also those about a queue that is empty again.
    eventually("everything is delivered", || {
        (service.traces().delivered, service.logs().delivered) == (10, 10)
    });
    for _ in 0..2 {
        service.telemetry.flush_blocking().expect("the collector is healthy");
    }
    let mut expected = NAMES.map(str::to_owned).to_vec();
    expected.sort_unstable();
    assert_eq!(collector.metric_names(), expected);
}

#[test]
fn the_numbers_are_those_of_the_report() {
    let collector = Collector::start().expect("a collector starts");
    let partial = Fault::PartialSuccess { rejected: 2, message: "no".to_owned() };
    collector.inject_for(Signal::Traces, partial, Times::ONCE);
    let refused = Fault::HttpStatus { code: 400, retry_after: None };
    collector.inject_for(Signal::Logs, refused, Times::ONCE);
    collector.inject_for(Signal::Logs, Fault::Hang, Times::Always);
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .with_metrics()
        .set("OTEL_BSP_MAX_QUEUE_SIZE", 20)
        .set("BEACON_SHUTDOWN_TIMEOUT", "100ms")
        .start();
    // 20 spans fit, of which 2 are rejected. 7 log records are refused, 4 hang.
    let full = fill_and_empty_the_queue_of_spans(&service, &collector, &clock);
    service.record_logs(7);
    service.hand_over(&clock);
    eventually("the log records are settled", || service.logs().held == 0);
    // A span starts when it is first entered.
    let alive = service.run(|| {
        let span = tracing::info_span!("alive");
        span.in_scope(|| ());
        span
    });
    service.record_logs(4);
    service.hand_over(&clock);
    let of_logs = |attempt: &ReceivedAttempt| attempt.signal == Some(Signal::Logs);
    eventually("a request of logs hangs", || {
        collector.attempts().iter().filter(|attempt| of_logs(attempt)).count() == 2
    });
    let points = collect(&collector, &clock);

    let sum = |name: &str, attributes: &[(&str, &str)]| points.int(name, attributes);
    let exported = "otel.sdk.exporter.span.exported";
    let processed = "otel.sdk.processor.span.processed";
    assert_eq!(
        sum("otel.sdk.span.started", &[("otel.span.sampling_result", "RECORD_AND_SAMPLE")]),
        Some(26)
    );
    assert_eq!(
        sum("otel.sdk.span.live", &[("otel.span.sampling_result", "RECORD_AND_SAMPLE")]),
        Some(1)
    );
    assert_eq!(sum(processed, &[("error.type", "")]), Some(25 - full));
    assert_eq!(sum(processed, &[("error.type", "queue_full")]), Some(full));
    assert_eq!(sum(exported, &[("error.type", "")]), Some(23 - full));
    assert_eq!(sum(exported, &[("error.type", "rejected")]), Some(2));
    assert_eq!(sum("otel.sdk.exporter.span.inflight", &[]), Some(0));
    assert_eq!(sum("otel.sdk.processor.span.queue.size", &[]), Some(0));
    assert_eq!(sum("otel.sdk.processor.span.queue.capacity", &[]), Some(20));
    assert_eq!(sum("otel.sdk.log.created", &[]), Some(11));
    assert_eq!(sum("otel.sdk.processor.log.processed", &[("error.type", "")]), Some(11));
    assert_eq!(sum("otel.sdk.exporter.log.inflight", &[]), Some(4));
    assert_eq!(sum("otel.sdk.processor.log.queue.size", &[]), Some(0));
    assert_eq!(sum("otel.sdk.exporter.log.exported", &[("error.type", "400")]), Some(7));
    check_account(&points, full);
    // The last request of logs was refused, and the queue of spans was full.
    assert_eq!(sum("beacon.telemetry.health", &[]), Some(1));
    let duration = "otel.sdk.exporter.operation.duration";
    let of_logs = [("otel.component.type", "otlp_http_log_exporter"), ("error.type", "400")];
    let operation = points.one(duration, &of_logs).expect("an operation of logs has ended");
    assert_eq!(
        operation.attribute("http.response.status_code").and_then(AttributeValue::as_i64),
        Some(400)
    );
    assert_eq!(operation.kind, ReceivedMetricKind::Histogram);
    assert_eq!((operation.unit.as_str(), count(operation)), ("s", Some(1)));
    drop(alive);
}

/// Returns how many spans found no room.
#[track_caller]
fn fill_and_empty_the_queue_of_spans(
    service: &Service,
    collector: &Collector,
    clock: &ManualClock,
) -> i64 {
    collector.pause_listening();
    service.record_spans(25);
    let full = service.traces().dropped_total().cast_signed();
    assert_eq!(full, 5);
    collector.resume_listening().expect("the port is still ours");
    let delay = Duration::from_secs(5);
    eventually("the spans are settled", || {
        // A pause, and the delay of what was open; the metric interval must not pass.
        if clock.next_wake_up().is_some_and(|next| next <= delay) {
            clock.advance(delay);
        }
        service.traces().held == 0
    });
    full
}

#[track_caller]
fn check_account(points: &Points, full: i64) {
    for (name, signal, expected) in [
        ("emitted", "traces", 25),
        ("delivered", "traces", 23 - full),
        ("rejected", "traces", 2),
        ("held", "traces", 0),
        ("emitted", "logs", 11),
        ("delivered", "logs", 0),
        ("rejected", "logs", 7),
        ("held", "logs", 4),
        ("queue.usage", "traces", 0),
        ("queue.limit", "traces", 16 << 20),
    ] {
        let name = format!("beacon.telemetry.{name}");
        assert_eq!(
            points.int(&name, &[("beacon.signal", signal)]),
            Some(expected),
            "{name}, {signal}"
        );
    }
    let dropped = [("beacon.signal", "traces"), ("beacon.drop.reason", "queue_full")];
    assert_eq!(points.int("beacon.telemetry.dropped", &dropped), Some(full));
}

#[test]
fn what_is_handed_to_the_exporter_is_exported_or_in_flight() {
    let collector = Collector::start().expect("a collector starts");
    collector.inject_for(Signal::Traces, Fault::Hang, Times::ONCE);
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .with_metrics()
        .set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 10)
        .set("BEACON_REQUESTS_IN_FLIGHT", 2)
        .set("BEACON_SHUTDOWN_TIMEOUT", "100ms")
        .start();
    service.record_spans(37);
    eventually("one request hangs, others are delivered", || service.traces().delivered == 20);
    let points = collect(&collector, &clock);
    let number = |name: &str| points.int(name, &[("error.type", "")]).unwrap_or(0);
    let (processed, exported, in_flight) = (
        number("otel.sdk.processor.span.processed"),
        number("otel.sdk.exporter.span.exported"),
        number("otel.sdk.exporter.span.inflight"),
    );
    assert_eq!(processed, exported + in_flight);
    assert!(in_flight >= 10, "{in_flight}");
    let queued = number("otel.sdk.processor.span.queue.size");
    assert_eq!(37, processed + queued);
}

#[test]
fn beacon_is_silent_about_itself_when_told_to_be() {
    let collector = Collector::start().expect("a collector starts");
    let service =
        Service::builder(&collector).with_metrics().set("BEACON_SELF_METRICS", false).start();
    service.record_spans(3);
    service.telemetry.flush_blocking().expect("the collector is healthy");
    assert_eq!(collector.totals().metrics.requests, 0);
    service.telemetry.meter("shop").u64_counter("orders").build().add(1, &[]);
    service.telemetry.flush_blocking().expect("the collector is healthy");
    assert_eq!(collector.metric_names(), ["orders"]);
}

#[test]
fn a_callback_that_panics_harms_no_other_metric() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector).with_metrics().start();
    let meter = service.telemetry.meter("shop");
    let _bad = meter
        .u64_observable_gauge("bad")
        .with_callback(|_| panic!("a scripted panic of a callback"))
        .build();
    let _good = meter.u64_observable_gauge("good").with_callback(|o| o.observe(7, &[])).build();
    for rounds in 1..=3 {
        service.telemetry.flush_blocking().expect("the collector is healthy");
        assert_eq!(collector.metric_points("good").len(), rounds);
    }
    assert!(collector.metric_points("bad").is_empty());
    assert!(collector.metric_names().contains(&"otel.sdk.span.started".to_owned()));
    let said = service.said("a scripted panic of a callback");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].1.contains("bad"), "{said:?}");
}

#[test]
fn a_callback_that_hangs_holds_up_no_other_signal_and_no_shutdown() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .with_metrics()
        .set("BEACON_SHUTDOWN_TIMEOUT", "4s")
        .start();
    let (release, released) = mpsc::channel::<()>();
    let (entering, entered) = mpsc::channel();
    let gate = Arc::new(Mutex::new((entering, released)));
    let _bad = service
        .telemetry
        .meter("shop")
        .u64_observable_gauge("stuck")
        .with_callback(move |_| {
            let gate = gate.lock().expect("nobody panics here");
            // Both ends fall with the test.
            let _ = gate.0.send(());
            let _ = gate.1.recv();
        })
        .build();
    thread::scope(|scope| {
        let flush = scope.spawn(|| service.telemetry.flush_blocking());
        entered.recv().expect("the callback runs");
        service.record_spans(3);
        clock.advance(Duration::from_secs(4));
        let result = flush.join().expect("a flush does not panic");
        result.expect_err("the callback still hangs");
    });
    drive(&clock, "the spans arrive", || service.traces().delivered == 3);
    // Others may create instruments meanwhile.
    service.telemetry.meter("shop").u64_counter("orders").build().add(1, &[]);
    service.record_logs(2);
    let report = thread::scope(|scope| {
        let shutdown = scope.spawn(|| service.telemetry.shutdown_blocking());
        eventually("the log records arrive", || service.logs().delivered == 2);
        drive(&clock, "shutdown ends", || shutdown.is_finished());
        shutdown.join().expect("shutdown does not panic")
    });
    let report = report.expect("nothing that was recorded is lost");
    assert_eq!((report.traces.delivered, report.logs.delivered), (3, 2));
    assert!(report.is_conserved());
    drop(release);
}

#[test]
fn metrics_larger_than_a_request_are_cut_and_lose_no_point() {
    for protocol in ["http/protobuf", "grpc", "http/json"] {
        let collector = Collector::start().expect("a collector starts");
        let service = Service::builder(&collector)
            .with_metrics()
            .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .set("BEACON_SELF_METRICS", false)
            .set("BEACON_SHUTDOWN_TIMEOUT", "20s")
            .start();
        let counter = service.telemetry.meter("shop").u64_counter("orders").build();
        let payload = "p".repeat(6_000);
        for n in 0..1_500_i64 {
            let attributes = [KeyValue::new("n", n), KeyValue::new("payload", payload.clone())];
            counter.add(1, &attributes);
        }
        let report = service.telemetry.flush_blocking().expect("the collector is healthy").metrics;
        assert_eq!((report.delivered, report.lost()), (1_500, 0), "{protocol}");
        let totals = collector.totals();
        assert!(totals.largest_request_bytes <= 4 * 1024 * 1024, "{protocol}: {totals}");
        assert!(totals.metrics.requests >= 3, "{protocol}: {totals}");
        let mut numbers: Vec<_> = collector
            .metric_points("orders")
            .iter()
            .filter_map(|point| point.attribute("n")?.as_i64())
            .collect();
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..1_500), "{protocol}: {} points", numbers.len());
    }
}

/// The points of one collection.
struct Points(Vec<ReceivedMetricPoint>);

/// Lets the metric interval pass, and returns what is collected then.
fn collect(collector: &Collector, clock: &ManualClock) -> Points {
    assert_eq!(collector.totals().metrics.requests, 0);
    clock.advance(Duration::from_mins(1).saturating_sub(clock.elapsed()));
    eventually("the metrics arrive", || collector.totals().metrics.requests == 1);
    Points(collector.read(|store| store.metric_points().cloned().collect()))
}

impl Points {
    /// The only point of the metric that has these attributes, series apart that never moved. An
    /// empty value stands for no attribute.
    fn one(&self, metric: &str, attributes: &[(&str, &str)]) -> Option<&ReceivedMetricPoint> {
        let is_meant = |point: &&ReceivedMetricPoint| {
            point.metric == metric
                && attributes.iter().all(|(key, value)| {
                    let actual = point.attribute(key).and_then(|value| value.as_str());
                    actual.unwrap_or_default() == *value
                })
        };
        let meant: Vec<_> = self.0.iter().filter(is_meant).collect();
        let has_moved = |point: &&&ReceivedMetricPoint| point.value != ReceivedMetricValue::Int(0);
        let moved: Vec<_> = meant.iter().filter(has_moved).collect();
        assert!(moved.len() <= 1, "{metric} {attributes:?}: {moved:?}");
        moved.first().map(|point| **point).or(meant.first().copied())
    }

    fn int(&self, metric: &str, attributes: &[(&str, &str)]) -> Option<i64> {
        match self.one(metric, attributes)?.value {
            ReceivedMetricValue::Int(value) => Some(value),
            _ => None,
        }
    }
}

fn count(point: &ReceivedMetricPoint) -> Option<u64> {
    match &point.value {
        ReceivedMetricValue::Histogram(histogram) => Some(histogram.count),
        _ => None,
    }
}
