//! What is ignored is counted.

use beacon::collector::{Collector, ReceivedMetricValue};
use beacon::opentelemetry::baggage::BaggageExt as _;
use beacon::opentelemetry::propagation::TextMapPropagator as _;
use beacon::opentelemetry::{Context, KeyValue};
use beacon::propagation::{CarrierExtractor, CarrierInjector};
use http::HeaderMap;

use super::{P, T};
use crate::support::Service;

#[test]
fn what_is_ignored_is_counted_by_field_and_reason() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector).with_metrics().start();
    let propagator = service.telemetry.propagator();
    let extract = |pairs: &[(&'static str, &str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a value"));
        }
        propagator.extract(&CarrierExtractor::new(&headers))
    };
    let good = format!("00-{T}-{P}-01");

    // Nothing is lost here.
    drop(extract(&[]));
    drop(extract(&[("tracestate", "bad"), ("baggage", "a=1,,b=2;p")]));
    drop(extract(&[("traceparent", &good), ("tracestate", "a=1")]));
    // And here something is, each once for a request.
    drop(extract(&[("traceparent", "bad"), ("tracestate", "bad")]));
    drop(extract(&[("traceparent", &good), ("traceparent", &good)]));
    drop(extract(&[("traceparent", &good), ("tracestate", "bad")]));
    drop(extract(&[("traceparent", &good), ("tracestate", &long_state())]));
    drop(extract(&[("baggage", "bad,worse,a=1"), ("baggage", "bad")]));
    drop(extract(&[("baggage", &"a=1,".repeat(65))]));
    let long = KeyValue::new("a", "%".repeat(8_000));
    let context = Context::new().with_baggage([long]);
    let mut headers = HeaderMap::new();
    propagator.inject_context(&context, &mut CarrierInjector::new(&mut headers));
    assert!(headers.is_empty());

    service.telemetry.flush_blocking().expect("the collector is healthy");
    let points = collector.metric_points("beacon.propagation.dropped");
    let mut found: Vec<_> = points
        .iter()
        .map(|point| {
            let ReceivedMetricValue::Int(count) = point.value else {
                panic!("{point:?} is no count");
            };
            let text = |key: &str| {
                let found = point.attributes.iter().find(|(other, _)| other == key);
                found.map(|(_, value)| value.to_string()).unwrap_or_default()
            };
            (text("beacon.propagation.field"), text("beacon.drop.reason"), count)
        })
        .collect();
    found.sort_unstable();
    let expected = [
        ("baggage", "invalid", 1),
        ("baggage", "too_large", 2),
        ("traceparent", "invalid", 2),
        ("tracestate", "invalid", 1),
        ("tracestate", "too_large", 1),
    ];
    let expected = expected.map(|(field, reason, count)| (field.into(), reason.into(), count));
    assert_eq!(found, expected);
}

fn long_state() -> String {
    let value = "v".repeat(200);
    ["a", "b", "c"].map(|key| format!("{key}={value}")).join(",")
}
