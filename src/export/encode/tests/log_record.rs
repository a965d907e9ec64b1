use std::collections::HashMap;
use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, LogRecord as _, Logger as _, LoggerProvider as _, Severity};
use opentelemetry::{Key, SpanId, TraceFlags, TraceId};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ScopeLogs};
use opentelemetry_sdk::logs::{SdkLogRecord, SdkLoggerProvider};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use crate::Signal;
use crate::config::LogLimitSettings;
use crate::export::encode::buffer::{bytes, close, open};
use crate::export::encode::fields::Fields;
use crate::export::encode::json::to_json;
use crate::export::encode::span::unix_nanos;
use crate::export::encode::tests::model;
use crate::export::encode::tests::strategies::{any_value, colliding_key, key, time};
use crate::export::encode::{LogRecordEncoder, LogRecordHead, TraceIds};

const NO_LIMITS: LogLimitSettings =
    LogLimitSettings { attributes_max: u32::MAX, attribute_chars_max: None };

proptest! {
    #[test]
    fn a_record_without_limits_is_what_the_official_transform_makes_of_it(
        record in record(key()),
    ) {
        prop_assume!(has_unique_keys(&record));
        let bytes = encode(&record, NO_LIMITS);

        let mut expected = LogRecord::from(&record);
        let mut decoded = decode(&bytes);
        sort(&mut expected);
        sort(&mut decoded);
        prop_assert_eq!(format!("{decoded:?}"), format!("{expected:?}"));
        let message = ScopeLogs { log_records: vec![expected], ..ScopeLogs::default() };
        prop_assert_eq!(bytes.len(), message.encoded_len(), "not the shortest form");
    }

    #[test]
    fn limits_and_unique_keys_hold_and_spare_the_body(
        record in record(colliding_key()),
        attributes_max in 0..8_u32,
        attribute_chars_max in prop_oneof![Just(None), (0..10_usize).prop_map(Some)],
    ) {
        let limits = LogLimitSettings { attributes_max, attribute_chars_max };
        let bytes = encode(&record, limits);

        let mut expected = LogRecord::from(&record);
        (expected.attributes, expected.dropped_attributes_count) =
            model::limited(expected.attributes, attributes_max, attribute_chars_max);
        let mut decoded = decode(&bytes);
        sort(&mut expected);
        sort(&mut decoded);
        prop_assert_eq!(format!("{decoded:?}"), format!("{expected:?}"));
        prop_assert_eq!(decoded.encoded_len(), expected.encoded_len());
    }
}

#[test]
fn an_abandoned_record_leaves_nothing_behind() {
    let mut out = b"before".to_vec();
    let mut encoder = LogRecordEncoder::new(&mut out, NO_LIMITS);
    encoder.body_str("body");
    encoder.attribute_str("key", "value");
    drop(encoder);
    assert_eq!(out, b"before");
}

#[test]
fn an_empty_record_is_an_empty_message() {
    let mut out = Vec::new();
    LogRecordEncoder::new(&mut out, NO_LIMITS).finish(&LogRecordHead::default());
    assert_eq!(out, [0x12, 0]);
}

#[test]
fn a_second_body_replaces_the_first() {
    let mut out = Vec::new();
    let mut encoder = LogRecordEncoder::new(&mut out, NO_LIMITS);
    encoder.attribute_i64("first", 1);
    encoder.body(&AnyValue::ListAny(Box::new(vec![AnyValue::Int(1)])));
    encoder.attribute_i64("second", 2);
    encoder.body(&AnyValue::ListAny(Box::new(vec![AnyValue::Int(2)])));
    encoder.finish(&LogRecordHead::default());

    let decoded = decode(&out);
    assert_eq!(decoded.body, Some(AnyValue::ListAny(Box::new(vec![AnyValue::Int(2)])).into()));
    assert_eq!(decoded.attributes.len(), 2);
}

