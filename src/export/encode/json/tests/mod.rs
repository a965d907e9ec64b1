use std::fmt;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValueKind;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use proptest::prelude::*;
use prost::Message as _;
use serde::Serialize;
use serde_json::Value;

use super::protobuf::WireValue;
use super::protobuf_writer::put_field;
use super::{MAX_DEPTH, from_json, to_json};
use crate::Signal;

mod strategies;

fn text(signal: Signal, request: &[u8]) -> String {
    String::from_utf8(to_json(signal, request).unwrap()).unwrap()
}

/// One log record with this body, as a request.
fn log_with_body(body: Option<AnyValueKind>) -> ExportLogsServiceRequest {
    let record = LogRecord { body: Some(AnyValue { value: body }), ..LogRecord::default() };
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }],
    }
}

/// The JSON of a request around the body of one log record.
fn json_with_body(body: &str) -> String {
    format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{body}}}]}}]}}]}}"#)
}

#[track_caller]
fn check_body(body: AnyValueKind, expected: &str) {
    let request = log_with_body(Some(body)).encode_to_vec();
    let json = text(Signal::Logs, &request);
    assert_eq!(json, json_with_body(expected));
    assert_eq!(from_json(Signal::Logs, json.as_bytes()).unwrap(), request);
}

#[track_caller]
fn check_read(body: &str, expected: AnyValueKind) {
    let request = from_json(Signal::Logs, json_with_body(body).as_bytes()).unwrap();
    assert_eq!(ExportLogsServiceRequest::decode(&*request).unwrap(), log_with_body(Some(expected)));
}

