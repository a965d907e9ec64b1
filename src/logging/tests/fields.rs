//! What of an event is where in the record.

use std::io;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use tracing::field::Empty;

use super::recording::{NOW_UNIX_NANO, body, one_log, recorded, settings};
use crate::config::RecordingSettings;
use crate::export::processors::decode::{attribute, text};

fn value<'a>(log: &'a LogRecord, key: &str) -> Option<&'a Value> {
    attribute(&log.attributes, key)
}

#[test]
fn every_level_has_its_number_and_text() {
    let logs = recorded(&settings(), || {
        tracing::trace!("t");
        tracing::debug!("d");
        tracing::info!("i");
        tracing::warn!("w");
        tracing::error!("e");
    })
    .logs;
    let severities: Vec<_> =
        logs.iter().map(|(_, log)| (log.severity_number, log.severity_text.as_str())).collect();
    let expected = [(1, "TRACE"), (5, "DEBUG"), (9, "INFO"), (13, "WARN"), (17, "ERROR")];
    assert_eq!(severities, expected);
}

#[test]
fn the_message_is_the_body_and_the_target_is_the_scope() {
    let decoded = recorded(&settings(), || {
        tracing::info!(target: "shop", answer = 42, "hello {}", "world");
    });
    let (scope, log) = &decoded.logs[0];
    assert_eq!(scope.name, "shop");
    assert_eq!(body(log), "hello world");
    assert_eq!(log.attributes.len(), 1);
}

#[test]
fn both_times_are_the_time_of_the_event() {
    let log = one_log(&settings(), || tracing::info!("now"));
    assert_eq!(log.time_unix_nano, NOW_UNIX_NANO);
    assert_eq!(log.observed_time_unix_nano, NOW_UNIX_NANO);
}

#[test]
fn values_keep_their_type() {
    let log = one_log(&settings(), || {
        tracing::info!(
            int = -1_i64,
            small = 7_u8,
            fits = i64::MAX as u64,
            above = 1_u64 << 63,
            huge = u128::MAX,
            negative = i128::MIN,
            float = 0.5,
            yes = true,
            text = "plain",
            bytes = &b"\x00\xff"[..],
            debug = ?Some(1),
            display = %"shown",
            absent = Empty,
        );
    });
    let table = [
        ("int", Value::IntValue(-1)),
        ("small", Value::IntValue(7)),
        ("fits", Value::IntValue(i64::MAX)),
        ("above", text("9223372036854775808")),
        ("huge", text(&u128::MAX.to_string())),
        ("negative", text(&i128::MIN.to_string())),
        ("float", Value::DoubleValue(0.5)),
        ("yes", Value::BoolValue(true)),
        ("text", text("plain")),
        ("bytes", Value::BytesValue(vec![0, 255])),
        ("debug", text("Some(1)")),
        ("display", text("shown")),
    ];
    for (key, expected) in &table {
        assert_eq!(value(&log, key), Some(expected), "{key}");
    }
    assert_eq!(log.attributes.len(), table.len());
    assert!(log.body.is_none());
}

#[test]
fn a_body_keeps_its_type_too() {
    let typed = |code: fn()| one_log(&settings(), code).body.unwrap().value.unwrap();
    assert_eq!(typed(|| tracing::info!(message = 5)), Value::IntValue(5));
    assert_eq!(typed(|| tracing::info!(message = 0.5)), Value::DoubleValue(0.5));
    assert_eq!(typed(|| tracing::info!(message = true)), Value::BoolValue(true));
    assert_eq!(typed(|| tracing::info!(message = &b"b"[..])), Value::BytesValue(vec![b'b']));
}

#[test]
fn only_a_name_that_was_given_is_an_event_name() {
    let name = |code: fn()| one_log(&settings(), code).event_name;
    assert_eq!(name(|| tracing::info!("unnamed")), "");
    assert_eq!(name(|| tracing::info!(name: "order.placed", "named")), "order.placed");
    // It looks like the default, but is not the one of this call-site.
    assert_eq!(name(|| tracing::info!(name: "event a.rs:1", "named")), "event a.rs:1");
    assert_eq!(name(|| tracing::info!(name: "event ", "named")), "event ");
}

#[test]
fn the_event_name_field_is_lifted() {
    for code in [
        || tracing::info!(otel.event.name = "order.placed", "placed"),
        || tracing::info!(otel.event.name = %"order.placed", "placed"),
        || tracing::info!(name: "other", { otel.event.name = "order.placed" }, "placed"),
    ] {
        let log = one_log(&settings(), code);
        assert_eq!(log.event_name, "order.placed");
        assert!(log.attributes.is_empty(), "{:?}", log.attributes);
    }
}

#[test]
fn location_and_thread_are_recorded_on_request() {
    let plain = one_log(&settings(), || tracing::info!("here"));
    assert!(plain.attributes.is_empty());

    let asked = RecordingSettings { code_location: true, thread: true, ..settings() };
    let log = one_log(&asked, || tracing::info!("here"));
    assert_eq!(value(&log, "code.file.path"), Some(&text(file!())));
    assert!(matches!(value(&log, "code.line.number"), Some(Value::IntValue(line)) if *line > 0));
    assert!(matches!(value(&log, "thread.id"), Some(Value::IntValue(id)) if *id > 0));
    let name = std::thread::current().name().map(text);
    assert_eq!(value(&log, "thread.name"), name.as_ref());
}

#[test]
fn attributes_of_the_event_win_over_ours() {
    let asked = RecordingSettings { code_location: true, ..settings() };
    let log = one_log(&asked, || tracing::info!(code.file.path = "mine.rs", "here"));
    assert_eq!(value(&log, "code.file.path"), Some(&text("mine.rs")));
}

#[derive(Debug, thiserror::Error)]
#[error("order failed")]
struct OrderFailed(#[source] io::Error);

#[test]
fn an_error_is_an_exception_with_its_sources() {
    let error = OrderFailed(io::Error::other("disk full"));
    let log = one_log(&settings(), || {
        tracing::error!(error = &error as &(dyn std::error::Error + 'static), "failed");
    });
    assert_eq!(value(&log, "exception.message"), Some(&text("order failed: disk full")));
    assert_eq!(value(&log, "exception.type"), None);
    assert_eq!(log.attributes.len(), 1);

    let error = io::Error::other("disk full");
    let log = one_log(&settings(), || {
        tracing::error!(error = &error as &(dyn std::error::Error + 'static));
    });
    assert_eq!(value(&log, "exception.message"), Some(&text("disk full")));
    assert_eq!(value(&log, "exception.type"), Some(&text("std::io::Error")));
}

#[test]
fn a_second_error_keeps_the_name_of_its_field() {
    let error = io::Error::other("disk full");
    let error = &error as &(dyn std::error::Error + 'static);
    let log = one_log(&settings(), || tracing::error!(first = error, second = error));
    assert_eq!(value(&log, "exception.message"), Some(&text("disk full")));
    assert_eq!(value(&log, "second"), Some(&text("disk full")));
}

#[test]
fn exception_attributes_of_the_user_win() {
    let error = io::Error::other("disk full");
    let error = &error as &(dyn std::error::Error + 'static);
    let log = one_log(&settings(), || {
        tracing::error!(exception.message = "mine", "exception.type" = "Mine", error);
    });
    assert_eq!(value(&log, "exception.message"), Some(&text("mine")));
    assert_eq!(value(&log, "exception.type"), Some(&text("Mine")));
    assert_eq!(value(&log, "error"), Some(&text("disk full")));
}
