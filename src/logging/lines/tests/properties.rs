//! Whatever is logged, a line is one line and holds what was logged.

use proptest::prelude::*;
use serde_json::{Map, Value};
use tracing::Level;

use super::super::line::{self, Line, PREFIX, is_reserved};
use crate::config::log_settings::LogFormat;
use crate::export::encode::TraceIds;
use crate::logging::field_list::{FieldList, FieldValue};

#[derive(Clone, Debug)]
pub(in crate::logging) enum Given {
    Bool(bool),
    F64(f64),
    I64(i64),
    Text(String),
}

impl Given {
    fn value(&self) -> FieldValue<'_> {
        match self {
            Self::Bool(value) => FieldValue::Bool(*value),
            Self::F64(value) => FieldValue::F64(*value),
            Self::I64(value) => FieldValue::I64(*value),
            Self::Text(text) => FieldValue::Text(text),
        }
    }
}

pub(in crate::logging) fn given() -> impl Strategy<Value = Given> {
    let awkward = prop::sample::select(vec![
        "",
        " ",
        "true",
        "NaN",
        "inf",
        "-1",
        "1e5",
        "a=b",
        "\"",
        "\\",
        "\n",
        "\r\n{\"level\":1}",
        "\u{1b}[2J",
        "\u{9b}31m",
        "\u{2028}",
        "\u{202e}",
        "🦀",
        "\t\u{8}\u{c}\u{7f}",
        "\0",
        "null",
    ]);
    prop_oneof![
        any::<bool>().prop_map(Given::Bool),
        any::<f64>().prop_map(Given::F64),
        prop::sample::select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e300])
            .prop_map(Given::F64),
        any::<i64>().prop_map(Given::I64),
        any::<String>().prop_map(Given::Text),
        awkward.prop_map(|text| Given::Text(text.to_owned())),
        prop::sample::select(vec![1, 5_000, 10_000])
            .prop_map(|count| Given::Text("x\n\u{1b}é".repeat(count))),
    ]
}

pub(in crate::logging) fn name() -> impl Strategy<Value = String> {
    let ours = vec![
        "level",
        "timestamp",
        "message",
        "trace_id",
        "span_id",
        "trace_flags",
        "target",
        "span",
        "fields.level",
        "fields.fields.level",
        "k",
        "a b",
        "a=b",
        "é",
        "%20",
        "",
    ];
    prop_oneof![prop::sample::select(ours).prop_map(str::to_owned), any::<String>(), "[a-z.]{1,8}",]
}

fn list(fields: &[(String, Given)]) -> FieldList {
    let mut list = FieldList::default();
    for (name, value) in fields {
        list.set(name.clone(), value.value());
    }
    list
}

fn trace() -> TraceIds {
    TraceIds { trace_id: [0xab; 16], span_id: [0xcd; 8], flags: 1 }
}

fn line<'a>(event: &'a FieldList, spans: &'a FieldList, is_traced: bool) -> Line<'a> {
    Line {
        stamp: "2026-01-31T23:59:59.000001Z",
        level: Level::INFO,
        target: "shop \"x\"\n",
        fields: event,
        span_fields: spans,
        span_names: &["inner", "outer"],
        trace: is_traced.then(trace),
    }
}

fn text_of(line: &Line<'_>, format: LogFormat) -> String {
    let mut text = String::new();
    line::push(&mut text, line, format, false);
    text
}

/// Keys and values in order, however often a key is there.
pub(in crate::logging) fn json_pairs(text: &str) -> Vec<(String, Value)> {
    let object: Map<String, Value> = serde_json::from_str(text).unwrap();
    // A key that is there twice would be one entry less than there are colons at depth one.
    let pairs: Vec<_> = object.into_iter().collect();
    assert_eq!(top_level_keys(text), pairs.len(), "{text}");
    pairs
}

fn top_level_keys(text: &str) -> usize {
    let (mut keys, mut is_in_text, mut is_escaped) = (0_usize, false, false);
    for character in text.chars() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_in_text => is_escaped = true,
            '"' => is_in_text = !is_in_text,
            ':' if !is_in_text => keys = keys.saturating_add(1),
            _ => {}
        }
    }
    keys
}

