use std::collections::{BTreeMap, HashMap};
use std::process::Command;

use http::{HeaderMap, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator as _};
use tonic::metadata::MetadataMap;

use super::*;
use crate::config::Environment;

const PARENT: &str = "00-00000000000000000000000000000007-0000000000000009-01";

fn inject_into<C: CarrierMut + ?Sized>(context: &Context, carrier: &mut C) {
    both().inject_context(context, &mut CarrierInjector::new(carrier));
}

fn extract_from<C: Carrier + ?Sized>(carrier: &C) -> Context {
    both().extract_with_context(&Context::new(), &CarrierExtractor::new(carrier))
}

/// Checks that a carrier brings what the other end wrote.
fn check_arrived(context: &Context) {
    assert!(context.span().span_context().is_remote());
    assert_eq!(context.span().span_context().span_id(), SpanId::from(9));
    assert_eq!(context.span().span_context().trace_state().header(), "vendor=1");
    assert_eq!(context.baggage().get("tenant").map(ToString::to_string), Some("blue".into()));
}

/// Checks a carrier of any kind: written, read, written again.
fn check<C: Carrier + CarrierMut>(mut carrier: C) {
    carrier.set("baggage", "old=1".to_owned());
    inject_into(&context(), &mut carrier);
    check_arrived(&extract_from(&carrier));
    assert_eq!(carrier.values_of("TraceParent"), [PARENT]);
    let mut names = carrier.names();
    names.sort_unstable();
    assert_eq!(names, ["baggage", "traceparent", "tracestate"]);

    // The next span has no state, and the one before it is not its.
    let span = SpanContext::new(
        TraceId::from(8),
        SpanId::from(9),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    );
    inject_into(&Context::new().with_remote_span_context(span), &mut carrier);
    assert_eq!(carrier.values_of("tracestate"), [""; 0]);
    assert_eq!(carrier.values_of("traceparent").len(), 1);
}

#[test]
fn every_kind_of_carrier_brings_it_over() {
    check(HeaderMap::new());
    check(MetadataMap::new());
    check(HashMap::<String, String>::new());
    check(BTreeMap::<String, String>::new());
}

#[test]
fn without_a_span_a_carrier_keeps_what_it_has() {
    let mut headers = HeaderMap::new();
    headers.append("traceparent", HeaderValue::from_static(PARENT));
    headers.append("tracestate", HeaderValue::from_static("a=1"));
    let before = headers.clone();
    inject_into(&Context::new(), &mut headers);
    assert_eq!(headers, before);
}

#[test]
fn injectors_and_extractors_of_others_are_carriers() {
    let mut map: HashMap<String, String> = HashMap::new();
    let injector: &mut dyn Injector = &mut map;
    inject_into(&context(), injector);
    let extractor: &dyn Extractor = &map;
    check_arrived(&extract_from(extractor));
    let carrier: &dyn Carrier = &map;
    check_arrived(&extract_from(carrier));
    let mut names = extractor.names();
    names.sort_unstable();
    assert_eq!(names, ["baggage", "traceparent", "tracestate"]);
}

#[test]
fn several_lines_are_seen_where_a_carrier_can_hold_them() {
    let mut metadata = MetadataMap::new();
    metadata.append("traceparent", PARENT.parse().expect("a value"));
    for state in ["a=1", "b=2"] {
        metadata.append("tracestate", state.parse().expect("a value"));
    }
    let context = extract_from(&metadata);
    assert_eq!(context.span().span_context().trace_state().header(), "a=1,b=2");
    metadata.append("traceparent", PARENT.parse().expect("a value"));
    assert!(!extract_from(&metadata).has_active_span());
}

#[test]
fn maps_know_names_in_any_letter_case() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let map = HashMap::from([pair("TraceParent", PARENT), pair("TRACESTATE", "vendor=1")]);
    assert!(extract_from(&map).has_active_span());
    let mut twice = map.clone();
    twice.insert("traceparent".to_owned(), PARENT.to_owned());
    assert!(!extract_from(&twice).has_active_span());
    CarrierMut::set(&mut twice, "traceparent", "new".to_owned());
    assert_eq!(twice.values_of("traceparent"), ["new"]);
}

#[test]
fn a_value_that_is_no_text_is_seen() {
    let mut headers = HeaderMap::new();
    headers.append("traceparent", HeaderValue::from_static(PARENT));
    headers.append("traceparent", HeaderValue::from_bytes(b"\xFF").expect("a value"));
    assert_eq!(headers.values_of("traceparent"), [PARENT, NO_TEXT]);
    assert!(!extract_from(&headers).has_active_span());
}

#[test]
fn a_pair_that_a_carrier_cannot_hold_changes_nothing() {
    let mut headers = HeaderMap::new();
    headers.set("bad name", "value".to_owned());
    headers.set("name", "line\nbreak".to_owned());
    assert!(headers.is_empty());
    let mut metadata = MetadataMap::new();
    metadata.set("name-bin", "value".to_owned());
    assert!(metadata.is_empty());
    let mut command = Command::new("nothing");
    command.set("name", "zero\0byte".to_owned());
    assert_eq!(command.get_envs().count(), 0);
}

#[test]
fn the_environment_hands_it_to_child_processes() {
    let mut command = Command::new("nothing");
    command.env("TRACESTATE", "old=1");
    inject_into(&context(), &mut command);
    let variables: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned())))
        .collect();
    let names: Vec<_> = variables.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["BAGGAGE", "TRACEPARENT", "TRACESTATE"]);
    check_arrived(&extract_from(&Environment::from_iter(variables)));
}

#[test]
fn a_child_inherits_no_state_of_another_span() {
    let span = context().span().span_context().clone();
    let bare = SpanContext::new(
        span.trace_id(),
        span.span_id(),
        span.trace_flags(),
        true,
        TraceState::NONE,
    );
    let mut command = Command::new("nothing");
    inject_into(&Context::new().with_remote_span_context(bare), &mut command);
    let removed: Vec<_> =
        command.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
    assert_eq!(removed, ["TRACESTATE"]);
}

#[test]
fn only_names_as_they_are_written_are_names_of_an_environment() {
    let environment =
        Environment::from_iter([("TRACEPARENT", PARENT), ("traceparent", "x"), ("Path", "y")]);
    assert_eq!(Carrier::names(&environment), ["TRACEPARENT"]);
    assert_eq!(environment.values_of("traceparent"), [PARENT]);
    assert!(extract_from(&environment).has_active_span());
}
