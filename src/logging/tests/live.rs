//! Filters change while spans are open and call-sites are known.

use std::sync::Arc;

use tracing::Dispatch;
use tracing::dispatcher::with_default;

use super::recording::{Pipeline, Signals, settings};
use crate::config::RecordingSettings;
use crate::export::processors::decode::{Decoded, drain};
use crate::logging::{FilterError, Filtered, LiveFilters, registry};

/// Runs code under filters that begin as `info` and that it may change.
fn live(code: impl FnOnce(&Arc<LiveFilters>)) -> Decoded {
    let (log_filter, trace_filter) = ("info".to_owned(), "info".to_owned());
    let settings = RecordingSettings { log_filter, trace_filter, ..settings() };
    let filters = LiveFilters::new(&settings, None).unwrap();
    let pipeline = Pipeline::default();
    let parts = pipeline.parts_with(Signals::Both, &settings, Arc::clone(&filters));
    let dispatch = Dispatch::new(registry(parts).unwrap());
    with_default(&dispatch, || code(&filters));
    drain(&pipeline.intake)
}

fn debug(message: &str) {
    tracing::debug!("{message}");
}

#[test]
fn a_call_site_that_is_known_follows_each_change() {
    let decoded = live(|filters| {
        debug("1");
        for (directives, message) in
            [("debug", "2"), ("info", "3"), ("off,beacon::logging=debug", "4"), ("trace", "5")]
        {
            filters.set(Filtered::Events, directives).unwrap();
            debug(message);
        }
    });
    assert_eq!(decoded.bodies(), ["2", "4", "5"]);
}

#[test]
fn a_change_returns_what_was_in_force() {
    live(|filters| {
        assert_eq!(filters.set(Filtered::Events, " warn , shop=debug ").unwrap(), "info");
        assert_eq!(filters.get(Filtered::Events), "warn,shop=debug");
        assert_eq!(filters.set(Filtered::Events, "off").unwrap(), "warn,shop=debug");
        assert_eq!(filters.get(Filtered::Spans), "info");
    });
}

#[test]
fn a_bad_directive_changes_nothing() {
    let decoded = live(|filters| {
        let table = [("shop=loud", "shop=loud"), ("debug,[x", "[x"), ("", ""), (" , ", " , ")];
        for (text, bad) in table {
            let error = filters.set(Filtered::Events, text).unwrap_err();
            assert_eq!(error, FilterError::BadDirective { directive: bad.to_owned() });
            let message =
                format!("expected filter directives such as `info,hyper=warn`, got `{bad}`");
            assert_eq!(error.to_string(), message);
        }
        // The parser of `tracing-subscriber` panics on blanks of several bytes.
        filters.set(Filtered::Events, "\u{2003}info\u{2003}").unwrap();
        assert_eq!(filters.get(Filtered::Events), "info");
        debug("no");
    });
    assert!(decoded.logs.is_empty());
}

#[test]
fn directives_about_spans_can_come_and_go() {
    let decoded = live(|filters| {
        let early = tracing::info_span!("inside", id = 7);
        filters.set(Filtered::Events, "off,[inside{id=7}]=info").unwrap();
        early.in_scope(|| tracing::info!("a span from before"));
        let _span = tracing::info_span!("inside", id = 7).entered();
        tracing::info!("named");
        filters.set(Filtered::Events, "info").unwrap();
        tracing::info!("anything");
        filters.set(Filtered::Events, "off,[inside]=info").unwrap();
        tracing::info!("entered before");
    });
    assert_eq!(decoded.bodies(), ["named", "anything"]);
}

#[test]
fn a_span_that_has_begun_ends_as_it_began() {
    let decoded = live(|filters| {
        let begun = tracing::info_span!("begun").entered();
        filters.set(Filtered::Spans, "off").unwrap();
        {
            let _unseen = tracing::info_span!("unseen").entered();
            tracing::info!("inside");
        }
        drop(begun);
        filters.set(Filtered::Spans, "info").unwrap();
        tracing::info_span!("again").in_scope(|| ());
    });
    assert_eq!(decoded.span_names(), ["begun", "again"]);
    assert_eq!(decoded.logs[0].1.span_id, decoded.span("begun").span_id);
}

#[test]
fn layers_that_are_gone_are_forgotten() {
    let settings = settings();
    let filters = LiveFilters::new(&settings, None).unwrap();
    let pipeline = Pipeline::default();
    for _ in 0..3 {
        drop(registry(pipeline.parts_with(Signals::Both, &settings, Arc::clone(&filters))));
    }
    filters.set(Filtered::Events, "info").unwrap();
    let parts = pipeline.parts_with(Signals::Both, &settings, Arc::clone(&filters));
    let dispatch = Dispatch::new(registry(parts).unwrap());
    with_default(&dispatch, || {
        tracing::info!("yes");
        debug("no");
    });
    assert_eq!(drain(&pipeline.intake).bodies(), ["yes"]);
}

#[test]
fn a_slip_is_refused_as_at_start() {
    for text in ["info;debug", "info debug", "warning", "7", ""] {
        assert!(crate::logging::live::canonical(text).is_err(), "{text}");
    }
    assert_eq!(crate::logging::live::canonical(" info , a=debug ").unwrap(), "info,a=debug");
}
