//! The official exporters as senders.

use std::time::Duration;

use opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider, Severity};
use opentelemetry::metrics::MeterProvider;
use opentelemetry::trace::{Span, Tracer, TracerProvider};
use opentelemetry::{KeyValue, trace};
use opentelemetry_otlp::{LogExporter, MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::{Builder, Runtime};

use crate::collector::{
    Collector, ReceivedMetricKind, ReceivedMetricValue, ReceivedProtocol, ReceivedSpanKind,
    ReceivedTemporality,
};

/// The exporters' channels live on the caller's runtime, which must go on while they flush.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn resource() -> Resource {
    Resource::builder_empty().with_attribute(KeyValue::new("service.name", "shop")).build()
}

#[test]
fn official_spans_arrive_over_grpc() {
    let collector = Collector::start().unwrap();
    let runtime = runtime();
    let _entered = runtime.enter();
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(collector.endpoint());
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter.build().unwrap())
        .with_resource(resource())
        .build();
    let tracer = provider.tracer("shop::cart");
    let expected: Vec<_> = (0..10).map(|number| format!("span {number}")).collect();
    for name in &expected {
        let span = tracer.span_builder(name.clone()).with_kind(trace::SpanKind::Client);
        let mut span = span.with_attributes([KeyValue::new("size", 7)]).start(&tracer);
        span.add_event("sent", vec![KeyValue::new("ok", true)]);
        span.set_status(trace::Status::error("declined"));
        span.end();
    }
    provider.force_flush().unwrap();

    let spans = collector.spans();
    assert_eq!(spans.iter().map(|span| &*span.name).collect::<Vec<_>>(), expected);
    let span = &spans[0];
    assert_eq!(span.kind, ReceivedSpanKind::Client);
    assert_eq!((span.trace_id.len(), span.span_id.len()), (32, 16));
    assert_eq!(*span.attribute("size").unwrap(), 7);
    assert_eq!(*span.events[0].attribute("ok").unwrap(), true);
    assert_eq!(span.status_message, "declined");
    assert_eq!(*span.resource.attribute("service.name").unwrap(), "shop");
    assert_eq!(collector.resources().len(), 1);
    let attempt = &collector.attempts()[0];
    assert_eq!((attempt.protocol, attempt.items), (Some(ReceivedProtocol::Grpc), 10));
    assert!(attempt.header("user-agent").unwrap().contains("OTel-OTLP-Exporter-Rust"));
    provider.shutdown().unwrap();
}

#[test]
fn official_logs_arrive_over_grpc() {
    let collector = Collector::start().unwrap();
    let runtime = runtime();
    let _entered = runtime.enter();
    let exporter = LogExporter::builder().with_tonic().with_endpoint(collector.endpoint());
    let provider = SdkLoggerProvider::builder()
        .with_batch_exporter(exporter.build().unwrap())
        .with_resource(resource())
        .build();
    let logger = provider.logger("shop::cart");
    let mut record = logger.create_log_record();
    record.set_severity_number(Severity::Warn);
    record.set_body(AnyValue::from("low stock"));
    record.add_attribute("left", 3);
    logger.emit(record);
    provider.force_flush().unwrap();

    let logs = collector.logs();
    let [log] = &logs[..] else { panic!("{logs:?}") };
    assert_eq!(log.body, "low stock");
    assert_eq!(*log.attribute("left").unwrap(), 3);
    assert_eq!((log.severity_number, &*log.scope.name), (13, "shop::cart"));
    assert_eq!(collector.logs_of_trace("").len(), 1);
    provider.shutdown().unwrap();
}

#[test]
fn official_metrics_arrive_over_grpc() {
    let collector = Collector::start().unwrap();
    let runtime = runtime();
    let _entered = runtime.enter();
    let exporter = MetricExporter::builder().with_tonic().with_endpoint(collector.endpoint());
    let provider = SdkMeterProvider::builder()
        .with_periodic_exporter(exporter.with_timeout(Duration::from_secs(5)).build().unwrap())
        .with_resource(resource())
        .build();
    let meter = provider.meter("shop");
    let counter = meter.u64_counter("orders").with_unit("{order}").build();
    counter.add(2, &[KeyValue::new("kind", "card")]);
    counter.add(3, &[KeyValue::new("kind", "cash")]);
    meter.f64_gauge("load").build().record(0.5, &[]);
    meter.f64_histogram("latency").build().record(7.0, &[]);
    provider.force_flush().unwrap();

    assert_eq!(collector.metric_names(), ["latency", "load", "orders"]);
    assert_eq!(collector.totals().data_points(), 4);
    let orders = collector.metric_points("orders");
    let cash = orders.iter().find(|point| *point.attribute("kind").unwrap() == "cash").unwrap();
    assert_eq!(cash.value, ReceivedMetricValue::Int(3));
    assert_eq!(
        (cash.kind, cash.is_monotonic, &*cash.unit),
        (ReceivedMetricKind::Sum, true, "{order}")
    );
    assert_eq!(cash.temporality, ReceivedTemporality::Cumulative);
    assert_eq!(collector.metric_points("load")[0].value.as_f64(), Some(0.5));
    let latency = &collector.metric_points("latency")[0];
    let ReceivedMetricValue::Histogram(histogram) = &latency.value else { panic!("{latency:?}") };
    assert_eq!((histogram.count, histogram.sum), (1, Some(7.0)));
    assert_eq!(histogram.bucket_counts.len(), histogram.explicit_bounds.len() + 1);
    provider.shutdown().unwrap();
}
