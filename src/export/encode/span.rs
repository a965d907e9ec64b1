//! `SpanData` to the bytes of one `ScopeSpans.spans` entry.
//!
//! Source: opentelemetry-proto, trace/v1/trace.proto.

use std::time::SystemTime;

use opentelemetry::SpanId;
use opentelemetry::trace::{Event, Link, SpanContext, SpanKind, Status, TraceState};
use opentelemetry_sdk::trace::SpanData;

use crate::config::SpanLimitSettings;
use crate::export::encode::attributes::{AttributeLimits, saturate, write_attributes};
use crate::export::encode::buffer::{
    bytes, close, len_head, nonempty_str, nonzero_fixed32, nonzero_fixed64, nonzero_varint, open,
};

/// Appends the entry (tag of field 2, length, `Span`) to `out`.
///
/// Allocates nothing but room in `out`, unless an attribute key occurs twice. What the limits cut
/// is counted in the span's own dropped counts. A span without a valid context must not get here.
pub(crate) fn encode_span(out: &mut Vec<u8>, span: &SpanData, limits: &SpanLimitSettings) {
    let entry = open(out, SCOPE_SPANS_SPANS, SPAN_LEN_EXPECTED);
    write_context(out, &SPAN_CONTEXT, &span.span_context);
    if span.parent_span_id != SpanId::INVALID {
        bytes(out, SPAN_PARENT_SPAN_ID, &span.parent_span_id.to_bytes());
    }
    let flags = flags(&span.span_context, span.parent_span_is_remote);
    nonzero_fixed32(out, SPAN_FLAGS, flags);
    nonempty_str(out, SPAN_NAME, &span.name);
    nonzero_varint(out, SPAN_KIND, kind_number(&span.span_kind));
    nonzero_fixed64(out, SPAN_START_TIME, unix_nanos(span.start_time));
    nonzero_fixed64(out, SPAN_END_TIME, unix_nanos(span.end_time));

    let chars_max = limits.attribute_chars_max;
    let attribute_limits = AttributeLimits { count_max: limits.attributes_max, chars_max };
    let cut = write_attributes(out, SPAN_ATTRIBUTES, &span.attributes, attribute_limits);
    write_dropped(out, SPAN_DROPPED_ATTRIBUTES, span.dropped_attributes_count, cut);

    let event_limits = AttributeLimits { count_max: limits.attributes_per_event_max, chars_max };
    let events_max = limits.events_max as usize;
    for event in span.events.iter().take(events_max) {
        write_event(out, event, event_limits);
    }
    let cut = saturate(span.events.len().saturating_sub(events_max));
    write_dropped(out, SPAN_DROPPED_EVENTS, span.events.dropped_count, cut);

    let link_limits = AttributeLimits { count_max: limits.attributes_per_link_max, chars_max };
    let links_max = limits.links_max as usize;
    for link in span.links.iter().take(links_max) {
        write_link(out, link, link_limits);
    }
    let cut = saturate(span.links.len().saturating_sub(links_max));
    write_dropped(out, SPAN_DROPPED_LINKS, span.links.dropped_count, cut);

    write_status(out, &span.status);
    close(out, &entry);
}

/// Nanoseconds since 1970; 0 before that, the last nanosecond that fits in the year 2554 and after.
pub(crate) fn unix_nanos(time: SystemTime) -> u64 {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since_epoch
        .as_secs()
        .saturating_mul(1_000_000_000)
        .saturating_add(u64::from(since_epoch.subsec_nanos()))
}

fn write_event(out: &mut Vec<u8>, event: &Event, limits: AttributeLimits) {
    let entry = open(out, SPAN_EVENTS, 0);
    nonzero_fixed64(out, EVENT_TIME, unix_nanos(event.timestamp));
    nonempty_str(out, EVENT_NAME, &event.name);
    let cut = write_attributes(out, EVENT_ATTRIBUTES, &event.attributes, limits);
    write_dropped(out, EVENT_DROPPED_ATTRIBUTES, event.dropped_attributes_count, cut);
    close(out, &entry);
}

