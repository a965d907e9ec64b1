//! Secrets of every kind, recorded in every way, searched for in the bytes that leave the process.

mod wiretap;

use std::error::Error;
use std::fmt;

use beacon::collector::{AttributeValue, Collector};
use beacon::opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider};
use beacon::opentelemetry::trace::{Span, Tracer, TracerProvider};
use beacon::opentelemetry::{Array, KeyValue, StringValue, Value};
use beacon::tracing;

use crate::redaction::wiretap::Wiretap;
use crate::support::Service;

const SECRETS: &str = include_str!("secrets.txt");
const LOOK_ALIKES: &str = include_str!("look_alikes.txt");

/// An error with a text, caused by another one with that text.
#[derive(Debug)]
struct Failure(String, Option<Box<Failure>>);

impl Failure {
    fn new(text: &str) -> Self {
        Self("outer".to_owned(), Some(Box::new(Self(text.to_owned(), None))))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

/// Records a text in every place that a text can be in.
fn record(service: &Service, text: &str) {
    let failure = Failure::new(text);
    let failure = &failure as &(dyn Error + 'static);
    service.run(|| {
        let span = tracing::info_span!(
            "work",
            otel.name = text,
            note = text,
            shown = %text,
            later = tracing::field::Empty,
            failure,
            otel.status_description = text,
        );
        span.record("later", text);
        let _entered = span.entered();
        tracing::info!("{text}");
        tracing::info!(message = text);
        tracing::warn!(note = text, shown = %text, bytes = text.as_bytes(), "fields");
        tracing::error!(failure, second = failure, "failed");
        tracing::info!(otel.event.name = text, "event");
    });
    record_by_api(service, text);
}

/// The same through the OpenTelemetry API.
fn record_by_api(service: &Service, text: &str) {
    let tracer = service.telemetry.tracer_provider().tracer("api");
    let mut span = tracer.start(text.to_owned());
    span.set_attribute(KeyValue::new("note", text.to_owned()));
    let list = Array::String(vec![StringValue::from(text.to_owned())]);
    span.set_attribute(KeyValue::new("list", Value::Array(list)));
    span.add_event(text.to_owned(), vec![KeyValue::new("note", text.to_owned())]);
    span.record_error(&Failure::new(text));
    span.end();

    let logger = service.telemetry.logger_provider().logger("api");
    let mut record = logger.create_log_record();
    let text = || AnyValue::from(text.to_owned());
    record.set_body(text());
    record.add_attribute("list", AnyValue::ListAny(Box::new(vec![AnyValue::Int(1), text()])));
    let map = [("note".into(), text())].into_iter().collect();
    record.add_attribute("map", AnyValue::Map(Box::new(map)));
    logger.emit(record);
}

fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    SECRETS.lines().map(|line| line.split_once('\t').expect("a secret and its text"))
}

#[test]
fn no_secret_leaves_the_process() {
    let collector = Collector::start().expect("a collector starts");
    let wiretap = Wiretap::start(&collector);
    let service = Service::builder(&collector)
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", wiretap.endpoint())
        .set("BEACON_SPAN_EVENTS", true)
        .start();
    for (_, text) in texts() {
        record(&service, text);
    }
    service.telemetry.shutdown_blocking().expect("the collector is healthy");
    // Everything came: five events, and one record by the API.
    assert_eq!(collector.logs().len(), SECRETS.lines().count() * 6);
    assert_eq!(collector.spans().len(), SECRETS.lines().count() * 2);
    let leaks: Vec<_> = texts().filter(|(secret, _)| wiretap.has_seen(secret)).collect();
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn no_look_alike_is_destroyed() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector).start();
    for text in LOOK_ALIKES.lines() {
        service
            .run(|| tracing::info_span!("work", note = text).in_scope(|| tracing::info!("{text}")));
    }
    service.telemetry.shutdown_blocking().expect("the collector is healthy");
    let expected: Vec<_> =
        LOOK_ALIKES.lines().map(|text| AttributeValue::String(text.to_owned())).collect();
    let bodies: Vec<_> = collector.logs().into_iter().map(|log| log.body).collect();
    let spans = collector.spans();
    let notes: Vec<_> = spans.iter().filter_map(|span| span.attribute("note").cloned()).collect();
    assert_eq!(bodies, expected);
    assert_eq!(notes, expected);
}

#[test]
fn a_secret_key_hides_values_of_every_type() {
    let collector = Collector::start().expect("a collector starts");
    let wiretap = Wiretap::start(&collector);
    let service =
        Service::builder(&collector).set("OTEL_EXPORTER_OTLP_ENDPOINT", wiretap.endpoint()).start();
    service.run(|| {
        let _span = tracing::info_span!("work", password = "canary-a", otp = 271_828).entered();
        tracing::info!(
            password = "canary-b",
            api_key = ?Some("canary-c"),
            access.token = %"canary-d",
            otp = 314_159,
            cvv = 2.5,
            session = true,
            secret = &b"canary-e"[..],
            "typed"
        );
    });
    service.telemetry.shutdown_blocking().expect("the collector is healthy");
    assert!(!wiretap.has_seen("canary"));
    let (logs, spans) = (collector.logs(), collector.spans());
    let hidden = AttributeValue::String("[redacted]".to_owned());
    for key in ["password", "api_key", "access.token", "otp", "cvv", "session", "secret"] {
        assert_eq!(logs[0].attribute(key), Some(&hidden), "{key}");
    }
    for key in ["password", "otp"] {
        assert_eq!(spans[0].attribute(key), Some(&hidden), "{key}");
    }
}

#[test]
fn redaction_can_be_changed_and_switched_off() {
    let cases = [
        ("BEACON_REDACT", "true", [true, false, false]),
        ("BEACON_REDACT_KEYS", "+plate,-password", [false, true, false]),
        ("BEACON_REDACT_EMAIL", "true", [true, false, true]),
        ("BEACON_REDACT", "false", [false, false, false]),
    ];
    for (variable, value, expected) in cases {
        let collector = Collector::start().expect("a collector starts");
        let service = Service::builder(&collector).set(variable, value).start();
        service.run(|| tracing::info!(password = "a", plate = "b", from = "bob@example.com"));
        service.telemetry.shutdown_blocking().expect("the collector is healthy");
        let logs = collector.logs();
        let hidden = AttributeValue::String("[redacted]".to_owned());
        let is_hidden =
            ["password", "plate", "from"].map(|key| logs[0].attribute(key) == Some(&hidden));
        assert_eq!(is_hidden, expected, "{variable}={value}");
    }
}
