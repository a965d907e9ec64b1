#![expect(clippy::float_cmp, reason = "whole numbers, which doubles hold exactly")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry_sdk::metrics::data::ResourceMetrics;

use super::points::{points, values_of};
use super::recording;
use crate::Signal;
use crate::catalog::{self, InstrumentKind, METRICS, Metric, Stability, attribute};
use crate::export::courier::OperationObserver as _;
use crate::export::metrics::{Destination, Published, SelfMetrics};
use crate::export::processors::{
    LogDropReason, LogSink, ParentOrigin, RecordingCounters, SamplingOutcome,
};
use crate::export::wire::PeerStatus;
use crate::propagation::{Fault, Field};
use crate::report::DropReason;
use crate::signal::PerSignal;

#[test]
fn every_metric_of_the_catalog_appears_as_the_catalog_says() {
    let metrics = collect_everything();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for point in points(&metrics) {
        let metric = METRICS.iter().find(|metric| metric.name == point.metric);
        let Metric { name, unit, description, instrument, stability, .. } = metric.unwrap();
        assert_eq!(point.unit, *unit, "{name}");
        assert_eq!(point.description, *description, "{name}");
        assert_eq!(point.instrument, *instrument, "{name}");
        let scope = match stability {
            Stability::Beacon => "beacon",
            Stability::Development | Stability::ReleaseCandidate | Stability::Stable => "otel.sdk",
        };
        assert_eq!(point.scope, scope, "{name}");
        assert_eq!(point.version, env!("CARGO_PKG_VERSION"));
        assert_eq!(point.schema_url, "https://opentelemetry.io/schemas/1.44.0");
        if *instrument == InstrumentKind::Histogram {
            assert!(point.buckets <= 1, "{name} has {} buckets", point.buckets);
        }
        found.entry(point.metric).or_default().extend(point.attributes.into_keys());
    }
    for metric in METRICS {
        let expected = metric.attributes.iter().map(|key| (*key).to_owned()).collect();
        assert_eq!(found.get(metric.name), Some(&expected), "{}", metric.name);
    }
}

#[test]
fn each_number_is_reported_where_it_belongs() {
    let metrics = collect_everything();
    let processor = "otel.component.name=batching_span_processor/0,\
                     otel.component.type=batching_span_processor";
    let exporter = "otel.component.name=otlp_grpc_span_exporter/0,\
                    otel.component.type=otlp_grpc_span_exporter,\
                    server.address=peer,server.port=4317";
    let rows = [
        ("beacon.telemetry.emitted", "beacon.signal=traces".to_owned(), 1.0),
        ("beacon.telemetry.delivered", "beacon.signal=traces".to_owned(), 2.0),
        ("beacon.telemetry.rejected", "beacon.signal=traces".to_owned(), 3.0),
        ("beacon.telemetry.held", "beacon.signal=traces".to_owned(), 4.0),
        ("beacon.telemetry.queue.usage", "beacon.signal=traces".to_owned(), 5.0),
        ("beacon.telemetry.queue.limit", "beacon.signal=traces".to_owned(), 6.0),
        (
            "beacon.telemetry.dropped",
            "beacon.drop.reason=retry_exhausted,beacon.signal=traces".to_owned(),
            7.0,
        ),
        (
            "beacon.telemetry.dropped",
            "beacon.drop.reason=io_error,beacon.signal=traces".to_owned(),
            0.0,
        ),
        ("beacon.telemetry.health", String::new(), 2.0),
        ("otel.sdk.processor.span.queue.size", processor.to_owned(), 8.0),
        ("otel.sdk.processor.span.queue.capacity", processor.to_owned(), 9.0),
        ("otel.sdk.processor.span.processed", processor.to_owned(), 10.0),
        ("otel.sdk.processor.span.processed", format!("error.type=queue_full,{processor}"), 11.0),
        ("otel.sdk.exporter.span.inflight", exporter.to_owned(), 12.0),
        ("otel.sdk.exporter.span.exported", exporter.to_owned(), 13.0),
        ("otel.sdk.exporter.span.exported", format!("error.type=UNAVAILABLE,{exporter}"), 14.0),
        ("otel.sdk.log.created", String::new(), 7.0),
        ("beacon.log.dropped", "beacon.drop.reason=sampled,beacon.log.sink=otlp".to_owned(), 1.0),
        (
            "otel.sdk.span.started",
            "otel.span.parent.origin=remote,otel.span.sampling_result=DROP".to_owned(),
            5.0,
        ),
        ("otel.sdk.span.live", "otel.span.sampling_result=RECORD_AND_SAMPLE".to_owned(), 3.0),
        (
            "otel.sdk.exporter.operation.duration",
            format!("error.type=UNAVAILABLE,{}", with_status(exporter)),
            1.5,
        ),
    ];
    for (metric, attributes, expected) in rows {
        let values = values_of(&metrics, metric);
        assert_eq!(values.get(&attributes), Some(&expected), "{metric}: {values:#?}");
    }
    let processed = values_of(&metrics, "otel.sdk.processor.span.processed");
    assert_eq!(processed.len(), 2, "an error that never occurred has no series");
}

