//! Requests of all shapes.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, exemplar, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::collection::vec;
use proptest::prelude::*;

/// One span with fixed content, for golden lines.
pub(super) fn small_trace_request() -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes().to_vec(),
        span_id: 0xb7ad_6b71_6920_3331_u64.to_be_bytes().to_vec(),
        name: "pay".into(),
        kind: 3,
        start_time_unix_nano: 1_700_000_000_000_000_000,
        end_time_unix_nano: 1_700_000_000_000_000_001,
        status: Some(Status { message: "declined".into(), code: 2 }),
        flags: 257,
        ..Span::default()
    };
    let value = Some(AnyValue { value: Some(Value::StringValue("shop".into())) });
    let service = KeyValue { key: "service.name".into(), value, ..KeyValue::default() };
    let scope = InstrumentationScope { name: "shop::cart".into(), ..Default::default() };
    let scope_spans = ScopeSpans { scope: Some(scope), spans: vec![span], ..Default::default() };
    let resource = Resource { attributes: vec![service], ..Resource::default() };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![scope_spans],
            ..ResourceSpans::default()
        }],
    }
}

pub(super) fn trace_request() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scope_spans = (scope(), vec(span(), 0..3), short())
        .prop_map(|(scope, spans, schema_url)| ScopeSpans { scope, spans, schema_url });
    let resource_spans = (resource(), vec(scope_spans, 0..3), short()).prop_map(
        |(resource, scope_spans, schema_url)| ResourceSpans { resource, scope_spans, schema_url },
    );
    vec(resource_spans, 0..3)
        .prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

pub(super) fn logs_request() -> impl Strategy<Value = ExportLogsServiceRequest> {
    let scope_logs = (scope(), vec(log_record(), 0..3), short())
        .prop_map(|(scope, log_records, schema_url)| ScopeLogs { scope, log_records, schema_url });
    let resource_logs = (resource(), vec(scope_logs, 0..3), short()).prop_map(
        |(resource, scope_logs, schema_url)| ResourceLogs { resource, scope_logs, schema_url },
    );
    vec(resource_logs, 0..3).prop_map(|resource_logs| ExportLogsServiceRequest { resource_logs })
}

pub(super) fn metrics_request() -> impl Strategy<Value = ExportMetricsServiceRequest> {
    let scope_metrics = (scope(), vec(metric(), 0..3), short())
        .prop_map(|(scope, metrics, schema_url)| ScopeMetrics { scope, metrics, schema_url });
    let resource_metrics = (resource(), vec(scope_metrics, 0..3), short()).prop_map(
        |(resource, scope_metrics, schema_url)| ResourceMetrics {
            resource,
            scope_metrics,
            schema_url,
        },
    );
    vec(resource_metrics, 0..2)
        .prop_map(|resource_metrics| ExportMetricsServiceRequest { resource_metrics })
}

fn short() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "\\PC{0,6}", ".{0,4}"]
}

/// Upstream's reader insists on keys.
fn key() -> impl Strategy<Value = String> {
    "[a-z.é]{1,6}"
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..20)
}

/// NaN has no equality and its own test.
fn double() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        short().prop_map(|text| Some(Value::StringValue(text))),
        any::<bool>().prop_map(|value| Some(Value::BoolValue(value))),
        any::<i64>().prop_map(|value| Some(Value::IntValue(value))),
        double().prop_map(|value| Some(Value::DoubleValue(value))),
        bytes().prop_map(|value| Some(Value::BytesValue(value))),
    ]
    .prop_map(|value| AnyValue { value });
    leaf.prop_recursive(3, 12, 3, |inner| {
        let pair = (key(), inner.clone()).prop_map(|(key, value)| KeyValue {
            key,
            value: Some(value),
            ..KeyValue::default()
        });
        prop_oneof![
            vec(inner, 0..3).prop_map(|values| Value::ArrayValue(ArrayValue { values })),
            vec(pair, 0..3).prop_map(|values| Value::KvlistValue(KeyValueList { values })),
        ]
        .prop_map(|value| AnyValue { value: Some(value) })
    })
}

