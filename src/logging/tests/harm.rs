//! What the user's own code may do inside an event, and what must never be recorded.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use opentelemetry::Context;
use tracing::dispatcher::with_default;
use tracing::{Callsite as _, Dispatch};

use super::recording::{Pipeline, Signals, recorded, settings};
use crate::export::processors::decode::{attribute, drain, text};

/// Hands the subscriber an event without asking `tracing` for the current subscriber: it has none
/// for an event inside an event, unless the subscriber is global, and none on a thread that ends.
fn send(dispatch: &Dispatch, message: &str) {
    let callsite = tracing::callsite! {
        name: "sent",
        kind: tracing::metadata::Kind::EVENT,
        fields: message
    };
    let metadata = callsite.metadata();
    let field = metadata.fields().field("message").unwrap();
    let values = [(&field, Some(&message as &dyn tracing::Value))];
    if dispatch.enabled(metadata) {
        dispatch.event(&tracing::Event::new(metadata, &metadata.fields().value_set(&values)));
    }
}

/// Logs while it is being formatted.
struct Chatty<'a>(&'a Dispatch);

impl fmt::Debug for Chatty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        send(self.0, "inner");
        f.write_str("chatty")
    }
}

#[test]
fn a_value_may_log_while_it_is_formatted() {
    let pipeline = Pipeline::default();
    let dispatch = pipeline.dispatch(Signals::Both, &settings());
    with_default(&dispatch, || {
        let _span = tracing::info_span!("span", value = ?Chatty(&dispatch)).entered();
        tracing::info!(before = 1, value = ?Chatty(&dispatch), after = 3, "outer");
    });
    let decoded = drain(&pipeline.intake);
    assert_eq!(decoded.bodies(), ["inner", "inner", "outer"]);
    let (_, outer) = &decoded.logs[2];
    assert_eq!(attribute(&outer.attributes, "value"), Some(&text("chatty")));
    assert_eq!(outer.attributes.len(), 3);
    assert_eq!(decoded.logs[1].1.span_id, decoded.span("span").span_id);
}

struct Panicking;

impl fmt::Debug for Panicking {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::resume_unwind(Box::new("broken Debug"))
    }
}

#[test]
fn a_value_that_panics_costs_its_own_record_only() {
    let pipeline = Pipeline::default();
    let dispatch = pipeline.dispatch(Signals::Both, &settings());
    with_default(&dispatch, || {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            tracing::info!(before = "half", value = ?Panicking, "lost");
        }));
        let payload = panicked.unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"broken Debug"));
        tracing::info!("next");
    });
    let decoded = drain(&pipeline.intake);
    assert_eq!(decoded.bodies(), ["next"]);
    assert!(decoded.logs[0].1.attributes.is_empty());
    assert_eq!(pipeline.counters.log_created.load(Relaxed), 1);
}

struct Failing;

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("so far")?;
        Err(fmt::Error)
    }
}

#[test]
fn a_value_that_fails_is_recorded_as_far_as_it_came() {
    let decoded = recorded(&settings(), || tracing::info!(value = %Failing, "kept"));
    assert_eq!(attribute(&decoded.logs[0].1.attributes, "value"), Some(&text("so far")));
}

#[test]
fn a_suppressed_thread_records_nothing() {
    let pipeline = Pipeline::default();
    let dispatch = pipeline.dispatch(Signals::Both, &settings());
    with_default(&dispatch, || {
        let _suppressed = Context::enter_telemetry_suppressed_scope();
        let _span = tracing::info_span!("span").entered();
        tracing::error!(value = ?Panicking, "never formatted");
    });
    let decoded = drain(&pipeline.intake);
    assert!(decoded.spans.is_empty() && decoded.logs.is_empty());
    assert_eq!(pipeline.counters.log_created.load(Relaxed), 0);
}

#[test]
fn diagnostics_of_the_sdk_are_not_recorded() {
    let decoded = recorded(&settings(), || {
        tracing::error!(target: "opentelemetry", "no");
        tracing::info!(target: "opentelemetry_sdk::trace", "no");
        tracing::info!(target: "opentelemetry-otlp", "no");
        tracing::info!(target: "shop::opentelemetry", "yes");
    });
    assert_eq!(decoded.bodies(), ["yes"]);
}

#[test]
fn records_are_counted_when_they_are_made() {
    let pipeline = Pipeline::default();
    let settings = crate::config::RecordingSettings { log_filter: "info".to_owned(), ..settings() };
    let dispatch = pipeline.dispatch(Signals::Both, &settings);
    with_default(&dispatch, || {
        tracing::info!("counted");
        tracing::debug!("stopped by the filter");
    });
    assert_eq!(pipeline.counters.log_created.load(Relaxed), 1);
}

#[test]
fn an_event_of_a_thread_that_ends_is_recorded() {
    struct Last(Dispatch);
    impl Drop for Last {
        fn drop(&mut self) {
            send(&self.0, "last words");
        }
    }
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });

    let pipeline = Pipeline::default();
    let dispatch = pipeline.dispatch(Signals::Both, &settings());
    let run = move || {
        // The first thread-local value that is used is the last one that dies.
        LAST.with(|last| *last.borrow_mut() = Some(Last(dispatch.clone())));
        with_default(&dispatch, || tracing::info!("alive"));
    };
    thread::Builder::new().spawn(run).unwrap().join().unwrap();
    assert_eq!(drain(&pipeline.intake).bodies(), ["alive", "last words"]);
}

#[test]
fn a_span_that_ends_with_its_thread_is_recorded() {
    thread_local!(static LAST: RefCell<Option<tracing::Span>> = const { RefCell::new(None) });

    let pipeline = Pipeline::default();
    let dispatch = pipeline.dispatch(Signals::Both, &settings());
    let run = move || {
        // As above. The span is the first that ends on this thread, when its context is gone.
        LAST.with(|last| {
            with_default(&dispatch, || {
                let span = tracing::info_span!("span");
                span.in_scope(|| ());
                *last.borrow_mut() = Some(span);
            });
        });
    };
    thread::Builder::new().spawn(run).unwrap().join().unwrap();
    assert_eq!(drain(&pipeline.intake).span("span").name, "span");
}