fn write_link(out: &mut Vec<u8>, link: &Link, limits: AttributeLimits) {
    let entry = open(out, SPAN_LINKS, 0);
    write_context(out, &LINK_CONTEXT, &link.span_context);
    let cut = write_attributes(out, LINK_ATTRIBUTES, &link.attributes, limits);
    write_dropped(out, LINK_DROPPED_ATTRIBUTES, link.dropped_attributes_count, cut);
    nonzero_fixed32(out, LINK_FLAGS, flags(&link.span_context, link.span_context.is_remote()));
    close(out, &entry);
}

fn write_context(out: &mut Vec<u8>, fields: &ContextFields, context: &SpanContext) {
    bytes(out, fields.trace_id, &context.trace_id().to_bytes());
    bytes(out, fields.span_id, &context.span_id().to_bytes());
    write_trace_state(out, fields.trace_state, context.trace_state());
}

/// The list in the form of the header: `key=value` pairs between commas.
fn write_trace_state(out: &mut Vec<u8>, field: u32, trace_state: &TraceState) {
    // A "=" and a "," for each pair; the last one has no comma.
    let pair_len = |(key, value): (&str, &str)| key.len().saturating_add(value.len());
    let len = trace_state
        .into_iter()
        .fold(0_usize, |len, pair| len.saturating_add(pair_len(pair)).saturating_add(2));
    let Some(len) = len.checked_sub(1) else { return };
    len_head(out, field, len);
    for (index, (key, value)) in trace_state.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(key.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value.as_bytes());
    }
}

/// The status is written even when it is unset, as an empty message.
fn write_status(out: &mut Vec<u8>, status: &Status) {
    let (code, message) = match status {
        Status::Unset => (0, ""),
        Status::Ok => (1, ""),
        Status::Error { description } => (2, description.as_ref()),
    };
    let entry = open(out, SPAN_STATUS, message.len().saturating_add(4));
    nonempty_str(out, STATUS_MESSAGE, message);
    nonzero_varint(out, STATUS_CODE, code);
    close(out, &entry);
}

fn write_dropped(out: &mut Vec<u8>, field: u32, before: u32, here: u32) {
    nonzero_varint(out, field, u64::from(before.saturating_add(here)));
}

fn flags(context: &SpanContext, is_remote: bool) -> u32 {
    let remote = if is_remote { FLAG_IS_REMOTE } else { 0 };
    u32::from(context.trace_flags().to_u8()) | FLAG_HAS_IS_REMOTE | remote
}

fn kind_number(kind: &SpanKind) -> u64 {
    match kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

/// Where a message keeps its span context.
struct ContextFields {
    trace_id: u32,
    span_id: u32,
    trace_state: u32,
}

/// Spans are rarely shorter than 128 bytes and rarely longer than 16 KiB: two bytes of length.
const SPAN_LEN_EXPECTED: usize = 128;

/// Source: `SpanFlags`.
const FLAG_HAS_IS_REMOTE: u32 = 0x100;
const FLAG_IS_REMOTE: u32 = 0x200;

const SCOPE_SPANS_SPANS: u32 = 2;

const SPAN_CONTEXT: ContextFields = ContextFields { trace_id: 1, span_id: 2, trace_state: 3 };
const SPAN_PARENT_SPAN_ID: u32 = 4;
const SPAN_NAME: u32 = 5;
const SPAN_KIND: u32 = 6;
const SPAN_START_TIME: u32 = 7;
const SPAN_END_TIME: u32 = 8;
const SPAN_ATTRIBUTES: u32 = 9;
const SPAN_DROPPED_ATTRIBUTES: u32 = 10;
const SPAN_EVENTS: u32 = 11;
const SPAN_DROPPED_EVENTS: u32 = 12;
const SPAN_LINKS: u32 = 13;
const SPAN_DROPPED_LINKS: u32 = 14;
const SPAN_STATUS: u32 = 15;
const SPAN_FLAGS: u32 = 16;

const EVENT_TIME: u32 = 1;
const EVENT_NAME: u32 = 2;
const EVENT_ATTRIBUTES: u32 = 3;
const EVENT_DROPPED_ATTRIBUTES: u32 = 4;

const LINK_CONTEXT: ContextFields = ContextFields { trace_id: 1, span_id: 2, trace_state: 3 };
const LINK_ATTRIBUTES: u32 = 4;
const LINK_DROPPED_ATTRIBUTES: u32 = 5;
const LINK_FLAGS: u32 = 6;

const STATUS_MESSAGE: u32 = 2;
const STATUS_CODE: u32 = 3;
