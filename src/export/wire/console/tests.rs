use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue, KeyValueList};
use opentelemetry_proto::tonic::logs::v1::{ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point;
use opentelemetry_proto::tonic::metrics::v1::{
    Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Status};

use super::*;

fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.into(), value: Some(any(value)), ..KeyValue::default() }
}

fn written(signal: Signal, request: &impl Message) -> String {
    let mut bytes = Vec::new();
    Console::new(&mut bytes).write(signal, &request.encode_to_vec()).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn spans(spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }],
    }
}

#[test]
fn a_span_is_a_line() {
    let span = Span {
        name: "GET /\"x\"\n".into(),
        trace_id: vec![0xab; 16],
        span_id: vec![1; 8],
        start_time_unix_nano: 1_000_000_000,
        end_time_unix_nano: 1_001_500_000,
        status: Some(Status { message: "no \\ way".into(), code: 2 }),
        attributes: vec![
            attribute("a b\r", Value::IntValue(-7)),
            attribute("f", Value::DoubleValue(0.5)),
        ],
        ..Span::default()
    };
    let bare = Span { name: "bare".into(), ..Span::default() };
    let expected = "span name=\"GET /\\\"x\\\"\\n\" trace_id=abababababababababababababababab \
                    span_id=0101010101010101 start=1970-01-01T00:00:01.000000Z duration=1.5ms \
                    status=error status_message=\"no \\\\ way\" a b\\r=-7 f=0.5\n\
                    span name=\"bare\" start=1970-01-01T00:00:00.000000Z duration=0ns\n";
    assert_eq!(written(Signal::Traces, &spans(vec![span, bare])), expected);
}

#[test]
fn a_log_record_is_a_line() {
    let list = KeyValueList { values: vec![attribute("k", Value::BoolValue(true))] };
    let array = ArrayValue {
        values: vec![any(Value::StringValue("x".into())), any(Value::BytesValue(vec![1, 255]))],
    };
    let log = LogRecord {
        observed_time_unix_nano: 1_500_000_000,
        severity_text: "WARN".into(),
        body: Some(any(Value::StringValue("\u{1b}[31mhot".into()))),
        trace_id: vec![2; 16],
        attributes: vec![
            attribute("list", Value::KvlistValue(list)),
            attribute("array", Value::ArrayValue(array)),
        ],
        ..LogRecord::default()
    };
    let scope_logs = vec![ScopeLogs { log_records: vec![log], ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let expected = "log time=1970-01-01T00:00:01.500000Z severity=\"WARN\" \
                    body=\"\\u{1b}[31mhot\" trace_id=02020202020202020202020202020202 \
                    list={k=true} array=[\"x\", 0x01ff]\n";
    assert_eq!(written(Signal::Logs, &ExportLogsServiceRequest { resource_logs }), expected);
}

#[test]
fn a_data_point_is_a_line() {
    let number = NumberDataPoint {
        value: Some(number_data_point::Value::AsInt(5)),
        attributes: vec![attribute("state", Value::StringValue("idle".into()))],
        ..NumberDataPoint::default()
    };
    let point =
        HistogramDataPoint { count: 3, sum: Some(1.5), max: Some(1.0), ..Default::default() };
    let metric = |name: &str, unit: &str, data| Metric {
        name: name.into(),
        unit: unit.into(),
        data: Some(data),
        ..Metric::default()
    };
    let metrics = vec![
        metric("a", "By", Data::Sum(Sum { data_points: vec![number], ..Sum::default() })),
        metric(
            "b",
            "",
            Data::Histogram(Histogram { data_points: vec![point], ..Histogram::default() }),
        ),
    ];
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
    let expected = "metric name=\"a\" unit=\"By\" value=5 state=\"idle\"\n\
                    metric name=\"b\" count=3 sum=1.5 max=1\n";
    assert_eq!(
        written(Signal::Metrics, &ExportMetricsServiceRequest { resource_metrics }),
        expected
    );
}

/// A disk without room.
struct Full;

impl io::Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_failure_is_a_value_with_a_type() {
    let request = spans(vec![Span::default()]).encode_to_vec();
    let error = Console::new(Full).write(Signal::Traces, &request).unwrap_err();
    assert_eq!(error.error_type(), "io_error");
    let error = Console::new(Full).write(Signal::Traces, b"<html>").unwrap_err();
    assert_eq!(error.error_type(), "malformed");
}