/// Reads a line of logfmt by the rules that the manual states.
pub(in crate::logging) fn logfmt_pairs(text: &str) -> Vec<(String, String, bool)> {
    let mut pairs = Vec::new();
    let mut rest = text.strip_suffix('\n').unwrap();
    while !rest.is_empty() {
        let (key, behind) = rest.split_once('=').unwrap();
        let (value, behind, is_quoted) = if behind.starts_with('"') {
            let mut parser = serde_json::Deserializer::from_str(behind).into_iter::<String>();
            let value = parser.next().unwrap().unwrap();
            let at = parser.byte_offset();
            (value, &behind[at..], true)
        } else {
            let end = behind.find(' ').unwrap_or(behind.len());
            (behind[..end].to_owned(), &behind[end..], false)
        };
        pairs.push((decoded(key), value, is_quoted));
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    pairs
}

fn decoded(key: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = key.as_bytes();
    while let [first, behind @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(&behind[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).unwrap()
}

pub(in crate::logging) fn key_of(name: &str) -> String {
    if is_reserved(name) { format!("{PREFIX}{name}") } else { name.to_owned() }
}

fn json_of(value: FieldValue<'_>) -> Value {
    match value {
        FieldValue::Bool(value) => value.into(),
        FieldValue::F64(value) if value.is_nan() => "NaN".into(),
        FieldValue::F64(f64::INFINITY) => "Infinity".into(),
        FieldValue::F64(f64::NEG_INFINITY) => "-Infinity".into(),
        FieldValue::F64(value) => value.into(),
        FieldValue::I64(value) => value.into(),
        FieldValue::Text(text) => text.into(),
    }
}

/// All fields of the event but the message, then those of spans.
fn named(line: &Line<'_>) -> Vec<(String, Value)> {
    line.named_fields().map(|(name, value)| (key_of(name), json_of(value))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn lines_hold_what_was_logged(
        message in prop::option::of(given()),
        event in prop::collection::vec((name(), given()), 0..6),
        span in prop::collection::vec((name(), given()), 0..4),
        is_traced: bool,
    ) {
        let mut event = list(&event);
        if let Some(message) = &message {
            event.set_message(message.value());
        }
        let mut spans = FieldList::default();
        spans.add_missing(&list(&span), &event);
        let line = line(&event, &spans, is_traced);

        for format in [LogFormat::Json, LogFormat::Logfmt, LogFormat::Compact] {
            let text = text_of(&line, format);
            let body = text.strip_suffix('\n').unwrap();
            prop_assert!(!body.contains(crate::characters::is_unfit), "{text}");
        }
        let pretty = text_of(&line, LogFormat::Pretty);
        prop_assert_eq!(pretty.lines().count(), 2);
        prop_assert!(pretty.lines().nth(1).unwrap().starts_with("    in outer:inner"));

        let pairs = json_pairs(&text_of(&line, LogFormat::Json));
        let found = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, v)| v.clone());
        prop_assert_eq!(found("level"), Some("INFO".into()));
        prop_assert_eq!(found("target"), Some("shop \"x\"\n".into()));
        prop_assert_eq!(found("span"), Some("inner".into()));
        prop_assert_eq!(found("message"), line.message().map(json_of));
        let id = is_traced.then(|| Value::from("ab".repeat(16)));
        prop_assert_eq!(found("trace_id"), id);
        prop_assert_eq!(found("trace_flags"), is_traced.then(|| "01".into()));
        for (key, value) in named(&line) {
            prop_assert_eq!(found(&key), Some(value), "{}", key);
        }

        let pairs = logfmt_pairs(&text_of(&line, LogFormat::Logfmt));
        let fields: Vec<_> = line.named_fields().collect();
        for (name, value) in fields {
            let key = key_of(name);
            let mut found = pairs.iter().filter(|(name, ..)| *name == key);
            let (_, text, is_quoted) = found.next().unwrap();
            prop_assert_eq!(found.next(), None);
            match value {
                FieldValue::Text(expected) => {
                    prop_assert_eq!(text, expected);
                    let begins_as_text = text.starts_with(|c: char| c.is_ascii_alphabetic());
                    prop_assert!(*is_quoted || begins_as_text);
                }
                FieldValue::Bool(expected) => prop_assert_eq!(text, &expected.to_string()),
                FieldValue::I64(expected) => prop_assert_eq!(text, &expected.to_string()),
                FieldValue::F64(expected) => {
                    let got: f64 = text.parse().unwrap();
                    let is_same = got.to_bits() == expected.to_bits();
                    prop_assert!(is_same || (got.is_nan() && expected.is_nan()));
                }
            }
        }
    }
}

#[test]
fn a_text_of_one_mebibyte_is_one_line() {
    let text = "\u{1b}\"x\n".repeat(1 << 18);
    let mut fields = FieldList::default();
    fields.set_message(FieldValue::Text(&text));
    let none = FieldList::default();
    let pairs = json_pairs(&text_of(&line(&fields, &none, false), LogFormat::Json));
    assert!(
        pairs.iter().any(|(key, value)| key == "message" && value == &Value::from(text.clone()))
    );
}
