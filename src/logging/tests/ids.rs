//! Records and the spans they belong to.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use tracing::Level;

use super::recording::{body, one_log, recorded, settings};
use crate::config::RecordingSettings;

fn assert_inside(log: &LogRecord, span: &Span) {
    assert_eq!(log.trace_id, span.trace_id, "{log:?}");
    assert_eq!(log.span_id, span.span_id, "{log:?}");
    assert_eq!(log.flags, 1);
}

fn assert_outside(log: &LogRecord) {
    assert!(log.trace_id.is_empty() && log.span_id.is_empty() && log.flags == 0, "{log:?}");
}

#[test]
fn a_record_has_the_ids_of_its_span_at_each_level() {
    let decoded = recorded(&settings(), || {
        tracing::trace_span!("TRACE").in_scope(|| tracing::info!("TRACE"));
        tracing::debug_span!("DEBUG").in_scope(|| tracing::info!("DEBUG"));
        tracing::info_span!("INFO").in_scope(|| tracing::info!("INFO"));
        tracing::warn_span!("WARN").in_scope(|| tracing::info!("WARN"));
        tracing::error_span!("ERROR").in_scope(|| tracing::info!("ERROR"));
    });
    assert_eq!(decoded.logs.len(), 5);
    for (_, log) in &decoded.logs {
        assert_inside(log, decoded.span(&body(log)));
    }
}

#[test]
fn the_innermost_span_counts_and_then_the_outer_one_again() {
    let decoded = recorded(&settings(), || {
        let _outer = tracing::info_span!("outer").entered();
        tracing::info_span!("inner").in_scope(|| tracing::info!("inner"));
        tracing::info!("outer");
    });
    assert_inside(&decoded.logs[0].1, decoded.span("inner"));
    assert_inside(&decoded.logs[1].1, decoded.span("outer"));
    assert_eq!(decoded.span("inner").parent_span_id, decoded.span("outer").span_id);
}

#[test]
fn an_explicit_parent_counts_entered_or_not() {
    let decoded = recorded(&settings(), || {
        let other = tracing::info_span!("other");
        let _current = tracing::info_span!("current").entered();
        tracing::info!(parent: &other, "not entered");
        other.in_scope(|| ());
        tracing::info!(parent: &other, "entered before");
        tracing::info!(parent: other.id(), "by id");
    });
    assert_eq!(decoded.logs.len(), 3);
    for (_, log) in &decoded.logs {
        assert_inside(log, decoded.span("other"));
    }
}

#[test]
fn an_event_without_a_span_has_no_ids() {
    assert_outside(&one_log(&settings(), || tracing::info!("outside")));
    assert_outside(&one_log(&settings(), || {
        let _current = tracing::info_span!("current").entered();
        tracing::info!(parent: None, "root");
    }));
}

#[test]
fn a_parent_that_is_gone_is_no_parent() {
    assert_outside(&one_log(&settings(), || {
        let id = tracing::info_span!("gone").id();
        tracing::info!(parent: id, "late");
    }));
}

#[test]
fn a_span_that_is_filtered_out_lends_no_ids() {
    let settings = RecordingSettings { trace_filter: "info".to_owned(), ..settings() };
    let decoded = recorded(&settings, || {
        let hidden = tracing::debug_span!("hidden");
        tracing::info!(parent: &hidden, "explicit");
        hidden.in_scope(|| tracing::info!("alone"));
        let _outer = tracing::info_span!("outer").entered();
        hidden.in_scope(|| tracing::info!("below"));
    });
    assert_eq!(decoded.span_names(), ["outer"]);
    assert_outside(&decoded.logs[0].1);
    assert_outside(&decoded.logs[1].1);
    // The next span around that is recorded is the one a reader finds the record under.
    assert_inside(&decoded.logs[2].1, decoded.span("outer"));
}

#[test]
fn an_attached_context_counts_without_any_tracing_span() {
    let remote = SpanContext::new(
        TraceId::from(7),
        SpanId::from(9),
        TraceFlags::NOT_SAMPLED,
        true,
        TraceState::NONE,
    );
    let log = one_log(&settings(), || {
        let _guard = Context::new().with_remote_span_context(remote.clone()).attach();
        tracing::event!(Level::INFO, "remote");
    });
    assert_eq!(log.trace_id, TraceId::from(7).to_bytes());
    assert_eq!(log.span_id, SpanId::from(9).to_bytes());
    assert_eq!(log.flags, 0);
}
