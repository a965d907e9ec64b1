//! Generated spans, attributes and values.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

use opentelemetry::logs::AnyValue;
use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, Key, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use proptest::collection::vec;
use proptest::prelude::*;

/// Empty, short, around the lengths where a length takes another byte, and over 64 KiB.
pub(super) fn text() -> BoxedStrategy<String> {
    prop_oneof![
        2 => Just(String::new()),
        80 => ".{0,24}",
        6 => "[a-zß漢🦀]{30,140}",
        1 => (16_200..16_500_usize).prop_map(|len| "x".repeat(len)),
        1 => (11_000..12_000_usize).prop_map(|len| "é🦀".repeat(len)),
    ]
    .boxed()
}

pub(super) fn key() -> BoxedStrategy<String> {
    prop_oneof![1 => Just(String::new()), 20 => "[a-z.]{1,20}", 1 => "[a-z.ü]{100,150}"].boxed()
}

/// So few that they collide all the time.
pub(super) fn colliding_key() -> BoxedStrategy<String> {
    prop_oneof![Just(String::new()), "[a-c]{1,2}", "http\\.request\\.(method|header\\.[ab])"]
        .boxed()
}

pub(super) fn value() -> BoxedStrategy<Value> {
    let texts = || vec(text().prop_map(StringValue::from), 0..4);
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::I64),
        (-200_i64..200).prop_map(Value::I64),
        number().prop_map(Value::F64),
        text().prop_map(|text| Value::String(text.into())),
        vec(any::<bool>(), 0..5).prop_map(|values| Value::Array(Array::Bool(values))),
        vec(any::<i64>(), 0..40).prop_map(|values| Value::Array(Array::I64(values))),
        vec(number(), 0..20).prop_map(|values| Value::Array(Array::F64(values))),
        texts().prop_map(|values| Value::Array(Array::String(values))),
    ]
    .boxed()
}

pub(super) fn any_value() -> BoxedStrategy<AnyValue> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(AnyValue::Boolean),
        any::<i64>().prop_map(AnyValue::Int),
        number().prop_map(AnyValue::Double),
        text().prop_map(|text| AnyValue::String(text.into())),
        vec(any::<u8>(), 0..300).prop_map(|bytes| AnyValue::Bytes(Box::new(bytes))),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|values| AnyValue::ListAny(Box::new(values))),
            vec((key().prop_map(Key::from), inner), 0..4).prop_map(|entries| AnyValue::Map(
                Box::new(entries.into_iter().collect::<HashMap<_, _>>())
            )),
        ]
    })
    .boxed()
}

pub(super) fn attributes(key: BoxedStrategy<String>) -> BoxedStrategy<Vec<KeyValue>> {
    vec((key, value()).prop_map(|(key, value)| KeyValue::new(key, value)), 0..12).boxed()
}

pub(super) fn unique_attributes() -> BoxedStrategy<Vec<KeyValue>> {
    attributes(key())
        .prop_map(|mut attributes| {
            let mut keys = HashSet::new();
            attributes.retain(|attribute| keys.insert(attribute.key.clone()));
            attributes
        })
        .boxed()
}

pub(super) fn time() -> BoxedStrategy<SystemTime> {
    let offset = (0..4_000_000_000_u64, 0..1_000_000_000_u32)
        .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos));
    prop_oneof![
        1 => Just(SystemTime::UNIX_EPOCH),
        1 => Just(SystemTime::UNIX_EPOCH - Duration::from_secs(1)),
        20 => offset.prop_map(|offset| SystemTime::UNIX_EPOCH + offset),
    ]
    .boxed()
}

pub(super) fn span_context() -> BoxedStrategy<SpanContext> {
    let trace_state = vec(("[a-z][a-z0-9]{0,8}", "[a-z0-9]{1,100}"), 0..4)
        .prop_map(|pairs| TraceState::from_key_value(pairs).unwrap());
    (any::<u128>(), any::<u64>(), any::<u8>(), any::<bool>(), trace_state)
        .prop_map(|(trace_id, span_id, flags, is_remote, trace_state)| {
            SpanContext::new(
                TraceId::from(trace_id),
                SpanId::from(span_id),
                TraceFlags::new(flags),
                is_remote,
                trace_state,
            )
        })
        .boxed()
}

pub(super) fn span(attributes: &BoxedStrategy<Vec<KeyValue>>) -> BoxedStrategy<SpanData> {
    let head = (span_context(), parent(), any::<bool>(), kind(), text());
    let times = (time(), time());
    let own = (attributes.clone(), dropped());
    let events = (vec(event(attributes.clone()), 0..4), dropped());
    let links = (vec(link(attributes.clone()), 0..4), dropped());
    (head, times, own, events, links, status())
        .prop_map(|(head, times, own, (events, events_dropped), (links, links_dropped), status)| {
            let (span_context, parent_span_id, parent_span_is_remote, span_kind, name) = head;
            let mut span_events = SpanEvents::default();
            (span_events.events, span_events.dropped_count) = (events, events_dropped);
            let mut span_links = SpanLinks::default();
            (span_links.links, span_links.dropped_count) = (links, links_dropped);
            SpanData {
                span_context,
                parent_span_id,
                parent_span_is_remote,
                span_kind,
                name: name.into(),
                start_time: times.0,
                end_time: times.1,
                attributes: own.0,
                dropped_attributes_count: own.1,
                events: span_events,
                links: span_links,
                status,
                instrumentation_scope: InstrumentationScope::default(),
            }
        })
        .boxed()
}

fn event(attributes: BoxedStrategy<Vec<KeyValue>>) -> impl Strategy<Value = Event> {
    (text(), time(), attributes, dropped())
        .prop_map(|(name, time, attributes, dropped)| Event::new(name, time, attributes, dropped))
}

fn link(attributes: BoxedStrategy<Vec<KeyValue>>) -> impl Strategy<Value = Link> {
    (span_context(), attributes, dropped())
        .prop_map(|(context, attributes, dropped)| Link::new(context, attributes, dropped))
}

fn parent() -> impl Strategy<Value = SpanId> {
    prop_oneof![Just(SpanId::INVALID), any::<u64>().prop_map(SpanId::from)]
}

fn kind() -> impl Strategy<Value = SpanKind> {
    prop_oneof![
        Just(SpanKind::Client),
        Just(SpanKind::Consumer),
        Just(SpanKind::Internal),
        Just(SpanKind::Producer),
        Just(SpanKind::Server),
    ]
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Unset), Just(Status::Ok), text().prop_map(Status::error)]
}

fn dropped() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(0_u32), 1 => 1..300_u32, 1 => Just(u32::MAX)]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => any::<f64>(),
        1 => Just(f64::NAN),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(0.0),
    ]
}
