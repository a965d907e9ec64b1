//! One line of logfmt: `key=value`, strings in quotes, nothing that could break out of the line.

use std::fmt::{self, Write as _};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

use crate::export::wire::text;

/// Appends to the lines before it.
pub(super) struct Line<'a> {
    out: &'a mut String,
}

impl<'a> Line<'a> {
    pub(super) fn start(out: &'a mut String, kind: &str) -> Self {
        out.push_str(kind);
        Self { out }
    }

    pub(super) fn end(self) {
        self.out.push('\n');
    }

    /// A value without quotes: numbers, times, words of ours.
    pub(super) fn plain(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        push_display(self.out, value);
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        push_quoted(self.out, value);
    }

    /// An id in hex; an empty one is left out.
    pub(super) fn id(&mut self, key: &str, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.key(key);
            push_hex(self.out, bytes);
        }
    }

    pub(super) fn value(&mut self, key: &str, value: &AnyValue) {
        self.key(key);
        push_value(self.out, value);
    }

    pub(super) fn attributes(&mut self, attributes: &[KeyValue]) {
        for attribute in attributes {
            self.key(&attribute.key);
            if let Some(value) = &attribute.value {
                push_value(self.out, value);
            }
        }
    }

    fn key(&mut self, key: &str) {
        self.out.push(' ');
        text::push_text(self.out, key);
        self.out.push('=');
    }
}

/// Recursion is bounded: prost decodes at most 100 levels.
fn push_value(out: &mut String, value: &AnyValue) {
    match &value.value {
        // An index belongs to profiles; the proto tells other signals to take it as absent.
        None | Some(Value::StringValueStrindex(_)) => {}
        Some(Value::ArrayValue(array)) => {
            out.push('[');
            for (index, value) in array.values.iter().enumerate() {
                push_separator(out, index);
                push_value(out, value);
            }
            out.push(']');
        }
        Some(Value::BoolValue(value)) => push_display(out, value),
        Some(Value::BytesValue(bytes)) => {
            out.push_str("0x");
            push_hex(out, bytes);
        }
        Some(Value::DoubleValue(value)) => push_display(out, value),
        Some(Value::IntValue(value)) => push_display(out, value),
        Some(Value::KvlistValue(list)) => {
            out.push('{');
            for (index, pair) in list.values.iter().enumerate() {
                push_separator(out, index);
                text::push_text(out, &pair.key);
                out.push('=');
                if let Some(value) = &pair.value {
                    push_value(out, value);
                }
            }
            out.push('}');
        }
        Some(Value::StringValue(value)) => push_quoted(out, value),
    }
}

fn push_separator(out: &mut String, index: usize) {
    if index > 0 {
        out.push_str(", ");
    }
}

fn push_quoted(out: &mut String, value: &str) {
    out.push('"');
    for part in value.split_inclusive(['"', '\\']) {
        match part.strip_suffix(['"', '\\']) {
            None => text::push_text(out, part),
            Some(before) => {
                text::push_text(out, before);
                out.push('\\');
                out.push_str(if part.ends_with('"') { "\"" } else { "\\" });
            }
        }
    }
    out.push('"');
}

fn push_hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        push_display(out, format_args!("{byte:02x}"));
    }
}

fn push_display(out: &mut String, value: impl fmt::Display) {
    // A `String` takes all that is written, and none of the values here fails.
    let _: fmt::Result = write!(out, "{value}");
}
