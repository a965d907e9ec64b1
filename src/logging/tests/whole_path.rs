//! Whatever is logged, from the macro to the bytes: the JSON line, the logfmt line and the log
//! record tell the same values.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use log::Log as _;
use opentelemetry_proto::tonic::common::v1::any_value::Value as AnyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use proptest::prelude::*;
use serde_json::Value as Json;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, info, info_span};

use super::recording::{Pipeline, Signals, settings, stopped_clock};
use crate::config::RedactionSettings;
use crate::config::log_settings::LogFormat;
use crate::export::processors::decode::{attribute, drain};
use crate::logging::lines::tests::properties::{
    Given, given, json_pairs, key_of, logfmt_pairs, name,
};
use crate::logging::lines::tests::{LIMIT, Memory, lines_hiding, sink};
use crate::logging::log_bridge::LogBridge;
use crate::logging::{LiveFilters, LogValue, Redactor, Sinks, get_logger, registry};

/// One event, three times.
struct Told {
    json: String,
    logfmt: String,
    record: LogRecord,
}

fn told(code: impl FnOnce()) -> Told {
    // Numbers that could be those of cards would be hidden.
    let shows_all = RedactionSettings { is_on: false, ..RedactionSettings::default() };
    let redactor = Arc::new(Redactor::new(&shows_all));
    let pipeline = Pipeline { redactor: Arc::clone(&redactor), ..Pipeline::default() };
    let (settings, memories) = (settings(), <[Memory; 2]>::default());
    let looks =
        [LogFormat::Json, LogFormat::Logfmt].map(|format| (format, false, LevelFilter::TRACE));
    let sinks = looks.into_iter().zip(&memories).map(|(look, to)| sink(look, to)).collect();
    let lines = lines_hiding(sinks, redactor);
    let (recorder, own) = (pipeline.recorder(&settings), Some(Arc::clone(&lines)));
    let filters = LiveFilters::new(&settings, None).unwrap();
    let mut parts = pipeline.parts_with(Signals::Both, &settings, filters);
    parts.sinks = Sinks::new(Some(recorder), own, &settings, &Arc::default(), &stopped_clock());
    let dispatch = Dispatch::new(registry(parts).unwrap());
    tracing::dispatcher::with_default(&dispatch, code);
    assert!(lines.flush(LIMIT), "lines were not written");
    let mut logs = drain(&pipeline.intake).logs;
    assert_eq!(logs.len(), 1);
    let [json, logfmt] = memories.map(|memory| memory.text());
    for line in [&json, &logfmt] {
        assert_eq!(line.matches('\n').count(), 1, "{line}");
    }
    Told { json, logfmt, record: logs.remove(0).1 }
}

/// What a field is in lines, and under which name and as what in the record.
struct Field {
    name: String,
    line: Given,
    key: String,
    value: AnyValue,
}

impl Field {
    /// One that is the same everywhere.
    fn same(name: &str, given: &Given) -> Self {
        let (name, key) = (name.to_owned(), name.to_owned());
        let value = match given {
            Given::Bool(value) => AnyValue::BoolValue(*value),
            Given::F64(value) => AnyValue::DoubleValue(*value),
            Given::I64(value) => AnyValue::IntValue(*value),
            Given::Text(text) => AnyValue::StringValue(text.clone()),
        };
        Self { name, line: given.clone(), key, value }
    }
}