fn attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let pair = (key(), any_value(), prop_oneof![Just(0), any::<i32>()])
        .prop_map(|(key, value, key_strindex)| KeyValue { key, value: Some(value), key_strindex });
    vec(pair, 0..3)
}

fn resource() -> impl Strategy<Value = Option<Resource>> {
    let entity = (short(), short(), vec(short(), 0..3), vec(short(), 0..2)).prop_map(
        |(schema_url, r#type, id_keys, description_keys)| EntityRef {
            schema_url,
            r#type,
            id_keys,
            description_keys,
        },
    );
    let resource = (attributes(), any::<u32>(), vec(entity, 0..2)).prop_map(
        |(attributes, dropped_attributes_count, entity_refs)| Resource {
            attributes,
            dropped_attributes_count,
            entity_refs,
        },
    );
    prop::option::of(resource)
}

fn scope() -> impl Strategy<Value = Option<InstrumentationScope>> {
    let scope = (short(), short(), attributes(), any::<u32>()).prop_map(
        |(name, version, attributes, dropped_attributes_count)| InstrumentationScope {
            name,
            version,
            attributes,
            dropped_attributes_count,
        },
    );
    prop::option::of(scope)
}

fn span() -> impl Strategy<Value = Span> {
    let event = (any::<u64>(), short(), attributes(), any::<u32>()).prop_map(
        |(time_unix_nano, name, attributes, dropped_attributes_count)| Event {
            time_unix_nano,
            name,
            attributes,
            dropped_attributes_count,
        },
    );
    let link =
        (bytes(), bytes(), short(), attributes(), any::<[u32; 2]>()).prop_map(
            |(trace_id, span_id, trace_state, attributes, [dropped_attributes_count, flags])| {
                Link { trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags }
            },
        );
    let status = (short(), 0..3).prop_map(|(message, code)| Status { message, code });
    let head = ([bytes(), bytes(), bytes()], [short(), short()], 0..6, any::<[u64; 2]>());
    let tail = (attributes(), vec(event, 0..2), vec(link, 0..2), prop::option::of(status));
    (head, tail, any::<[u32; 4]>()).prop_map(|(head, tail, counts)| {
        let ([trace_id, span_id, parent_span_id], [trace_state, name], kind, times) = head;
        let (attributes, events, links, status) = tail;
        Span {
            trace_id,
            span_id,
            trace_state,
            parent_span_id,
            flags: counts[0],
            name,
            kind,
            start_time_unix_nano: times[0],
            end_time_unix_nano: times[1],
            attributes,
            dropped_attributes_count: counts[1],
            events,
            dropped_events_count: counts[2],
            links,
            dropped_links_count: counts[3],
            status,
        }
    })
}

fn log_record() -> impl Strategy<Value = LogRecord> {
    let texts = [short(), short()];
    let body = prop::option::of(any_value());
    let ids = [bytes(), bytes()];
    (any::<[u64; 2]>(), 0..25, texts, body, attributes(), any::<[u32; 2]>(), ids).prop_map(
        |(times, severity_number, [severity_text, event_name], body, attributes, counts, ids)| {
            let [trace_id, span_id] = ids;
            LogRecord {
                time_unix_nano: times[0],
                observed_time_unix_nano: times[1],
                severity_number,
                severity_text,
                body,
                attributes,
                dropped_attributes_count: counts[0],
                flags: counts[1],
                trace_id,
                span_id,
                event_name,
            }
        },
    )
}

fn metric() -> impl Strategy<Value = Metric> {
    let number_points = || vec(number_point(), 0..3);
    let data = prop_oneof![
        number_points().prop_map(|data_points| metric::Data::Gauge(Gauge { data_points })),
        (number_points(), 0..3, any::<bool>()).prop_map(
            |(data_points, aggregation_temporality, is_monotonic)| metric::Data::Sum(Sum {
                data_points,
                aggregation_temporality,
                is_monotonic,
            })
        ),
        (vec(histogram_point(), 0..3), 0..3).prop_map(|(data_points, aggregation_temporality)| {
            metric::Data::Histogram(Histogram { data_points, aggregation_temporality })
        }),
        (vec(exponential_point(), 0..3), 0..3).prop_map(
            |(data_points, aggregation_temporality)| metric::Data::ExponentialHistogram(
                ExponentialHistogram { data_points, aggregation_temporality }
            )
        ),
        vec(summary_point(), 0..3)
            .prop_map(|data_points| metric::Data::Summary(Summary { data_points })),
    ];
    ([short(), short(), short()], attributes(), prop::option::of(data)).prop_map(
        |([name, description, unit], metadata, data)| Metric {
            name,
            description,
            unit,
            metadata,
            data,
        },
    )
}

