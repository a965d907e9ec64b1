//! What of a trace context the official types cannot carry.

use std::iter;

use opentelemetry::Context;
use opentelemetry::trace::{TraceId, TraceState};

use crate::propagation::trace_context::tracestate::{Member, Members, members_of};

/// What came in, as a value of the context that all spans of the trace inherit.
///
/// `TraceState` refuses keys that are valid since Level 2, and the SDK clears the flags of a span
/// that it does not sample.
#[derive(Clone, Debug)]
pub(super) struct Received {
    /// The trace that this belongs to: another propagator may have the last word about the span.
    trace_id: TraceId,
    is_random: bool,
    /// The members that `TraceState` takes.
    state: TraceState,
    /// All members, where that is more than `state` holds.
    header: Option<Box<str>>,
}

impl Received {
    pub(super) fn new(trace_id: TraceId, is_random: bool, members: &Members<'_>) -> Self {
        let kept = &members.kept;
        if kept.is_empty() {
            return Self { trace_id, is_random, state: TraceState::NONE, header: None };
        }
        if let Ok(state) = TraceState::from_key_value(kept.iter().copied()) {
            return Self { trace_id, is_random, state, header: None };
        }
        let taken =
            kept.iter().filter(|member| TraceState::from_key_value(iter::once(**member)).is_ok());
        // Each alone was taken, so all are.
        let state = TraceState::from_key_value(taken.copied()).unwrap_or_default();
        Self { trace_id, is_random, state, header: Some(members.header().into()) }
    }

    /// What the context has of this trace.
    pub(super) fn of(context: &Context, trace_id: TraceId) -> Option<&Self> {
        context.get::<Self>().filter(|received| received.trace_id == trace_id)
    }

    /// Puts it into the context, unless a span without it is sent on in the same way.
    pub(super) fn keep_in(self, context: &Context) -> Context {
        let is_needed = !self.is_random || self.header.is_some();
        if is_needed || context.get::<Self>().is_some() {
            context.with_value(self)
        } else {
            context.clone()
        }
    }

    pub(super) const fn is_random(&self) -> bool {
        self.is_random
    }

    pub(super) const fn state(&self) -> &TraceState {
        &self.state
    }

    /// All members that came in, when `state` lacks some.
    pub(super) fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// The members that came in after what someone has made of those that could be seen: changed
    /// and new ones on the left, removed ones gone, all others in their order.
    pub(super) fn members_after<'a>(
        &'a self,
        header: &'a str,
        state: &'a TraceState,
    ) -> Vec<Member<'a>> {
        let is_in_header = |member: &Member<'_>| members_of(header).any(|other| other == *member);
        let mut members: Vec<_> = state.into_iter().filter(|m| !is_in_header(m)).collect();
        members.extend(members_of(header).filter(|(key, value)| match state.get(key) {
            Some(seen) => seen == *value,
            None => self.state.get(key).is_none(),
        }));
        members
    }
}