/// Checks message and fields, and that the three tell nothing else but the fields of the `span`.
fn check(told: &Told, message: &str, fields: &[Field], span: &[(&str, Given)]) {
    let body = told.record.body.as_ref().and_then(|body| body.value.as_ref());
    assert_eq!(body, Some(&AnyValue::StringValue(message.to_owned())));
    assert_eq!(told.record.attributes.len(), fields.len(), "{:?}", told.record.attributes);
    for field in fields {
        let found = attribute(&told.record.attributes, &field.key);
        assert!(
            found.is_some_and(|found| is_same(found, &field.value)),
            "{}: {found:?}",
            field.key
        );
    }
    let own = fields.iter().map(|field| (key_of(&field.name), field.line.clone()));
    let outer = span.iter().map(|(name, value)| (key_of(name), value.clone()));
    let ours = [
        ("message", message.to_owned()),
        ("trace_id", hex(&told.record.trace_id)),
        ("span_id", hex(&told.record.span_id)),
        ("trace_flags", "01".to_owned()),
        ("span", "around".to_owned()),
        ("level", "INFO".to_owned()),
    ];
    let ours = ours.map(|(name, text)| (name.to_owned(), Given::Text(text)));
    let expected: Vec<_> = own.chain(outer).chain(ours).collect();

    let json = json_pairs(&told.json);
    let logfmt = logfmt_pairs(&told.logfmt);
    let ours = ["timestamp", "target"].len();
    let count = expected.len().saturating_add(ours);
    assert_eq!((json.len(), logfmt.len()), (count, count));
    for (name, given) in &expected {
        let (_, value) = json.iter().find(|(key, _)| key == name).unwrap();
        assert!(is_in_json(value, given), "{name}: {value} and {given:?}");
        let (_, text, _) = logfmt.iter().find(|(key, ..)| key == name).unwrap();
        assert!(is_in_logfmt(text, given), "{name}: {text} and {given:?}");
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}

fn is_same(found: &AnyValue, expected: &AnyValue) -> bool {
    match (found, expected) {
        (AnyValue::DoubleValue(found), AnyValue::DoubleValue(expected)) => {
            is_same_number(*found, *expected)
        }
        _ => found == expected,
    }
}

fn is_same_number(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

fn is_in_json(value: &Json, given: &Given) -> bool {
    match given {
        Given::Bool(expected) => value.as_bool() == Some(*expected),
        Given::I64(expected) => value.as_i64() == Some(*expected),
        Given::Text(expected) => value.as_str() == Some(expected),
        // JSON has no such numbers.
        Given::F64(expected) if !expected.is_finite() => {
            let text = value.as_str().unwrap_or_default().replace("Infinity", "inf");
            text.parse().is_ok_and(|found| is_same_number(found, *expected))
        }
        Given::F64(expected) => {
            value.is_f64() && value.as_f64().is_some_and(|found| is_same_number(found, *expected))
        }
    }
}

fn is_in_logfmt(text: &str, given: &Given) -> bool {
    match given {
        Given::Bool(expected) => text == expected.to_string(),
        Given::I64(expected) => text == expected.to_string(),
        Given::Text(expected) => text == expected,
        Given::F64(expected) => text.parse().is_ok_and(|found| is_same_number(found, *expected)),
    }
}

/// An error with sources.
#[derive(Debug)]
struct Link {
    text: String,
    source: Option<Box<Link>>,
}

impl Link {
    fn of(texts: &[String]) -> Option<Box<Self>> {
        let (text, rest) = texts.split_first()?;
        Some(Box::new(Self { text: text.clone(), source: Self::of(rest) }))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Link {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

fn any_text() -> impl Strategy<Value = String> {
    given().prop_map(|given| match given {
        Given::Text(text) => text,
        other => format!("{other:?}"),
    })
}

/// As they arrive: the last value of a name counts.
fn distinct(fields: &[(String, Given)]) -> Vec<Field> {
    let is_last = |index: usize, name: &str| {
        fields.iter().skip(index).skip(1).all(|(other, _)| other != name)
    };
    let last = fields.iter().enumerate().filter(|(index, (name, _))| is_last(*index, name));
    last.map(|(_, (name, given))| Field::same(name, given)).collect()
}

fn log_value(given: &Given) -> LogValue {
    match given {
        Given::Bool(value) => (*value).into(),
        Given::F64(value) => (*value).into(),
        Given::I64(value) => (*value).into(),
        Given::Text(text) => text.as_str().into(),
    }
}

fn log_kv(given: &Given) -> log::kv::Value<'_> {
    match given {
        Given::Bool(value) => (*value).into(),
        Given::F64(value) => (*value).into(),
        Given::I64(value) => (*value).into(),
        Given::Text(text) => text.as_str().into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_macro_is_told_alike(
        message in any_text(),
        text in any_text(),
        shown in any_text(),
        around in any_text(),
        number in prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::NEG_INFINITY), Just(-0.0)],
        (int, uint, huge, negative) in any::<(i64, u64, u128, i128)>(),
        flag: bool,
        bytes: Vec<u8>,
        causes in prop::collection::vec(any_text(), 1..5),
    ) {
        let error = Link::of(&causes).unwrap();
        let told = told(|| {
            let span = info_span!("around", around = around.as_str(), text = "hidden by the event");
            let _entered = span.entered();
            let error = &*error as &(dyn Error + 'static);
            info!(text, %shown, debug = ?text, number, int, uint, huge, negative, flag,
                bytes = &*bytes, error, level = int, "{message}");
        });
        let wide = i64::try_from(uint).map_or_else(|_| Given::Text(uint.to_string()), Given::I64);
        let hex = hex(&bytes);
        let chain = Given::Text(causes.join(": "));
        let fields = [
            Field::same("text", &Given::Text(text.clone())),
            Field::same("shown", &Given::Text(shown)),
            Field::same("debug", &Given::Text(format!("{text:?}"))),
            Field::same("number", &Given::F64(number)),
            Field::same("int", &Given::I64(int)),
            Field::same("uint", &wide),
            Field::same("huge", &Given::Text(huge.to_string())),
            Field::same("negative", &Given::Text(negative.to_string())),
            Field::same("flag", &Given::Bool(flag)),
            Field::same("level", &Given::I64(int)),
            Field { value: AnyValue::BytesValue(bytes), ..Field::same("bytes", &Given::Text(format!("0x{hex}"))) },
            Field { key: "exception.message".to_owned(), ..Field::same("error", &chain) },
        ];
        check(&told, &message, &fields, &[("around", Given::Text(around))]);
    }

    #[test]
    fn a_logger_and_the_log_crate_are_told_alike(
        message in any_text(),
        fields in prop::collection::vec((name(), given()), 1..6),
    ) {
        let logger = || {
            let fields = fields.iter().map(|(name, value)| (name.as_str(), log_value(value)));
            get_logger("tenant").info(&message, fields);
        };
        let log_crate = || {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| (name.as_str(), log_kv(value))).collect();
            let record = log::Record::builder();
            LogBridge.log(
                &{ record }
                    .args(format_args!("{message}"))
                    .level(log::Level::Info)
                    .target("tenant")
                    .key_values(&fields.as_slice())
                    .build(),
            );
        };
        for code in [&logger as &dyn Fn(), &log_crate] {
            let told = told(|| info_span!("around").in_scope(code));
            check(&told, &message, &distinct(&fields), &[]);
        }
    }
}

#[test]
fn a_mebibyte_is_told_whole() {
    let text = "\u{1b}\"x\n".repeat(1 << 18);
    assert_eq!(text.len(), 1 << 20);
    let told = told(|| info_span!("around").in_scope(|| info!(text, "{text}")));
    check(&told, &text, &[Field::same("text", &Given::Text(text.clone()))], &[]);
}
