//! What every format makes a line of.

use tracing::Level;

use crate::config::log_settings::LogFormat;
use crate::export::encode::TraceIds;
use crate::logging::field_list::{FieldList, FieldValue};
use crate::logging::lines::digits::push_hex;
use crate::logging::lines::{json, logfmt, people};

/// One event, ready to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) stamp: &'a str,
    pub(super) level: Level,
    pub(super) target: &'a str,
    /// Of the event; the message among them.
    pub(super) fields: &'a FieldList,
    /// Of the spans around it; none has the name of one of `fields`.
    pub(super) span_fields: &'a FieldList,
    /// The innermost first.
    pub(super) span_names: &'a [&'static str],
    pub(super) trace: Option<TraceIds>,
}

impl<'a> Line<'a> {
    pub(super) fn message(&self) -> Option<FieldValue<'a>> {
        self.fields.message()
    }

    /// All fields but the message, those of the event first.
    pub(super) fn named_fields(&self) -> impl Iterator<Item = (&'a str, FieldValue<'a>)> + use<'a> {
        self.event_fields().chain(self.span_fields.iter())
    }

    pub(super) fn event_fields(&self) -> impl Iterator<Item = (&'a str, FieldValue<'a>)> + use<'a> {
        self.fields.iter()
    }
}

/// Appends the line, line break included.
pub(super) fn push(out: &mut String, line: &Line<'_>, format: LogFormat, is_colored: bool) {
    match format {
        LogFormat::Compact => people::push_compact(out, line, is_colored),
        LogFormat::Json => json::push(out, line),
        LogFormat::Logfmt => logfmt::push(out, line),
        LogFormat::Pretty => people::push_pretty(out, line, is_colored),
    }
    out.push('\n');
}

/// Whether the name is one of ours, or could be taken for one that was moved away. Such a field
/// gets [`PREFIX`]; two different names stay two different names.
pub(super) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with(PREFIX)
}

pub(super) fn push_trace_id(out: &mut String, trace: &TraceIds) {
    push_hex(out, trace.trace_id);
}

pub(super) fn push_span_id(out: &mut String, trace: &TraceIds) {
    push_hex(out, trace.span_id);
}

pub(super) fn push_flags(out: &mut String, trace: &TraceIds) {
    push_hex(out, [trace.flags]);
}

pub(super) const MESSAGE: &str = "message";
/// In front of a user's field that has one of our names.
pub(super) const PREFIX: &str = "fields.";
/// Source of the last three: OpenTelemetry specification,
/// `compatibility/logging_trace_context.md`.
const RESERVED: [&str; 8] =
    ["timestamp", "level", "target", MESSAGE, "span", "trace_id", "span_id", "trace_flags"];
