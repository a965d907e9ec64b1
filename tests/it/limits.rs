//! What one span and one log record may hold, and how what is missing is counted on them.

use beacon::collector::{AttributeValue, Collector};
use beacon::opentelemetry::KeyValue;
use beacon::opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use tracing::{info, info_span};

use crate::support::Service;

fn text(value: &str) -> AttributeValue {
    AttributeValue::String(value.to_owned())
}

#[test]
fn attributes_beyond_the_limits_are_cut_off_and_counted() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector)
        .set("OTEL_ATTRIBUTE_COUNT_LIMIT", "3")
        .set("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "2")
        .set("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4")
        .set("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2")
        .start();
    service.run(|| {
        info_span!("work", a = "äöüß!", b = 1, c = 2, d = 3).in_scope(|| {
            info!(a = "äöüß!", b = 1, c = 2, "a body that is longer");
        });
    });
    service.telemetry.shutdown_blocking().expect("the collector works");
    let (spans, logs) = (collector.spans(), collector.logs());
    assert_eq!(spans[0].attribute("a"), Some(&text("äö")));
    assert_eq!(logs[0].attribute("a"), Some(&text("äöüß")));
    assert_eq!(logs[0].body, text("a body that is longer"));
    assert_eq!(logs[0].attributes.len(), 2);
    assert_eq!(logs[0].dropped_attributes_count, 1);
    assert_eq!(spans[0].attributes.len(), 3);
    // `b`, `c`, `d` and what the recorder adds by itself.
    assert!(spans[0].dropped_attributes_count >= 1);
}

#[test]
fn events_and_links_have_limits_of_their_own() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector)
        .set("OTEL_SPAN_EVENT_COUNT_LIMIT", "2")
        .set("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "1")
        .start();
    let provider = service.telemetry.tracer_provider();
    let mut span = provider.tracer("test").start("work");
    for index in 0..5_i64 {
        span.add_event("event", vec![KeyValue::new("a", index), KeyValue::new("b", index)]);
    }
    span.end();
    service.telemetry.shutdown_blocking().expect("the collector works");
    let span = &collector.spans()[0];
    assert_eq!((span.events.len(), span.dropped_events_count), (2, 3));
    assert_eq!(span.events[0].attributes.len(), 1);
    assert_eq!(span.events[0].dropped_attributes_count, 1);
}