#[test]
fn a_signal_that_goes_nowhere_has_no_series() {
    let (provider, source, _) = recording();
    let published = published(&PerSignal { traces: Some(console()), logs: None, metrics: None });
    let self_metrics = register(&provider, &published);
    self_metrics.operation_ended(Signal::Logs, Duration::ZERO, None, None);
    for point in points(&source.collect().unwrap()) {
        // Lines count as well, wherever they go.
        let is_exported = point.metric.contains(".log.") && point.metric != "beacon.log.dropped";
        assert!(!is_exported, "{}", point.metric);
        assert!(!point.metric.contains("metric_data_point"), "{}", point.metric);
        let signal = point.attributes.get(attribute::SIGNAL);
        assert!(signal.is_none_or(|signal| signal == "traces"), "{point:?}");
        assert!(!point.attributes.contains_key(attribute::SERVER_ADDRESS), "{point:?}");
    }
}

#[test]
fn a_number_that_is_not_known_is_not_reported() {
    let (provider, source, _) = recording();
    let published = published(&PerSignal { traces: Some(console()), logs: None, metrics: None });
    register(&provider, &published);
    let capacity = catalog::SDK_PROCESSOR_SPAN_QUEUE_CAPACITY.name;
    assert!(values_of(&source.collect().unwrap(), capacity).is_empty());
    published.signal(Signal::Traces).unwrap().queue_capacity_items.set(2_048);
    assert_eq!(values_of(&source.collect().unwrap(), capacity).len(), 1);
}

#[test]
fn error_types_beyond_the_bound_are_added_up() {
    let (provider, source, _) = recording();
    let published = published(&PerSignal { traces: Some(console()), logs: None, metrics: None });
    register(&provider, &published);
    let failed = &published.signal(Signal::Traces).unwrap().failed;
    let totals = (500..600).map(|status| (Cow::Owned(status.to_string()), 2)).collect();
    failed.set(&totals);
    failed.set(&totals);
    let values = values_of(&source.collect().unwrap(), "otel.sdk.exporter.span.exported");
    assert_eq!(values.len(), 1 + 31 + 1);
    let others: f64 = values.iter().filter(|(key, _)| key.contains("_OTHER")).map(|(_, v)| v).sum();
    assert_eq!(others, 138.0);
    assert_eq!(values.values().sum::<f64>(), 200.0);
}

#[test]
fn the_wire_names_of_drop_reasons_are_distinct() {
    let names: BTreeSet<_> = DropReason::ALL.map(DropReason::name).into();
    assert_eq!(names.len(), DropReason::ALL.len());
}

/// All three signals have peers, and every number is set.
fn collect_everything() -> ResourceMetrics {
    let (provider, source, _) = recording();
    let published = published(&PerSignal::from_fn(|signal| {
        let exporter_type = match signal {
            Signal::Logs => "otlp_grpc_log_exporter",
            Signal::Metrics => "otlp_grpc_metric_exporter",
            Signal::Traces => "otlp_grpc_span_exporter",
        };
        Some(Destination { exporter_type, server: Some(("peer".to_owned(), 4317)) })
    }));
    for signal in Signal::ALL {
        let counts = published.signal(signal).unwrap();
        counts.emitted.set(1);
        counts.delivered.set(2);
        counts.rejected.set(3);
        counts.held.set(4);
        counts.queue_usage_bytes.set(5);
        counts.queue_limit_bytes.set(6);
        counts.dropped.set(DropReason::RetryExhausted, 7);
        counts.queue_items.set(8);
        counts.queue_capacity_items.set(9);
        counts.processed.set(10);
        counts.unprocessed.set(DropReason::QueueFull, 11);
        counts.inflight_items.set(12);
        counts.exported.set(13);
        counts.failed.set(&[(Cow::Borrowed("UNAVAILABLE"), 14)].into());
    }
    published.health.set(2);
    let self_metrics = register(&provider, &published);
    let (second, unavailable) = (Duration::from_millis(1_500), tonic::Code::Unavailable);
    let status = Some(PeerStatus::Grpc(unavailable));
    self_metrics.operation_ended(Signal::Traces, second, Some("UNAVAILABLE"), status);
    self_metrics.operation_ended(Signal::Logs, second, None, Some(PeerStatus::Http(200)));
    self_metrics.record_collection(second, Some("timeout"));
    source.collect().unwrap()
}

fn with_status(exporter: &str) -> String {
    exporter.replace("server.address", "rpc.response.status_code=UNAVAILABLE,server.address")
}

fn published(destinations: &PerSignal<Option<Destination>>) -> Arc<Published> {
    Arc::new(Published::new(destinations))
}

fn console() -> Destination {
    Destination { exporter_type: "ConsoleExporter", server: None }
}

fn register(
    provider: &crate::export::metrics::GuardedMeterProvider,
    published: &Arc<Published>,
) -> SelfMetrics {
    let recording = Arc::new(RecordingCounters::default());
    for _ in 0..5 {
        recording.span_started(SamplingOutcome::Drop, ParentOrigin::Remote);
    }
    for _ in 0..3 {
        recording.recording_began(true);
    }
    recording.log_created.store(7, Ordering::Relaxed);
    recording.logs.count_dropped(LogSink::Otlp, LogDropReason::Sampled);
    recording.propagation.add(Field::TraceState, Fault::TooLarge);
    SelfMetrics::register(provider.unguarded(), published, &recording)
}
