//! `key=value` pairs on one line for each event.
//!
//! A value in quotes is a JSON string. A text goes without quotes when it is a plain word, so what
//! is neither in quotes nor begins with a letter is a number or a time of ours. In keys, whatever
//! is not a letter, a digit or one of `.-_/:@` is percent-encoded.

use std::fmt::Write as _;

use crate::logging::field_list::FieldValue;
use crate::logging::lines::digits::{push_f64, push_i64};
use crate::logging::lines::escape::push_quoted;
use crate::logging::lines::line::{
    Line, PREFIX, is_reserved, push_flags, push_span_id, push_trace_id,
};

pub(super) fn push(out: &mut String, line: &Line<'_>) {
    out.push_str("timestamp=");
    out.push_str(line.stamp);
    out.push_str(" level=");
    out.push_str(line.level.as_str());
    out.push_str(" target=");
    push_text(out, line.target);
    if let Some(message) = line.message() {
        out.push_str(" message=");
        push_value(out, message);
    }
    for (name, value) in line.named_fields() {
        push_pair(out, name, value);
    }
    if let Some(span) = line.span_names.first() {
        out.push_str(" span=");
        push_text(out, span);
    }
    if let Some(trace) = &line.trace {
        out.push_str(" trace_id=");
        push_trace_id(out, trace);
        out.push_str(" span_id=");
        push_span_id(out, trace);
        out.push_str(" trace_flags=");
        push_flags(out, trace);
    }
}

/// Appends a blank and the pair.
pub(super) fn push_pair(out: &mut String, name: &str, value: FieldValue<'_>) {
    out.push(' ');
    push_key(out, name);
    out.push('=');
    push_value(out, value);
}

pub(super) fn push_key(out: &mut String, name: &str) {
    if is_reserved(name) {
        out.push_str(PREFIX);
    }
    for byte in name.bytes() {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            // A `String` takes all that is written.
            write!(out, "%{byte:02X}").unwrap_or_default();
        }
    }
}

pub(super) fn push_value(out: &mut String, value: FieldValue<'_>) {
    match value {
        FieldValue::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        FieldValue::F64(value) => push_f64(out, value),
        FieldValue::I64(value) => push_i64(out, value),
        FieldValue::Text(text) => push_text(out, text),
    }
}

fn push_text(out: &mut String, text: &str) {
    if is_word(text) { out.push_str(text) } else { push_quoted(out, text) }
}

/// Whether the text needs no quotes, and cannot be taken for a value that is no text.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(is_plain)
        && !["true", "false", "inf", "NaN"].contains(&text)
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/' | b':' | b'@')
}