#[track_caller]
fn check_unreadable(json: &str, expected: &str) {
    let error = from_json(Signal::Logs, json.as_bytes()).unwrap_err();
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn values_have_one_form_in_json() {
    check_body(
        AnyValueKind::StringValue("a\"\n\u{1F600}\u{1}".into()),
        r#"{"stringValue":"a\"\n😀\u0001"}"#,
    );
    check_body(AnyValueKind::StringValue(String::new()), r#"{"stringValue":""}"#);
    check_body(AnyValueKind::BoolValue(false), r#"{"boolValue":false}"#);
    check_body(AnyValueKind::IntValue(i64::MIN), r#"{"intValue":"-9223372036854775808"}"#);
    check_body(AnyValueKind::IntValue(0), r#"{"intValue":"0"}"#);
    check_body(AnyValueKind::DoubleValue(1.5), r#"{"doubleValue":1.5}"#);
    check_body(AnyValueKind::DoubleValue(-0.0), r#"{"doubleValue":-0.0}"#);
    check_body(AnyValueKind::DoubleValue(f64::MAX), r#"{"doubleValue":1.7976931348623157e+308}"#);
    check_body(AnyValueKind::DoubleValue(f64::INFINITY), r#"{"doubleValue":"Infinity"}"#);
    check_body(AnyValueKind::DoubleValue(f64::NEG_INFINITY), r#"{"doubleValue":"-Infinity"}"#);
    check_body(AnyValueKind::DoubleValue(f64::NAN), r#"{"doubleValue":"NaN"}"#);
    check_body(AnyValueKind::BytesValue(vec![]), r#"{"bytesValue":""}"#);
    check_body(AnyValueKind::BytesValue(vec![0xFF]), r#"{"bytesValue":"/w=="}"#);
    check_body(AnyValueKind::BytesValue(vec![0xFF, 0xFE]), r#"{"bytesValue":"//4="}"#);
    check_body(AnyValueKind::BytesValue(vec![0xFF, 0xFE, 0]), r#"{"bytesValue":"//4A"}"#);
    check_body(AnyValueKind::ArrayValue(ArrayValue::default()), r#"{"arrayValue":{}}"#);
}

#[test]
fn a_span_is_one_compact_line_in_the_order_of_its_bytes() {
    let request = strategies::small_trace_request().encode_to_vec();
    let expected = concat!(
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","#,
        r#""value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"shop::cart"},"#,
        r#""spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","#,
        r#""name":"pay","kind":3,"startTimeUnixNano":"1700000000000000000","#,
        r#""endTimeUnixNano":"1700000000000000001","status":{"message":"declined","code":2},"#,
        r#""flags":257}]}]}]}"#,
    );
    assert_eq!(text(Signal::Traces, &request), expected);
    assert_eq!(from_json(Signal::Traces, expected.as_bytes()).unwrap(), request);
}

#[test]
fn readers_take_every_spelling_that_proto3_json_allows() {
    check_read(r#"{"intValue":5}"#, AnyValueKind::IntValue(5));
    check_read(r#"{"intValue":"-5"}"#, AnyValueKind::IntValue(-5));
    check_read(r#"{"intValue":5e2}"#, AnyValueKind::IntValue(500));
    check_read(r#"{"intValue":9223372036854775807}"#, AnyValueKind::IntValue(i64::MAX));
    check_read(r#"{"doubleValue":7}"#, AnyValueKind::DoubleValue(7.0));
    check_read(r#"{"doubleValue":"7.25"}"#, AnyValueKind::DoubleValue(7.25));
    check_read(r#"{"bytesValue":"_-8"}"#, AnyValueKind::BytesValue(vec![0xFF, 0xEF]));
    check_read(r#"{"bytesValue":"/+8="}"#, AnyValueKind::BytesValue(vec![0xFF, 0xEF]));
    check_read(r#"{"later":[{"x":1}],"boolValue":true,"n":null}"#, AnyValueKind::BoolValue(true));
    check_read(r#"{"boolValue":true,"stringValue":null}"#, AnyValueKind::BoolValue(true));
}

#[test]
fn ids_are_read_in_either_case_and_null_is_absent() {
    let json = br#"{"resourceLogs":[{"resource":null,"scopeLogs":[{"logRecords":[
        {"traceId":"0AF7651916cd43DD8448eb211c80319C","spanId":"","attributes":null,
         "timeUnixNano":12,"observedTimeUnixNano":"13","severityNumber":"9"}]}]}]}"#;
    let request = from_json(Signal::Logs, json).unwrap();
    let request = ExportLogsServiceRequest::decode(&*request).unwrap();
    let record = &request.resource_logs[0].scope_logs[0].log_records[0];
    assert_eq!(record.trace_id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes());
    assert_eq!((record.time_unix_nano, record.observed_time_unix_nano), (12, 13));
    assert_eq!(record.severity_number, 9);
    assert!(request.resource_logs[0].resource.is_none());
}

#[test]
fn what_is_not_otlp_json_is_an_error() {
    check_unreadable("", "JSON");
    check_unreadable("{", "JSON");
    check_unreadable("{} {}", "trailing");
    check_unreadable("[]", "an object");
    check_unreadable(r#"{"resourceLogs":{}}"#, "an array for `resourceLogs`");
    check_unreadable(r#"{"resourceLogs":[5]}"#, "an object");
    for body in [
        r#"{"intValue":"x"}"#,
        r#"{"intValue":0.5}"#,
        r#"{"intValue":9223372036854775808}"#,
        r#"{"intValue":true}"#,
        r#"{"doubleValue":"inf"}"#,
        r#"{"doubleValue":"1e999"}"#,
        r#"{"boolValue":"true"}"#,
        r#"{"stringValue":5}"#,
        r#"{"bytesValue":"A"}"#,
        r#"{"bytesValue":"A*=="}"#,
    ] {
        check_unreadable(&json_with_body(body), "Value` has a value of the wrong type");
    }
    let record = |fields| {
        format!(r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{{fields}}}]}}]}}]}}"#)
    };
    check_unreadable(&record(r#""traceId":"abc""#), "`traceId`");
    check_unreadable(&record(r#""traceId":"xy""#), "`traceId`");
    check_unreadable(&record(r#""severityNumber":"SEVERITY_NUMBER_INFO""#), "`severityNumber`");
    check_unreadable(&record(r#""flags":-1"#), "`flags`");
}

#[test]
fn broken_bytes_are_an_error() {
    let check = |bytes: &[u8], expected: &str| {
        let error = to_json(Signal::Logs, bytes).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(&[0x0A], "ends inside");
    check(&[0x0A, 5, 1], "ends inside");
    check(&[0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "ends inside");
    check(&[0xFF; 12], "64 bits");
    check(&[0x00, 0x00], "field number");
    check(&[0x0B], "wire type 3");
    check(&[0x08, 0x01], "`resourceLogs` has the wrong wire type");
    check(&[0x0A, 3, 0x1A, 1, 0xFF], "`schemaUrl` is not UTF-8");
}

#[test]
fn unknown_fields_are_left_out() {
    let mut request = log_with_body(None).encode_to_vec();
    put_field(&mut request, 900, WireValue::Fixed32(1));
    put_field(&mut request, 901, WireValue::Bytes(b"later"));
    assert_eq!(text(Signal::Logs, &request), json_with_body("{}"));
}

#[test]
fn a_field_that_occurs_twice_counts_as_protobuf_says() {
    let mut value = AnyValue { value: Some(AnyValueKind::IntValue(1)) }.encode_to_vec();
    value.extend(AnyValue { value: Some(AnyValueKind::BoolValue(true)) }.encode_to_vec());
    value.extend(AnyValue { value: Some(AnyValueKind::IntValue(2)) }.encode_to_vec());
    let mut record = Vec::new();
    put_field(&mut record, 3, WireValue::Bytes(b"first"));
    put_field(&mut record, 3, WireValue::Bytes(b"last"));
    put_field(&mut record, 5, WireValue::Bytes(&value[..2]));
    put_field(&mut record, 5, WireValue::Bytes(&value[2..]));
    let mut scope = Vec::new();
    put_field(&mut scope, 1, WireValue::Bytes(b"\x0A\x01n"));
    put_field(&mut scope, 1, WireValue::Bytes(b"\x12\x01v"));
    put_field(&mut scope, 2, WireValue::Bytes(&record));
    put_field(&mut scope, 3, WireValue::Bytes(b"url"));
    put_field(&mut scope, 2, WireValue::Bytes(&[]));
    let (mut resource, mut request) = (Vec::new(), Vec::new());
    put_field(&mut resource, 2, WireValue::Bytes(&scope));
    put_field(&mut request, 1, WireValue::Bytes(&resource));

    let expected = concat!(
        r#"{"resourceLogs":[{"scopeLogs":[{"scope":{"name":"n","version":"v"},"#,
        r#""logRecords":[{"severityText":"last","#,
        r#""body":{"intValue":"2"}},{}],"schemaUrl":"url"}]}]}"#
    );
    assert_eq!(text(Signal::Logs, &request), expected);
    let again = from_json(Signal::Logs, expected.as_bytes()).unwrap();
    assert_eq!(
        ExportLogsServiceRequest::decode(&*again).unwrap(),
        ExportLogsServiceRequest::decode(&*request).unwrap()
    );
}

#[test]
fn nesting_has_a_limit_that_both_directions_share() {
    // The body lies four messages deep, and each array adds two.
    let nested = |arrays: usize| {
        (0..arrays).fold(AnyValueKind::BoolValue(true), |inner, _| {
            AnyValueKind::ArrayValue(ArrayValue { values: vec![AnyValue { value: Some(inner) }] })
        })
    };
    let deepest = log_with_body(Some(nested((MAX_DEPTH - 4) / 2))).encode_to_vec();
    let json = to_json(Signal::Logs, &deepest).unwrap();
    assert_eq!(from_json(Signal::Logs, &json).unwrap(), deepest);

    let deeper = log_with_body(Some(nested((MAX_DEPTH - 4) / 2 + 1))).encode_to_vec();
    assert!(to_json(Signal::Logs, &deeper).unwrap_err().reason.contains("deeper than 60"));
    let opening = r#"{"arrayValue":{"values":["#;
    check_unreadable(&json_with_body(&opening.repeat(29)), "deeper than 60");
    check_unreadable(
        &format!(r#"{{"resourceLogs":[{{"schemaUrl":{}"#, "[".repeat(100_000)),
        "recursion limit",
    );
    check_unreadable(&format!(r#"{{"unknown":{}"#, "[".repeat(100_000)), "EOF");
}

/// Upstream's own JSON is the second opinion: the same keys and forms, and readable for us.
/// It spells out what is absent, and its reader insists on that, so it does not read ours.
fn check_round_trips<M>(signal: Signal, request: &M)
where
    M: fmt::Debug + Default + PartialEq + prost::Message + Serialize,
{
    let bytes = request.encode_to_vec();
    let json = to_json(signal, &bytes).unwrap();
    assert!(!json.contains(&b'\n'));
    assert_eq!(from_json(signal, &json).unwrap(), bytes);

    let ours = serde_json::from_slice(&json).unwrap();
    let upstream = serde_json::to_vec(request).unwrap();
    assert_eq!(M::decode(&*from_json(signal, &upstream).unwrap()).unwrap(), *request);
    let upstream = serde_json::from_slice(&upstream).unwrap();
    assert_eq!(without_defaults(ours), without_defaults(upstream));
}

/// Removes whatever proto3 JSON may leave out.
fn without_defaults(value: Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.into_iter().map(without_defaults).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(key, value)| (key, without_defaults(value)));
            Value::Object(fields.filter(|(_, value)| !is_default(value)).collect())
        }
        other => other,
    }
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.is_empty(),
        Value::Bool(value) => !value,
        Value::Null => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty() || text == "0",
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn traces_survive_the_round_trip(request in strategies::trace_request()) {
        check_round_trips::<ExportTraceServiceRequest>(Signal::Traces, &request);
    }

    #[test]
    fn logs_survive_the_round_trip(request in strategies::logs_request()) {
        check_round_trips::<ExportLogsServiceRequest>(Signal::Logs, &request);
    }

    #[test]
    fn metrics_survive_the_round_trip(request in strategies::metrics_request()) {
        check_round_trips::<ExportMetricsServiceRequest>(Signal::Metrics, &request);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        for signal in Signal::ALL {
            drop(to_json(signal, &bytes));
            drop(from_json(signal, &bytes));
        }
    }

    #[test]
    fn a_damaged_request_does_not_panic(
        request in strategies::metrics_request(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = request.encode_to_vec();
        let mut json = to_json(Signal::Metrics, &bytes).unwrap();
        if !bytes.is_empty() {
            let victim = at.index(bytes.len());
            bytes[victim] = byte;
            drop(to_json(Signal::Metrics, &bytes));
        }
        let victim = at.index(json.len());
        json[victim] = byte;
        drop(from_json(Signal::Metrics, &json));
    }
}