#[test]
fn all_zero_ids_are_left_out() {
    let ids =
        |trace: u8, span: u8| TraceIds { trace_id: [trace; 16], span_id: [span; 8], flags: 1 };
    for (trace, trace_id_len, span_id_len, flags) in
        [(ids(1, 1), 16, 8, 1), (ids(1, 0), 16, 0, 1), (ids(0, 1), 0, 0, 0), (ids(0, 0), 0, 0, 0)]
    {
        let mut out = Vec::new();
        let head = LogRecordHead { trace: Some(trace), ..LogRecordHead::default() };
        LogRecordEncoder::new(&mut out, NO_LIMITS).finish(&head);
        let decoded = decode(&out);
        assert_eq!(decoded.trace_id.len(), trace_id_len);
        assert_eq!(decoded.span_id.len(), span_id_len);
        assert_eq!(decoded.flags, flags);
    }
}

#[test]
fn a_value_nested_deeper_than_the_limit_holds_nothing() {
    assert_eq!(nesting_of(&encode_value(&nested(15, list_of))), (15, true));
    assert_eq!(nesting_of(&encode_value(&nested(16, list_of))), (16, true));
    assert_eq!(nesting_of(&encode_value(&nested(17, list_of))), (16, false));
    assert_eq!(nesting_of(&encode_value(&nested(5_000, list_of))), (16, false));
}

#[test]
fn maps_count_for_the_depth_limit_too() {
    let at_the_limit = encode_value(&nested(5_000, map_of));
    assert_eq!(at_the_limit, encode_value(&nested(70, map_of)));
    assert!(at_the_limit.len() > encode_value(&nested(15, map_of)).len());
}

/// Decoders that count messages stop at 100 of them.
#[test]
fn no_value_is_too_deep_for_a_receiver() {
    for value in [nested(5_000, list_of), nested(5_000, map_of)] {
        let mut request = Vec::new();
        let message = open(&mut request, 1, 0);
        bytes(&mut request, 2, &encode_value(&value));
        close(&mut request, &message);
        assert!(ExportLogsServiceRequest::decode(&*request).is_ok());
        assert!(to_json(Signal::Logs, &request).is_ok());
    }
}

#[test]
fn keys_that_share_head_tail_and_length_stay_apart() {
    let mut out = Vec::new();
    let mut encoder = LogRecordEncoder::new(&mut out, NO_LIMITS);
    for middle in ["a", "b", "a"] {
        encoder.attribute_str(&format!("a.very.long.{middle}.attribute.key"), middle);
    }
    encoder.finish(&LogRecordHead::default());
    let keys: Vec<_> = decode(&out).attributes.into_iter().map(|attribute| attribute.key).collect();
    assert_eq!(keys, ["a.very.long.b.attribute.key", "a.very.long.a.attribute.key"]);
}

fn record(key: BoxedStrategy<String>) -> BoxedStrategy<SdkLogRecord> {
    let attributes = vec((key, any_value()), 0..12);
    let times = (proptest::option::of(time()), time());
    let names = (
        proptest::option::of(Just("an.event")),
        proptest::option::of(prop_oneof![Just(""), Just("INFO")]),
    );
    let ids = (1..u128::MAX, 1..u64::MAX, proptest::option::of(any::<u8>()));
    let body = proptest::option::of(any_value());
    (times, severity(), names, body, attributes, proptest::option::of(ids))
        .prop_map(|((time, observed), severity, (event, level), body, attributes, ids)| {
            let mut record =
                SdkLoggerProvider::builder().build().logger("test").create_log_record();
            if let Some(time) = time {
                record.set_timestamp(time);
            }
            record.set_observed_timestamp(observed);
            if let Some(severity) = severity {
                record.set_severity_number(severity);
            }
            if let Some(event) = event {
                record.set_event_name(event);
            }
            if let Some(level) = level {
                record.set_severity_text(level);
            }
            if let Some(body) = body {
                record.set_body(body);
            }
            record.add_attributes(attributes);
            if let Some((trace_id, span_id, flags)) = ids {
                let flags = flags.map(TraceFlags::new);
                record.set_trace_context(TraceId::from(trace_id), SpanId::from(span_id), flags);
            }
            record
        })
        .boxed()
}

