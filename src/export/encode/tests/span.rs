use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind, Status};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_proto::tonic::trace::v1::{ScopeSpans, Span};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use proptest::prelude::*;
use prost::Message as _;

use crate::config::SpanLimitSettings;
use crate::export::encode::encode_span;
use crate::export::encode::tests::model;
use crate::export::encode::tests::strategies::{
    attributes, colliding_key, span, time, unique_attributes,
};

const NO_LIMITS: SpanLimitSettings = SpanLimitSettings {
    attributes_max: u32::MAX,
    events_max: u32::MAX,
    links_max: u32::MAX,
    attributes_per_event_max: u32::MAX,
    attributes_per_link_max: u32::MAX,
    attribute_chars_max: None,
};

proptest! {
    #[test]
    fn a_span_without_limits_is_what_the_official_transform_makes_of_it(
        span in span(&unique_attributes()),
    ) {
        let bytes = encode(&span, &NO_LIMITS);

        let expected = ScopeSpans { spans: vec![Span::from(span)], ..ScopeSpans::default() };
        let decoded = ScopeSpans::decode(&*bytes).unwrap();
        prop_assert_eq!(format!("{decoded:?}"), format!("{expected:?}"));
        prop_assert_eq!(bytes.len(), expected.encoded_len(), "not the shortest form");
    }

    #[test]
    fn limits_and_unique_keys_hold_on_spans_events_and_links(
        span in span(&attributes(colliding_key())),
        limits in limits(),
    ) {
        let bytes = encode(&span, &limits);

        let expected = apply_limits(Span::from(span), &limits);
        let decoded = decode(&bytes);
        prop_assert_eq!(format!("{decoded:?}"), format!("{expected:?}"));
        prop_assert_eq!(decoded.encoded_len(), expected.encoded_len());
    }

    #[test]
    fn times_survive_to_the_nanosecond(start in time()) {
        let mut span = small_span();
        span.start_time = start;
        let decoded = decode(&encode(&span, &NO_LIMITS));
        prop_assert_eq!(decoded.start_time_unix_nano, Span::from(span).start_time_unix_nano);
    }
}

#[test]
fn spans_lie_end_to_end() {
    let mut out = Vec::new();
    encode_span(&mut out, &small_span(), &NO_LIMITS);
    encode_span(&mut out, &small_span(), &NO_LIMITS);
    let decoded = ScopeSpans::decode(&*out).unwrap();
    assert_eq!(decoded.spans, vec![Span::from(small_span()); 2]);
}

#[test]
fn the_last_value_of_a_key_wins_also_after_the_list_is_full() {
    let mut span = small_span();
    span.attributes =
        ["a", "b", "c", "a", "c"].into_iter().zip(1_i64..).map(pair).collect::<Vec<_>>();
    let limits = SpanLimitSettings { attributes_max: 2, ..NO_LIMITS };

    let decoded = decode(&encode(&span, &limits));

    let mut expected = small_span();
    expected.attributes = vec![pair(("a", 4)), pair(("b", 2))];
    expected.dropped_attributes_count = 2;
    assert_eq!(decoded, Span::from(expected));
}

#[test]
fn a_span_with_thousands_of_attributes_keeps_every_key_once() {
    for count in [511, 512, 513, 5_000] {
        let mut span = small_span();
        span.attributes = (0..count).map(|i| pair((format!("key.{i}"), i))).collect();
        span.attributes.push(pair(("key.0", -1)));

        let decoded = decode(&encode(&span, &NO_LIMITS));

        let mut expected = small_span();
        expected.attributes = (0..count).map(|i| pair((format!("key.{i}"), i))).collect();
        expected.attributes[0] = pair(("key.0", -1));
        assert_eq!(decoded, Span::from(expected), "{count} attributes");
    }
}

