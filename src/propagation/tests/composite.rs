use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator as _;

use super::*;

fn injected(formats: &[Propagator]) -> Vec<String> {
    let mut headers = HashMap::new();
    composite(formats).inject_context(&context(), &mut headers);
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
fn fields_are_in_the_configured_order_and_each_once() {
    use Propagator::{Baggage, TraceContext};
    let fields =
        |formats: &[Propagator]| composite(formats).fields().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(fields(&[]), Vec::<String>::new());
    assert_eq!(fields(&[TraceContext, Baggage]), ["traceparent", "tracestate", "baggage"]);
    assert_eq!(fields(&[Baggage, TraceContext]), ["baggage", "traceparent", "tracestate"]);
    assert_eq!(fields(&[Baggage, Baggage]), ["baggage"]);
}

#[test]
fn formats_are_applied_in_the_configured_order() {
    #[derive(Default)]
    struct Names(Vec<String>);
    impl opentelemetry::propagation::Injector for Names {
        fn set(&mut self, name: &str, _value: String) {
            self.0.push(name.to_owned());
        }
    }
    let mut names = Names::default();
    composite(&[Propagator::Baggage, Propagator::TraceContext])
        .inject_context(&context(), &mut names);
    assert_eq!(names.0, ["baggage", "traceparent", "tracestate"]);
}

#[test]
fn what_was_injected_is_extracted() {
    let mut headers = HashMap::new();
    both().inject_context(&context(), &mut headers);
    let extracted = both().extract_with_context(&Context::new(), &headers);
    assert_eq!(extracted.span().span_context(), context().span().span_context());
    let tenant = extracted.baggage().get("tenant").map(ToString::to_string);
    assert_eq!(tenant.as_deref(), Some("blue"));
}

#[test]
fn without_propagators_nothing_is_extracted() {
    let mut headers = HashMap::new();
    both().inject_context(&context(), &mut headers);
    let extracted = composite(&[]).extract_with_context(&Context::new(), &headers);
    assert!(!extracted.has_active_span());
    assert!(extracted.baggage().is_empty());
}
