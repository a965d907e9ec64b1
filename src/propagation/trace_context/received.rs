//! What of a trace context the official types cannot carry.

use std::iter;

use opentelemetry::Context;
use opentelemetry::trace::{TraceId, TraceState};

use crate::propagation::trace_context::tracestate::{Member, Members, members_of};

/// What came in, as a value of the context that all spans of the trace inherit.
#[derive(Clone, Debug)]
pub(super) struct Received {
    /// The trace that this belongs to: another propagator may have the last word about the span.
    trace_id: TraceId,
    /// The SDK clears the flags of a span that it does not sample.
    is_random: bool,
    whole_state: Option<WholeState>,
}

/// A `tracestate` of which `TraceState` holds a part: it refuses keys that are valid since Level 2.
#[derive(Clone, Debug)]
pub(super) struct WholeState {
    header: Box<str>,
    seen: TraceState,
}

impl Received {
    /// Returns it together with the state that the span's context can hold.
    pub(super) fn new(
        trace_id: TraceId,
        is_random: bool,
        members: &Members<'_>,
    ) -> (Self, TraceState) {
        let kept = &members.kept;
        if let Ok(state) = TraceState::from_key_value(kept.iter().copied()) {
            return (Self { trace_id, is_random, whole_state: None }, state);
        }
        let is_seen =
            |member: &&Member<'_>| TraceState::from_key_value(iter::once(**member)).is_ok();
        // Each alone was taken, so all are.
        let seen = TraceState::from_key_value(kept.iter().filter(is_seen).copied());
        let seen = seen.unwrap_or_default();
        let whole_state = WholeState { header: members.header().into(), seen: seen.clone() };
        (Self { trace_id, is_random, whole_state: Some(whole_state) }, seen)
    }

    /// What the context has of this trace.
    pub(super) fn of(context: &Context, trace_id: TraceId) -> Option<&Self> {
        context.get::<Self>().filter(|received| received.trace_id == trace_id)
    }

    /// Puts it into the context, unless a span is sent on in the same way without it.
    pub(super) fn keep_in(self, context: &Context) -> Context {
        let is_needed = !self.is_random || self.whole_state.is_some();
        if is_needed || context.get::<Self>().is_some() {
            context.with_value(self)
        } else {
            context.clone()
        }
    }

    pub(super) const fn is_random(&self) -> bool {
        self.is_random
    }

    pub(super) const fn whole_state(&self) -> Option<&WholeState> {
        self.whole_state.as_ref()
    }
}

impl WholeState {
    pub(super) fn header(&self) -> &str {
        &self.header
    }

    pub(super) const fn seen(&self) -> &TraceState {
        &self.seen
    }

    /// The members that came in after what someone has made of those that could be seen: changed
    /// and new ones on the left, removed ones gone, all others in their order.
    pub(super) fn members_after<'a>(&'a self, state: &'a TraceState) -> Vec<Member<'a>> {
        let came_in = || members_of(&self.header);
        let is_new = |member: &Member<'_>| came_in().all(|other| other != *member);
        let mut members: Vec<_> = state.into_iter().filter(is_new).collect();
        // One that was changed stands on the left already, and the left one of a key counts.
        let stays = |key: &str| state.get(key).is_some() || self.seen.get(key).is_none();
        members.extend(came_in().filter(|(key, _)| stays(key)));
        members
    }
}
