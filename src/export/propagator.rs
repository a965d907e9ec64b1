//! How trace context and baggage travel between services.

use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

use crate::config::Propagator;

/// Returns the configured propagators as one that applies them in the configured order.
///
/// None configured: it injects nothing, extracts nothing and names no fields.
pub(crate) fn propagator(
    configured: &[Propagator],
) -> impl TextMapPropagator + Send + Sync + 'static {
    TextMapCompositePropagator::new(configured.iter().copied().map(single).collect())
}

fn single(propagator: Propagator) -> Box<dyn TextMapPropagator + Send + Sync> {
    match propagator {
        Propagator::Baggage => Box::new(BaggagePropagator::new()),
        Propagator::TraceContext => Box::new(TraceContextPropagator::new()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::baggage::BaggageExt;
    use opentelemetry::trace::{
        SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState,
    };
    use opentelemetry::{Context, KeyValue};

    use super::*;

    fn context() -> Context {
        let span = SpanContext::new(
            TraceId::from(7),
            SpanId::from(9),
            TraceFlags::SAMPLED,
            false,
            TraceState::NONE,
        );
        Context::new()
            .with_remote_span_context(span)
            .with_baggage([KeyValue::new("tenant", "blue")])
    }

    fn injected(configured: &[Propagator]) -> Vec<String> {
        let mut headers = HashMap::new();
        propagator(configured).inject_context(&context(), &mut headers);
        let mut names: Vec<_> = headers.into_keys().collect();
        names.sort();
        names
    }

    #[test]
    fn only_the_configured_propagators_inject() {
        use Propagator::{Baggage, TraceContext};
        assert_eq!(injected(&[]), Vec::<String>::new());
        assert_eq!(injected(&[Baggage]), ["baggage"]);
        assert_eq!(injected(&[TraceContext]), ["traceparent", "tracestate"]);
        assert_eq!(injected(&[TraceContext, Baggage]), ["baggage", "traceparent", "tracestate"]);
    }

    #[test]
    fn what_was_injected_is_extracted() {
        let both = propagator(&[Propagator::TraceContext, Propagator::Baggage]);
        let mut headers = HashMap::new();
        both.inject_context(&context(), &mut headers);
        let extracted = both.extract_with_context(&Context::new(), &headers);
        let span = extracted.span();
        assert_eq!(span.span_context().trace_id(), TraceId::from(7));
        assert_eq!(span.span_context().span_id(), SpanId::from(9));
        assert!(span.span_context().is_remote());
        assert_eq!(
            extracted.baggage().get("tenant").map(ToString::to_string).as_deref(),
            Some("blue")
        );
    }

    #[test]
    fn without_propagators_nothing_is_extracted() {
        let mut headers = HashMap::new();
        propagator(&[Propagator::TraceContext]).inject_context(&context(), &mut headers);
        let none = propagator(&[]);
        let extracted = none.extract_with_context(&Context::new(), &headers);
        assert!(!extracted.has_active_span());
        assert_eq!(none.fields().count(), 0);
    }
}
