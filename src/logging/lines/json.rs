//! One JSON object for each event.

use crate::logging::field_list::FieldValue;
use crate::logging::lines::digits::{push_f64, push_i64};
use crate::logging::lines::escape::push_quoted;
use crate::logging::lines::line::{
    Line, PREFIX, is_reserved, push_flags, push_span_id, push_trace_id,
};

/// Ours first, in a fixed order, then the fields, then the ids: an object without a key twice.
pub(super) fn push(out: &mut String, line: &Line<'_>) {
    out.push_str("{\"timestamp\":\"");
    out.push_str(line.stamp);
    out.push_str("\",\"level\":\"");
    out.push_str(line.level.as_str());
    out.push_str("\",\"target\":");
    push_quoted(out, line.target);
    if let Some(message) = line.message() {
        out.push_str(",\"message\":");
        push_value(out, message);
    }
    for (name, value) in line.named_fields() {
        out.push(',');
        push_key(out, name);
        push_value(out, value);
    }
    if let Some(span) = line.span_names.first() {
        out.push_str(",\"span\":");
        push_quoted(out, span);
    }
    if let Some(trace) = &line.trace {
        out.push_str(",\"trace_id\":\"");
        push_trace_id(out, trace);
        out.push_str("\",\"span_id\":\"");
        push_span_id(out, trace);
        out.push_str("\",\"trace_flags\":\"");
        push_flags(out, trace);
        out.push('"');
    }
    out.push('}');
}

fn push_key(out: &mut String, name: &str) {
    if is_reserved(name) {
        out.push('"');
        out.push_str(PREFIX);
        // The rest of the same string: what `push_quoted` writes, without its first quote.
        let start = out.len();
        push_quoted(out, name);
        out.remove(start);
    } else {
        push_quoted(out, name);
    }
    out.push(':');
}

/// JSON has no number that is not finite; the texts are those of protobuf's JSON.
///
/// Source: <https://protobuf.dev/programming-guides/json/>
fn push_value(out: &mut String, value: FieldValue<'_>) {
    match value {
        FieldValue::Bool(value) => out.push_str(if value { "true" } else { "false" }),
        FieldValue::F64(value) if value.is_nan() => out.push_str("\"NaN\""),
        FieldValue::F64(f64::INFINITY) => out.push_str("\"Infinity\""),
        FieldValue::F64(f64::NEG_INFINITY) => out.push_str("\"-Infinity\""),
        FieldValue::F64(value) => push_f64(out, value),
        FieldValue::I64(value) => push_i64(out, value),
        FieldValue::Text(text) => push_quoted(out, text),
    }
}
