//! Lines to be read as they scroll by.
//!
//! Only beacon breaks a line or colors it: whatever comes from the event is escaped.

use tracing::Level;

use crate::logging::field_list::FieldValue;
use crate::logging::lines::escape::push_plain;
use crate::logging::lines::line::{Line, push_flags, push_span_id, push_trace_id};
use crate::logging::lines::logfmt;

/// Everything on one line.
pub(super) fn push_compact(out: &mut String, line: &Line<'_>, is_colored: bool) {
    let paint = Paint { is_colored };
    push_head(out, line, paint);
    push_spans(out, line, paint, " ");
}

/// The event on one line, and where it happened on a second one that is indented.
pub(super) fn push_pretty(out: &mut String, line: &Line<'_>, is_colored: bool) {
    let paint = Paint { is_colored };
    push_head(out, line, paint);
    push_spans(out, line, paint, "\n    ");
}

fn push_head(out: &mut String, line: &Line<'_>, paint: Paint) {
    paint.with(out, DIM, |out| out.push_str(line.stamp));
    let (color, level) = match line.level {
        Level::ERROR => (RED, "ERROR"),
        Level::WARN => (YELLOW, " WARN"),
        Level::INFO => (GREEN, " INFO"),
        Level::DEBUG => (BLUE, "DEBUG"),
        Level::TRACE => (PURPLE, "TRACE"),
    };
    out.push(' ');
    paint.with(out, color, |out| out.push_str(level));
    out.push(' ');
    paint.with(out, DIM, |out| {
        push_plain(out, line.target);
        out.push(':');
    });
    match line.message() {
        None => {}
        Some(FieldValue::Text(text)) => {
            out.push(' ');
            push_plain(out, text);
        }
        Some(value) => {
            out.push(' ');
            logfmt::push_value(out, value);
        }
    }
    for (name, value) in line.event_fields() {
        push_pair(out, paint, name, value);
    }
}

fn push_spans(out: &mut String, line: &Line<'_>, paint: Paint, separator: &str) {
    if line.span_names.is_empty() && line.trace.is_none() {
        return;
    }
    out.push_str(separator);
    paint.with(out, DIM, |out| out.push_str("in"));
    for (index, name) in line.span_names.iter().rev().enumerate() {
        out.push(if index == 0 { ' ' } else { ':' });
        push_plain(out, name);
    }
    for (name, value) in line.span_fields.iter() {
        push_pair(out, paint, name, value);
    }
    if let Some(trace) = &line.trace {
        paint.with(out, DIM, |out| {
            out.push_str(" trace_id=");
            push_trace_id(out, trace);
            out.push_str(" span_id=");
            push_span_id(out, trace);
            out.push_str(" trace_flags=");
            push_flags(out, trace);
        });
    }
}

fn push_pair(out: &mut String, paint: Paint, name: &str, value: FieldValue<'_>) {
    out.push(' ');
    paint.with(out, DIM, |out| {
        logfmt::push_key(out, name);
        out.push('=');
    });
    logfmt::push_value(out, value);
}

#[derive(Clone, Copy, Debug)]
struct Paint {
    is_colored: bool,
}

impl Paint {
    fn with(self, out: &mut String, style: &str, write: impl FnOnce(&mut String)) {
        if self.is_colored {
            out.push_str(style);
            write(out);
            out.push_str(RESET);
        } else {
            write(out);
        }
    }
}

// Source: ECMA-48, section 8.3.117 (SGR).
const RESET: &str = "\u{1b}[0m";
const DIM: &str = "\u{1b}[2m";
const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const BLUE: &str = "\u{1b}[34m";
const PURPLE: &str = "\u{1b}[35m";
