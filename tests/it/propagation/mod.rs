//! W3C trace context through a whole service: what comes in, a span, what goes out.
//!
//! The cases are those of the public test suite of the specification, by the numbers that this
//! repository gives them. Source: <https://github.com/w3c/trace-context/tree/main/test>

mod beyond;
mod loss;
mod traceparent;
mod tracestate;

use beacon::opentelemetry::propagation::TextMapPropagator as _;
use beacon::propagation::{CarrierExtractor, CarrierInjector};
use beacon::tracing::{Span, info_span};
use beacon::tracing_opentelemetry::OpenTelemetrySpanExt as _;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::support::Service;

const T: &str = "0af7651916cd43dd8448eb211c80319c";
const P: &str = "b7ad6b7169203331";

/// What the case says about the trace id of outgoing requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Trace {
    New,
    Same,
}

/// A request of the service to the next one.
#[derive(Debug)]
struct Outgoing {
    trace_id: String,
    parent_id: String,
    flags: u8,
    state: Option<String>,
}

/// A service without a collector: what travels does not depend on delivery.
fn service(sampler: &str) -> Service {
    Service::builder_without_collector().set("OTEL_TRACES_SAMPLER", sampler).start()
}

/// One request comes in, and one span calls the next service so many times.
fn serve(service: &Service, incoming: &[(&str, &[u8])], calls: usize) -> Vec<Outgoing> {
    let mut headers = HeaderMap::new();
    for (name, value) in incoming {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        headers.append(name, HeaderValue::from_bytes(value).expect("a value"));
    }
    let propagator = service.telemetry.propagator();
    service.run(|| {
        let span = info_span!("server");
        let caller = propagator.extract(&CarrierExtractor::new(&headers));
        span.set_parent(caller).expect("it has not begun");
        span.in_scope(|| {
            let call = || {
                info_span!("client").in_scope(|| {
                    let mut headers = HeaderMap::new();
                    let context = Span::current().context();
                    let mut injector = CarrierInjector::new(&mut headers);
                    propagator.inject_context(&context, &mut injector);
                    drop(injector);
                    outgoing(&headers)
                })
            };
            (0..calls).map(|_| call()).collect()
        })
    })
}

/// Reads what goes out, by the grammar of version 00 and nothing more.
fn outgoing(headers: &HeaderMap) -> Outgoing {
    let only = |name: &str| -> Option<String> {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().expect("text").to_owned();
        assert!(values.next().is_none(), "{name} is sent twice");
        Some(value)
    };
    let parent = only("traceparent").expect("every request has a traceparent");
    let fields: Vec<_> = parent.split('-').collect();
    let &[version, trace_id, parent_id, flags] = fields.as_slice() else {
        panic!("{parent} has other fields");
    };
    let is_hex = |text: &str, len: usize| {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        text.len() == len && text.bytes().all(is_digit)
    };
    assert_eq!(version, "00");
    assert!(is_hex(trace_id, 32) && trace_id.contains(|digit| digit != '0'), "{parent}");
    assert!(is_hex(parent_id, 16) && parent_id.contains(|digit| digit != '0'), "{parent}");
    assert!(is_hex(flags, 2), "{parent}");
    let state = only("tracestate");
    assert_ne!(state.as_deref(), Some(""), "an empty header is not sent");
    Outgoing {
        trace_id: trace_id.to_owned(),
        parent_id: parent_id.to_owned(),
        flags: u8::from_str_radix(flags, 16).expect("it is hex"),
        state,
    }
}

/// One case: what comes in, which trace goes on, and with which `tracestate`.
fn check(case: &str, incoming: &[(&str, &str)], trace: Trace, state: Option<&str>) {
    let bytes: Vec<_> = incoming.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    check_bytes(case, &bytes, trace, state);
}

fn check_bytes(case: &str, incoming: &[(&str, &[u8])], trace: Trace, state: Option<&str>) {
    let out = serve(&service("parentbased_always_on"), incoming, 1).remove(0);
    let found = if out.trace_id == T { Trace::Same } else { Trace::New };
    assert_eq!(found, trace, "{case}: {out:?}");
    assert_ne!(out.parent_id, P, "{case}");
    assert_eq!(out.state.as_deref(), state, "{case}");
}

/// A `traceparent` alone.
fn check_parent(case: &str, value: &str, trace: Trace) {
    check(case, &[("traceparent", value)], trace, None);
}

/// A good `traceparent` and headers `tracestate`.
fn check_state(case: &str, headers: &[&str], expected: Option<&str>) {
    let parent = format!("00-{T}-{P}-01");
    let mut incoming = vec![("traceparent", parent.as_str())];
    incoming.extend(headers.iter().map(|header| ("tracestate", *header)));
    check(case, &incoming, Trace::Same, expected);
}
