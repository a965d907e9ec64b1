use std::collections::BTreeMap;

use opentelemetry::trace::TraceContextExt as _;

use super::*;
use crate::propagation::carrier::{CarrierExtractor, CarrierInjector};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Members of which the official type takes only `good` and `last`.
const MIXED: &str = "good=1,a@@b=2,last=3,c@d@e=4";

fn received(state: &str) -> Context {
    let carrier: BTreeMap<_, _> = [("traceparent", PARENT), ("tracestate", state)]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    extract(&Context::new(), &CarrierExtractor::new(&carrier), &PropagationCounters::default())
}

/// A child of the context's span, with the state that a sampler returned.
fn child(context: &Context, state: TraceState) -> Context {
    let parent = context.span();
    let parent = parent.span_context();
    let span =
        SpanContext::new(parent.trace_id(), SpanId::from(2), parent.trace_flags(), false, state);
    context.with_remote_span_context(span)
}

fn sent(context: &Context) -> (Option<String>, u64) {
    let mut carrier = BTreeMap::new();
    let counters = PropagationCounters::default();
    inject(context, &mut CarrierInjector::new(&mut carrier), &counters);
    (carrier.remove("tracestate"), counters.count(Field::TraceState, Fault::Invalid))
}

fn state(members: &[(&str, &str)]) -> TraceState {
    TraceState::from_key_value(members.iter().copied()).expect("it takes them")
}

#[test]
fn what_a_sampler_can_see_it_can_change() {
    let context = received(MIXED);
    let seen = context.span().span_context().trace_state().clone();
    assert_eq!(seen, state(&[("good", "1"), ("last", "3")]));
    let check = |made: TraceState, expected: &str| {
        assert_eq!(sent(&child(&context, made)), (Some(expected.to_owned()), 0));
    };
    check(seen.clone(), MIXED);
    let changed = seen.insert("last", "9").expect("it is valid");
    check(changed, "last=9,good=1,a@@b=2,c@d@e=4");
    let added = seen.insert("ot", "th:8").expect("it is valid");
    check(added, "ot=th:8,good=1,a@@b=2,last=3,c@d@e=4");
    let removed = seen.delete("good").expect("it is valid");
    check(removed, "a@@b=2,last=3,c@d@e=4");
    check(TraceState::NONE, "a@@b=2,c@d@e=4");
}

#[test]
fn what_is_made_here_is_valid_when_it_leaves() {
    let context = received("good=1");
    for bad in ["a\tb", "ä", "", "trailing "] {
        let made = context.span().span_context().trace_state().insert("bad", bad);
        let made = made.expect("the official type takes it");
        assert_eq!(sent(&child(&context, made)), (Some("good=1".to_owned()), 1), "{bad:?}");
    }
    let only = state(&[("", "1")]);
    assert_eq!(sent(&child(&context, only)), (None, 1));
}

#[test]
fn a_state_belongs_to_its_trace() {
    let context = received(MIXED);
    let other = SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        TraceFlags::SAMPLED,
        false,
        TraceState::NONE,
    );
    let mut carrier = BTreeMap::new();
    let counters = PropagationCounters::default();
    let context = context.with_remote_span_context(other);
    inject(&context, &mut CarrierInjector::new(&mut carrier), &counters);
    let expected = "00-00000000000000000000000000000001-0000000000000002-03";
    assert_eq!(carrier, BTreeMap::from([("traceparent".to_owned(), expected.to_owned())]));
}

#[test]
fn a_second_extraction_replaces_the_first() {
    let context = received(MIXED);
    let carrier = BTreeMap::from([("traceparent".to_owned(), PARENT.replace("-01", "-03"))]);
    let counters = PropagationCounters::default();
    let context = extract(&context, &CarrierExtractor::new(&carrier), &counters);
    let mut carrier = BTreeMap::new();
    inject(&context, &mut CarrierInjector::new(&mut carrier), &counters);
    let expected = PARENT.replace("-01", "-03");
    assert_eq!(carrier, BTreeMap::from([("traceparent".to_owned(), expected)]));
}

#[test]
fn nothing_valid_changes_nothing() {
    let before = received(MIXED);
    let carrier = BTreeMap::from([
        ("traceparent".to_owned(), "bad".to_owned()),
        ("tracestate".to_owned(), "other=1".to_owned()),
    ]);
    let counters = PropagationCounters::default();
    let after = extract(&before, &CarrierExtractor::new(&carrier), &counters);
    assert_eq!(after.span().span_context(), before.span().span_context());
    assert_eq!(sent(&after), (Some(MIXED.to_owned()), 0));
}

#[test]
fn a_context_made_by_hand_says_by_itself_whether_it_is_random() {
    for (flags, expected) in [(0_u8, "-00"), (1, "-01"), (2, "-02"), (3, "-03"), (0xFC, "-00")] {
        let span = SpanContext::new(
            TraceId::from(1),
            SpanId::from(2),
            TraceFlags::new(flags),
            true,
            TraceState::NONE,
        );
        let mut carrier = BTreeMap::new();
        let counters = PropagationCounters::default();
        let context = Context::new().with_remote_span_context(span);
        inject(&context, &mut CarrierInjector::new(&mut carrier), &counters);
        assert!(carrier["traceparent"].ends_with(expected), "{flags}: {carrier:?}");
    }
}

#[test]
fn spans_hold_each_key_once() {
    for (header, expected) in [("a=1,b=2,a=3", "a=1,b=2"), ("a=1,a=1", "a=1")] {
        let context = received(header);
        assert_eq!(context.span().span_context().trace_state().header(), expected);
    }
}

#[test]
fn a_child_without_flags_is_as_random_as_its_trace() {
    for (flags, state, expected) in
        [("01", MIXED, "-00"), ("03", MIXED, "-02"), ("01", "a=1", "-00"), ("03", "a=1", "-02")]
    {
        let carrier = BTreeMap::from([
            ("traceparent".to_owned(), PARENT.replace("-01", &format!("-{flags}"))),
            ("tracestate".to_owned(), state.to_owned()),
        ]);
        let counters = PropagationCounters::default();
        let context = extract(&Context::new(), &CarrierExtractor::new(&carrier), &counters);
        let trace_id = context.span().span_context().trace_id();
        let seen = context.span().span_context().trace_state().clone();
        let dropped =
            SpanContext::new(trace_id, SpanId::from(2), TraceFlags::default(), false, seen);
        let mut sent = BTreeMap::new();
        let context = context.with_remote_span_context(dropped);
        inject(&context, &mut CarrierInjector::new(&mut sent), &counters);
        assert!(sent["traceparent"].ends_with(expected), "{flags} {state}: {sent:?}");
        assert_eq!(sent["tracestate"], state);
    }
}
