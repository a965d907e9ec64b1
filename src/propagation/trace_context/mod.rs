//! W3C trace context, Level 2.

mod received;
mod traceparent;
mod tracestate;

#[cfg(test)]
mod tests;

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};

use crate::propagation::counters::{Fault, Field, PropagationCounters};
use crate::propagation::trace_context::received::Received;
use crate::propagation::trace_context::traceparent::TraceParent;
use crate::propagation::trace_context::tracestate::{BLANKS, Members};

/// Writes the active span of the context. Nothing without one.
pub(super) fn inject(
    context: &Context,
    injector: &mut dyn Injector,
    counters: &PropagationCounters,
) {
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return;
    }
    let received = Received::of(context, span.trace_id());
    let parent = TraceParent {
        trace_id: span.trace_id().to_bytes(),
        span_id: span.span_id().to_bytes(),
        is_sampled: span.is_sampled(),
        is_random: is_random(span, received),
    };
    injector.set(Field::TraceParent.name(), parent.header());
    let state = state_header(span.trace_state(), received, counters);
    if !state.is_empty() {
        injector.set(Field::TraceState.name(), state);
    }
}

/// Returns the context with the caller's span in it; unchanged when there is none or it is bad.
pub(super) fn extract(
    context: &Context,
    extractor: &dyn Extractor,
    counters: &PropagationCounters,
) -> Context {
    let Some(headers) = extractor.get_all(Field::TraceParent.name()) else {
        return context.clone();
    };
    // Two headers are no header: nobody knows which of them is meant.
    let only = match headers.as_slice() {
        [] => return context.clone(),
        [header] => TraceParent::parse(header.trim_matches(BLANKS)),
        _ => None,
    };
    let Some(parent) = only else {
        counters.add(Field::TraceParent, Fault::Invalid);
        return context.clone();
    };
    let headers = extractor.get_all(Field::TraceState.name()).unwrap_or_default();
    let members = Members::parse(headers);
    count(&members, counters);

    let trace_id = TraceId::from_bytes(parent.trace_id);
    let (received, state) = Received::new(trace_id, parent.is_random, &members);
    let random = if parent.is_random { RANDOM } else { TraceFlags::NOT_SAMPLED };
    let span = SpanContext::new(
        trace_id,
        SpanId::from_bytes(parent.span_id),
        random.with_sampled(parent.is_sampled),
        true,
        state,
    );
    received.keep_in(context).with_remote_span_context(span)
}

/// A trace id that came with a context is as random as its sender said. One that was made here is
/// random: the id generator is.
fn is_random(span: &SpanContext, received: Option<&Received>) -> bool {
    match received {
        Some(received) => received.is_random(),
        None => !span.is_remote() || span.trace_flags() & RANDOM == RANDOM,
    }
}

fn state_header(
    state: &TraceState,
    received: Option<&Received>,
    counters: &PropagationCounters,
) -> String {
    let members = match received.and_then(Received::whole_state) {
        Some(whole) if whole.seen() == state => return whole.header().to_owned(),
        Some(whole) => Members::check(whole.members_after(state)),
        None if state.into_iter().len() == 0 => return String::new(),
        None => Members::check(state),
    };
    count(&members, counters);
    members.header()
}

fn count(members: &Members<'_>, counters: &PropagationCounters) {
    if members.is_invalid {
        counters.add(Field::TraceState, Fault::Invalid);
    }
    if members.is_shortened {
        counters.add(Field::TraceState, Fault::TooLarge);
    }
}

/// Source: <https://www.w3.org/TR/trace-context-2/#random-trace-id-flag>
const RANDOM: TraceFlags = TraceFlags::new(0x02);