fn severity() -> impl Strategy<Value = Option<Severity>> {
    proptest::option::of(prop_oneof![
        Just(Severity::Trace),
        Just(Severity::Info4),
        Just(Severity::Error),
        Just(Severity::Fatal4),
    ])
}

/// As a log processor does it. Scalars go through the typed methods.
fn encode(record: &SdkLogRecord, limits: LogLimitSettings) -> Vec<u8> {
    let mut out = b"prefix".to_vec();
    let mut encoder = LogRecordEncoder::new(&mut out, limits);
    for (key, value) in record.attributes_iter() {
        match value {
            AnyValue::Boolean(value) => encoder.attribute_bool(key.as_str(), *value),
            AnyValue::Bytes(value) => encoder.attribute_bytes(key.as_str(), value),
            AnyValue::Double(value) => encoder.attribute_f64(key.as_str(), *value),
            AnyValue::Int(value) => encoder.attribute_i64(key.as_str(), *value),
            AnyValue::String(value) => encoder.attribute_str(key.as_str(), value.as_str()),
            _ => encoder.attribute(key.as_str(), value),
        }
    }
    match record.body() {
        None => {}
        Some(AnyValue::String(body)) => encoder.body_str(body.as_str()),
        Some(body) => encoder.body(body),
    }
    let nanos = |time: Option<SystemTime>| time.map(unix_nanos).unwrap_or_default();
    encoder.finish(&LogRecordHead {
        time_unix_nano: nanos(record.timestamp()),
        observed_time_unix_nano: nanos(record.observed_timestamp()),
        severity_number: record.severity_number().map_or(0, |severity| severity as i32),
        severity_text: record.severity_text().unwrap_or_default(),
        event_name: record.event_name().unwrap_or_default(),
        trace: record.trace_context().map(|trace| TraceIds {
            trace_id: trace.trace_id.to_bytes(),
            span_id: trace.span_id.to_bytes(),
            flags: trace.trace_flags.unwrap_or_default().to_u8(),
        }),
    });
    out.split_off(b"prefix".len())
}

fn decode(bytes: &[u8]) -> LogRecord {
    let [record] = ScopeLogs::decode(bytes).unwrap().log_records.try_into().unwrap();
    record
}

fn sort(record: &mut LogRecord) {
    model::sort(&mut record.attributes);
    record.body.iter_mut().for_each(model::sort_value);
}

fn has_unique_keys(record: &SdkLogRecord) -> bool {
    let mut keys: Vec<_> = record.attributes_iter().map(|(key, _)| key.as_str()).collect();
    keys.sort_unstable();
    keys.is_sorted_by(|a, b| a < b)
}

/// A record whose only attribute has that value.
fn encode_value(value: &AnyValue) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = LogRecordEncoder::new(&mut out, NO_LIMITS);
    encoder.attribute("nested", value);
    encoder.finish(&LogRecordHead::default());
    out
}

/// A number inside so many lists or maps.
fn nested(depth: usize, wrap: fn(AnyValue) -> AnyValue) -> AnyValue {
    (0..depth).fold(AnyValue::Int(7), |value, _| wrap(value))
}

fn list_of(value: AnyValue) -> AnyValue {
    AnyValue::ListAny(Box::new(vec![value]))
}

fn map_of(value: AnyValue) -> AnyValue {
    AnyValue::Map(Box::new(HashMap::from([(Key::from("k"), value)])))
}

/// How many lists lie in each other, and whether the innermost one holds the number. Read by hand:
/// common decoders give up at 100 nested messages.
fn nesting_of(entry: &[u8]) -> (usize, bool) {
    let child = |message, number| {
        Fields::new(message).find(|field| field.number == number).map(|field| field.content)
    };
    let attribute = child(child(entry, 2).unwrap(), 6).unwrap();
    let mut value = child(attribute, 2).unwrap();
    let mut lists = 0;
    while let Some(list) = child(value, 5) {
        lists += 1;
        value = child(list, 1).unwrap();
    }
    (lists, child(value, 3).is_some())
}