fn exemplars() -> impl Strategy<Value = Vec<Exemplar>> {
    let value = prop_oneof![
        double().prop_map(exemplar::Value::AsDouble),
        any::<i64>().prop_map(exemplar::Value::AsInt),
    ];
    let exemplar = (attributes(), any::<u64>(), bytes(), bytes(), prop::option::of(value))
        .prop_map(|(filtered_attributes, time_unix_nano, span_id, trace_id, value)| Exemplar {
            filtered_attributes,
            time_unix_nano,
            span_id,
            trace_id,
            value,
        });
    vec(exemplar, 0..2)
}

fn number_point() -> impl Strategy<Value = NumberDataPoint> {
    let value = prop_oneof![
        double().prop_map(number_data_point::Value::AsDouble),
        any::<i64>().prop_map(number_data_point::Value::AsInt),
    ];
    (attributes(), any::<[u64; 2]>(), exemplars(), any::<u32>(), prop::option::of(value)).prop_map(
        |(attributes, times, exemplars, flags, value)| NumberDataPoint {
            attributes,
            start_time_unix_nano: times[0],
            time_unix_nano: times[1],
            exemplars,
            flags,
            value,
        },
    )
}

fn optional_doubles() -> impl Strategy<Value = [Option<f64>; 3]> {
    [prop::option::of(double()), prop::option::of(double()), prop::option::of(double())]
}

fn histogram_point() -> impl Strategy<Value = HistogramDataPoint> {
    let buckets = (vec(any::<u64>(), 0..4), vec(double(), 0..4));
    (attributes(), any::<[u64; 3]>(), optional_doubles(), buckets, exemplars(), any::<u32>())
        .prop_map(|(attributes, numbers, [sum, min, max], buckets, exemplars, flags)| {
            HistogramDataPoint {
                attributes,
                start_time_unix_nano: numbers[0],
                time_unix_nano: numbers[1],
                count: numbers[2],
                sum,
                bucket_counts: buckets.0,
                explicit_bounds: buckets.1,
                exemplars,
                flags,
                min,
                max,
            }
        })
}

fn exponential_point() -> impl Strategy<Value = ExponentialHistogramDataPoint> {
    let buckets = || {
        let buckets = (any::<i32>(), vec(any::<u64>(), 0..4))
            .prop_map(|(offset, bucket_counts)| Buckets { offset, bucket_counts });
        prop::option::of(buckets)
    };
    let buckets = (any::<i32>(), buckets(), buckets(), double());
    (attributes(), any::<[u64; 4]>(), optional_doubles(), buckets, exemplars(), any::<u32>())
        .prop_map(|(attributes, numbers, [sum, min, max], buckets, exemplars, flags)| {
            let (scale, positive, negative, zero_threshold) = buckets;
            ExponentialHistogramDataPoint {
                attributes,
                start_time_unix_nano: numbers[0],
                time_unix_nano: numbers[1],
                count: numbers[2],
                sum,
                scale,
                zero_count: numbers[3],
                positive,
                negative,
                flags,
                exemplars,
                min,
                max,
                zero_threshold,
            }
        })
}

fn summary_point() -> impl Strategy<Value = SummaryDataPoint> {
    let quantile =
        (double(), double()).prop_map(|(quantile, value)| ValueAtQuantile { quantile, value });
    (attributes(), any::<[u64; 3]>(), double(), vec(quantile, 0..3), any::<u32>()).prop_map(
        |(attributes, numbers, sum, quantile_values, flags)| SummaryDataPoint {
            attributes,
            start_time_unix_nano: numbers[0],
            time_unix_nano: numbers[1],
            count: numbers[2],
            sum,
            quantile_values,
            flags,
        },
    )
}
