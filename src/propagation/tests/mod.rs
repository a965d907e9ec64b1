mod carriers;
mod composite;
mod properties;

use std::sync::Arc;

use opentelemetry::Context;
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};

use super::*;
use crate::config::Propagator;

fn composite(formats: &[Propagator]) -> CompositePropagator {
    CompositePropagator::new(formats, Arc::default())
}

fn both() -> CompositePropagator {
    composite(&[Propagator::TraceContext, Propagator::Baggage])
}

/// A context with everything that travels.
fn context() -> Context {
    let state = TraceState::from_key_value([("vendor", "1")]).expect("it is valid");
    let span =
        SpanContext::new(TraceId::from(7), SpanId::from(9), TraceFlags::SAMPLED, true, state);
    Context::new()
        .with_remote_span_context(span)
        .with_baggage([opentelemetry::KeyValue::new("tenant", "blue")])
}
