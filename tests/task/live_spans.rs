//! Spans that have not ended.

use std::time::Duration;

use beacon::task::RuntimeConfig;
use beacon::testing::{ManualClock, TestTelemetry};
use beacon::tracing::{self, info_span};

use crate::support::{eventually, without_timers};

const LIMIT: Duration = Duration::from_mins(10);
const LOOK: Duration = Duration::from_secs(15);

fn start(clock: &ManualClock) -> TestTelemetry {
    let config = RuntimeConfig::disabled().live_spans(true).span_age_limit(LIMIT);
    TestTelemetry::start_with(|b| without_timers(b).runtime(config).manual_clock(clock.clone()))
        .unwrap()
}

#[test]
fn unfinished_spans_are_listed_with_their_age() {
    let clock = ManualClock::new();
    let test = start(&clock);
    test.with(|| {
        let old = info_span!("old");
        clock.advance(Duration::from_secs(30));
        let young = info_span!(target: "shop::cart", "young");
        let listed = test.telemetry().live_spans();
        assert_eq!(listed.iter().map(|span| span.name).collect::<Vec<_>>(), ["old", "young"]);
        assert_eq!(listed[0].age, Duration::from_secs(30));
        assert_eq!((&*listed[1].target, &listed[1].trace_id), ("shop::cart", &None));
        let (trace_id, span_id) = (listed[0].trace_id.clone(), listed[0].span_id.clone());
        drop(old);
        let received = test.span("old").unwrap();
        assert_eq!(trace_id.as_ref(), Some(&received.span().trace_id));
        assert_eq!(span_id.as_ref(), Some(&received.span().span_id));
        assert_eq!(test.telemetry().live_spans().len(), 1);
        // What is not recorded is not listed either.
        let quiet = tracing::trace_span!("quiet");
        assert_eq!(test.telemetry().live_spans().len(), 2);
        test.telemetry().set_trace_filter("info").unwrap();
        let quieter = tracing::trace_span!("quieter");
        assert_eq!(test.telemetry().live_spans().len(), 2);
        drop((young, quiet, quieter));
        assert!(test.telemetry().live_spans().is_empty());
    });
}

#[test]
fn spans_older_than_the_limit_are_told_once_by_name() {
    let clock = ManualClock::new();
    let test = start(&clock);
    let overdue = || {
        let logs = test.logs().unwrap();
        logs.into_iter().filter(|log| log.event_name == "beacon.span.overdue").collect::<Vec<_>>()
    };
    let look = || {
        eventually(|| clock.next_wake_up() == Some(LOOK));
        clock.advance(LOOK);
        eventually(|| clock.next_wake_up() == Some(LOOK));
    };
    test.with(|| {
        let forgotten: Vec<_> = (0..3).map(|_| info_span!("forgotten")).collect();
        eventually(|| clock.next_wake_up() == Some(LOOK));
        clock.advance(LIMIT.checked_sub(LOOK).unwrap());
        look();
        eventually(|| overdue().len() == 1);
        let told = overdue();
        assert_eq!(told.len(), 1);
        let body = told[0].body.to_string();
        assert!(body.starts_with("3 spans `forgotten` have not ended after 600 s"), "{body}");
        assert_eq!(told[0].severity_text, "WARN");
        assert!(!told[0].trace_id.is_empty());
        let late = info_span!("late");
        look();
        look();
        assert_eq!(overdue().len(), 1);
        let count = test.metric("beacon.span.overdue.count").unwrap();
        assert_eq!(count.value(&[]).unwrap().as_i64(), Some(3));
        assert_eq!(
            test.metric("beacon.span.unlisted").unwrap().value(&[]).unwrap().as_i64(),
            Some(0)
        );
        drop(forgotten);
        look();
        let none =
            || test.metric("beacon.span.overdue.count").unwrap().value(&[]).unwrap().as_i64();
        eventually(|| none() == Some(0));
        assert_eq!(none(), Some(0));
        drop(late);
    });
}

#[test]
fn events_of_an_unfinished_span_are_bounded() {
    let test = TestTelemetry::start_with(|b| b.span_events(true).span_events_max(16)).unwrap();
    test.with(|| {
        let span = info_span!("long");
        span.in_scope(|| {
            for number in 0..1_000 {
                tracing::info!(number, "event");
            }
        });
    });
    let span = test.span("long").unwrap();
    assert_eq!(span.span().events.len(), 16);
    assert_eq!(span.span().dropped_events_count, 984);
}
