//! How much one span or log record may hold.

use crate::config::kind::Kind;
use crate::config::lookup::Values;
use crate::config::table::Row;
use crate::config::{LogLimitSettings, SpanLimitSettings, key};

pub(super) static ROWS: &[Row] = &[
    count(
        key::SPAN_ATTRIBUTES_MAX,
        &["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"],
        "attributes of one span; the rest is dropped and counted on it",
    ),
    length(
        key::SPAN_ATTRIBUTE_CHARS_MAX,
        &["OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
        "characters of a text in attributes of a span, its events and links",
    ),
    count(
        key::SPAN_EVENTS_MAX,
        &["OTEL_SPAN_EVENT_COUNT_LIMIT"],
        "events of one span; the rest is dropped and counted on it",
    ),
    count(
        key::SPAN_LINKS_MAX,
        &["OTEL_SPAN_LINK_COUNT_LIMIT"],
        "links of one span; the rest is dropped and counted on it",
    ),
    count(
        key::EVENT_ATTRIBUTES_MAX,
        &["OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"],
        "attributes of one span event; the rest is dropped and counted on it",
    ),
    count(
        key::LINK_ATTRIBUTES_MAX,
        &["OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"],
        "attributes of one link; the rest is dropped and counted on it",
    ),
    count(
        key::LOG_ATTRIBUTES_MAX,
        &["OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT"],
        "attributes of one log record; the rest is dropped and counted on it",
    ),
    length(
        key::LOG_ATTRIBUTE_CHARS_MAX,
        &["OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
        "characters of a text in attributes of a log record, whose body is exempt",
    ),
];

pub(super) fn of_spans(values: &Values) -> SpanLimitSettings {
    SpanLimitSettings {
        attributes_max: count_of(values, key::SPAN_ATTRIBUTES_MAX),
        events_max: count_of(values, key::SPAN_EVENTS_MAX),
        links_max: count_of(values, key::SPAN_LINKS_MAX),
        attributes_per_event_max: count_of(values, key::EVENT_ATTRIBUTES_MAX),
        attributes_per_link_max: count_of(values, key::LINK_ATTRIBUTES_MAX),
        attribute_chars_max: values.count(key::SPAN_ATTRIBUTE_CHARS_MAX),
    }
}

pub(super) fn of_logs(values: &Values) -> LogLimitSettings {
    LogLimitSettings {
        attributes_max: count_of(values, key::LOG_ATTRIBUTES_MAX),
        attribute_chars_max: values.count(key::LOG_ATTRIBUTE_CHARS_MAX),
    }
}

fn count_of(values: &Values, key: &str) -> u32 {
    let count = values.integer(key).unwrap_or_default();
    u32::try_from(count).unwrap_or(u32::MAX)
}

const fn count(
    key: &'static str,
    variables: &'static [&'static str],
    summary: &'static str,
) -> Row {
    Row::new(key, variables, NUMBER, Some("128"), summary)
}

const fn length(
    key: &'static str,
    variables: &'static [&'static str],
    summary: &'static str,
) -> Row {
    Row::new(key, variables, NUMBER, None, summary)
}

/// As many as a count on the wire can tell.
const NUMBER: Kind = Kind::Integer { min: 0, max: u32::MAX as u64 };
