//! ERROR events and the status of their span.

use opentelemetry_proto::tonic::trace::v1::status::StatusCode;

use super::recording::{Signals, recorded_signals, settings};
use crate::config::RecordingSettings;
use crate::export::processors::decode::Decoded;

fn status(decoded: &Decoded, name: &str) -> (StatusCode, String) {
    let status = decoded.span(name).status.clone().unwrap_or_default();
    (status.code(), status.message)
}

fn check(signals: Signals, settings: &RecordingSettings, expected: StatusCode, code: fn()) {
    let decoded = recorded_signals(signals, settings, code);
    assert_eq!(status(&decoded, "span"), (expected, String::new()));
}

fn contextual() {
    let _span = tracing::info_span!("span").entered();
    tracing::error!("broken");
}

fn explicit() {
    let span = tracing::info_span!("span");
    tracing::error!(parent: &span, "broken");
}

#[test]
fn an_error_event_marks_its_span() {
    check(Signals::Both, &settings(), StatusCode::Error, contextual);
    check(Signals::Both, &settings(), StatusCode::Error, explicit);
}

#[test]
fn an_explicit_parent_is_marked_and_not_the_current_span() {
    let decoded = recorded_signals(Signals::Both, &settings(), || {
        let other = tracing::info_span!("other");
        let _current = tracing::info_span!("current").entered();
        tracing::error!(parent: &other, "broken");
        tracing::error!(parent: None, "broken");
    });
    assert_eq!(status(&decoded, "other").0, StatusCode::Error);
    assert_eq!(status(&decoded, "current").0, StatusCode::Unset);
}

#[test]
fn events_below_error_mark_nothing() {
    check(Signals::Both, &settings(), StatusCode::Unset, || {
        let _span = tracing::info_span!("span").entered();
        tracing::warn!("odd");
    });
}

#[test]
fn marking_can_be_switched_off() {
    let off = RecordingSettings { error_events_to_status: false, ..settings() };
    check(Signals::Both, &off, StatusCode::Unset, contextual);
    check(Signals::Traces, &off, StatusCode::Unset, explicit);
}

#[test]
fn marking_depends_neither_on_the_log_filter_nor_on_a_destination_for_logs() {
    let muted = RecordingSettings { log_filter: "off".to_owned(), ..settings() };
    for signals in [Signals::Both, Signals::Traces] {
        for code in [contextual, explicit] {
            check(signals, &settings(), StatusCode::Error, code);
            check(signals, &muted, StatusCode::Error, code);
        }
    }
}

#[test]
fn an_ok_that_the_user_set_stays() {
    check(Signals::Both, &settings(), StatusCode::Ok, || {
        let _span = tracing::info_span!("span", otel.status_code = "ok").entered();
        tracing::error!("broken");
    });
}

#[test]
fn diagnostics_of_the_sdk_mark_nothing() {
    check(Signals::Both, &settings(), StatusCode::Unset, || {
        let _span = tracing::info_span!("span").entered();
        tracing::error!(target: "opentelemetry_sdk", "export failed");
    });
}