#[test]
fn a_string_is_cut_only_above_the_limit_and_between_characters() {
    for (text, expected) in
        [("", ""), ("né", "né"), ("né🦀", "né🦀"), ("né🦀x", "né🦀"), ("漢漢漢漢", "漢漢漢")]
    {
        let mut span = small_span();
        span.attributes = vec![KeyValue::new("k", text)];
        let limits = SpanLimitSettings { attribute_chars_max: Some(3), ..NO_LIMITS };

        let decoded = decode(&encode(&span, &limits));

        span.attributes = vec![KeyValue::new("k", expected)];
        assert_eq!(decoded, Span::from(span), "{text}");
    }
}

#[test]
fn surplus_events_are_counted_on_top_of_what_was_dropped_before() {
    let mut span = small_span();
    let event = |name: &'static str| Event::new(name, span.start_time, Vec::new(), 0);
    span.events.events = vec![event("first"), event("second")];
    span.events.dropped_count = u32::MAX - 1;
    for (events_max, dropped) in [(2, u32::MAX - 1), (1, u32::MAX), (0, u32::MAX)] {
        let decoded = decode(&encode(&span, &SpanLimitSettings { events_max, ..NO_LIMITS }));
        assert_eq!(decoded.events.len(), events_max as usize);
        assert_eq!(decoded.dropped_events_count, dropped);
    }
}

fn encode(span: &SpanData, limits: &SpanLimitSettings) -> Vec<u8> {
    let mut out = Vec::new();
    encode_span(&mut out, span, limits);
    out
}

fn decode(bytes: &[u8]) -> Span {
    let [span] = ScopeSpans::decode(bytes).unwrap().spans.try_into().unwrap();
    span
}

fn pair<K: Into<opentelemetry::Key>>((key, value): (K, i64)) -> KeyValue {
    KeyValue::new(key, Value::I64(value))
}

fn limits() -> impl Strategy<Value = SpanLimitSettings> {
    let chars_max = prop_oneof![Just(None), (0..10_usize).prop_map(Some)];
    (0..8_u32, 0..4_u32, 0..4_u32, 0..8_u32, 0..8_u32, chars_max).prop_map(
        |(attributes_max, events_max, links_max, per_event, per_link, attribute_chars_max)| {
            SpanLimitSettings {
                attributes_max,
                events_max,
                links_max,
                attributes_per_event_max: per_event,
                attributes_per_link_max: per_link,
                attribute_chars_max,
            }
        },
    )
}

fn apply_limits(mut span: Span, limits: &SpanLimitSettings) -> Span {
    let chars_max = limits.attribute_chars_max;
    let dropped;
    (span.attributes, dropped) = model::limited(span.attributes, limits.attributes_max, chars_max);
    span.dropped_attributes_count = span.dropped_attributes_count.saturating_add(dropped);

    let surplus = span.events.len().saturating_sub(limits.events_max as usize);
    span.events.truncate(limits.events_max as usize);
    span.dropped_events_count =
        span.dropped_events_count.saturating_add(u32::try_from(surplus).unwrap());
    for event in &mut span.events {
        let attributes = std::mem::take(&mut event.attributes);
        let dropped;
        (event.attributes, dropped) =
            model::limited(attributes, limits.attributes_per_event_max, chars_max);
        event.dropped_attributes_count = event.dropped_attributes_count.saturating_add(dropped);
    }

    let surplus = span.links.len().saturating_sub(limits.links_max as usize);
    span.links.truncate(limits.links_max as usize);
    span.dropped_links_count =
        span.dropped_links_count.saturating_add(u32::try_from(surplus).unwrap());
    for link in &mut span.links {
        let attributes = std::mem::take(&mut link.attributes);
        let dropped;
        (link.attributes, dropped) =
            model::limited(attributes, limits.attributes_per_link_max, chars_max);
        link.dropped_attributes_count = link.dropped_attributes_count.saturating_add(dropped);
    }
    span
}

fn small_span() -> SpanData {
    let start_time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
    SpanData {
        span_context: SpanContext::empty_context(),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "small".into(),
        start_time,
        end_time: start_time,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}
