//! Key-values of the crate `log` keep their types, in records and in lines.

use std::error::Error;
use std::io;

use log::Log as _;
use log::kv::{ToValue as _, Value};
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;

use super::recording::{body, one_log, recorded, settings};
use crate::config::RecordingSettings;
use crate::config::log_settings::LogFormat;
use crate::export::processors::decode::{attribute, text};
use crate::logging::lines::tests::one;
use crate::logging::log_bridge::LogBridge;

fn log_with(fields: &[(&str, Value<'_>)]) {
    let record = log::Record::builder();
    LogBridge.log(
        &{ record }
            .args(format_args!("{} placed", "order"))
            .target("shop::cart")
            .level(log::Level::Info)
            .file(Some("shop.rs"))
            .line(Some(7))
            .key_values(&fields)
            .build(),
    );
}

#[derive(Debug, thiserror::Error)]
#[error("cannot pay")]
struct Refused(#[source] io::Error);

fn refused() -> Refused {
    Refused(io::Error::other("card expired"))
}

#[test]
fn key_values_are_attributes_with_their_types() {
    let refused = refused();
    let other: &(dyn Error + 'static) = &refused.0;
    let fields: [(&str, Value<'_>, AnyValue); 11] = [
        ("bool", true.to_value(), AnyValue::BoolValue(true)),
        ("f64", 1.5.to_value(), AnyValue::DoubleValue(1.5)),
        ("i8", (-7_i8).to_value(), AnyValue::IntValue(-7)),
        ("u64", 7_u64.to_value(), AnyValue::IntValue(7)),
        ("huge", u64::MAX.to_value(), text("18446744073709551615")),
        ("huger", i128::MIN.to_value(), text(&i128::MIN.to_string())),
        ("char", 'é'.to_value(), text("é")),
        ("str", "two\nlines".to_value(), text("two\nlines")),
        ("debug", Value::from_debug(&Some(1)), text("Some(1)")),
        ("message", "mine".to_value(), text("mine")),
        ("other", Value::from_dyn_error(other), text("card expired")),
    ];
    let log = one_log(&settings(), || {
        let error = ("error", Value::from_dyn_error(&refused));
        let others = fields.iter().map(|(key, value, _)| (*key, value.clone()));
        let all: Vec<_> = std::iter::once(error).chain(others).collect();
        log_with(&all);
    });
    assert_eq!(body(&log), "order placed");
    for (key, _, expected) in &fields {
        assert_eq!(attribute(&log.attributes, key), Some(expected), "{key}");
    }
    let exception = text("cannot pay: card expired");
    assert_eq!(attribute(&log.attributes, "exception.message"), Some(&exception));
    assert_eq!(log.attributes.len(), fields.len() + 1, "{:?}", log.attributes);
}

#[test]
fn the_first_error_is_the_exception_unless_the_user_names_one() {
    let io = io::Error::from(io::ErrorKind::NotFound);
    let log = one_log(&settings(), || log_with(&[("cause", Value::from_dyn_error(&io))]));
    assert_eq!(attribute(&log.attributes, "exception.type"), Some(&text("std::io::Error")));
    assert_eq!(attribute(&log.attributes, "cause"), None);
    let log = one_log(&settings(), || {
        log_with(&[("cause", Value::from_dyn_error(&io)), ("exception.message", "own".to_value())]);
    });
    assert_eq!(attribute(&log.attributes, "exception.message"), Some(&text("own")));
    assert_eq!(attribute(&log.attributes, "cause"), Some(&text(&io.to_string())));
}

#[test]
fn a_record_with_key_values_is_like_one_without() {
    let shown = RecordingSettings { code_location: true, ..settings() };
    let decoded = recorded(&shown, || {
        tracing::info_span!("span").in_scope(|| log_with(&[("a", 1.to_value())]));
    });
    let (scope, log) = &decoded.logs[0];
    assert_eq!((scope.name.as_str(), log.severity_number), ("shop::cart", 9));
    assert_eq!(log.span_id, decoded.span("span").span_id);
    assert_eq!(attribute(&log.attributes, "code.file.path"), Some(&text("shop.rs")));
    assert_eq!(attribute(&log.attributes, "code.line.number"), Some(&AnyValue::IntValue(7)));
    for (filter, count) in [("off,shop=info", 1), ("info,shop=warn", 0), ("off", 0)] {
        let filtered = RecordingSettings { log_filter: filter.to_owned(), ..settings() };
        let decoded = recorded(&filtered, || log_with(&[("a", 1.to_value())]));
        assert_eq!(decoded.logs.len(), count, "{filter}");
    }
}

#[test]
fn what_is_nothing_is_no_field_and_of_two_values_the_last_counts() {
    let log = one_log(&settings(), || {
        log_with(&[("a", 1.to_value()), ("none", Value::null()), ("a", 2.to_value())]);
    });
    assert_eq!(attribute(&log.attributes, "a"), Some(&AnyValue::IntValue(2)));
    assert_eq!(log.attributes.len(), 1, "{:?}", log.attributes);
}

#[test]
fn lines_show_key_values_with_their_types() {
    let error = refused();
    let line = one(LogFormat::Json, || {
        log_with(&[
            ("n", 7.to_value()),
            ("ok", false.to_value()),
            ("ratio", 0.5.to_value()),
            ("level", "forged".to_value()),
            ("error", Value::from_dyn_error(&error)),
        ]);
    });
    let expected = r#""target":"shop::cart","message":"order placed","n":7,"ok":false,"ratio":0.5,"fields.level":"forged","error":"cannot pay: card expired"}"#;
    assert!(line.ends_with(&format!("{expected}\n")), "{line}");
}
