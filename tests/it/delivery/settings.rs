//! The bounds of `OTEL_BSP_*` and `OTEL_BLRP_*`, exact.

use std::time::Duration;

use beacon::collector::{Collector, Fault, Times};
use beacon::testing::ManualClock;
use beacon::{DropReason, SignalReport};

use crate::support::{Service, drive, eventually};

#[test]
fn a_request_that_is_too_old_is_given_up() {
    let limit = Duration::from_secs(20);
    let record: [(&str, Record, Read); 2] = [
        ("OTEL_BSP_EXPORT_TIMEOUT", Service::record_spans, Service::traces),
        ("OTEL_BLRP_EXPORT_TIMEOUT", Service::record_logs, Service::logs),
    ];
    for (variable, record, read) in record {
        // A peer that hangs is cut off at the limit; one that refuses is asked again until then.
        for fault in [Fault::Hang, Fault::HttpStatus { code: 503, retry_after: None }] {
            let collector = Collector::start().expect("a collector starts");
            collector.inject(fault.clone(), Times::Always);
            let clock = ManualClock::new();
            let service =
                Service::builder(&collector).clock(&clock).set(variable, limit.as_millis()).start();
            record(&service, 3);
            service.hand_over(&clock);
            let first_attempt_at = clock.elapsed();
            if fault == Fault::Hang {
                eventually("the attempt begins", || clock.next_wake_up() == Some(limit));
            } else {
                eventually("the pause begins", || {
                    clock.next_wake_up().is_some_and(|next| next < Duration::from_secs(1))
                });
                clock.advance(Duration::from_secs(1));
                eventually("it is tried again", || collector.attempts().len() == 2);
            }
            drive(&clock, "the items are given up", || read(&service).held == 0);
            let age = clock.elapsed().saturating_sub(first_attempt_at);
            assert!(age >= limit, "{variable}, {fault:?}: {age:?}");
            let report = read(&service);
            assert_eq!(
                dropped(&report),
                [(DropReason::RetryExhausted, 3)],
                "{variable}, {fault:?}"
            );
            assert!(report.is_conserved());
        }
    }
}

type Record = fn(&Service, u64);
type Read = fn(&Service) -> SignalReport;

#[test]
fn without_a_limit_a_request_is_never_too_old() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    collector.pause_listening();
    let service =
        Service::builder(&collector).clock(&clock).set("OTEL_BSP_EXPORT_TIMEOUT", 0).start();
    service.record_spans(3);
    drive(&clock, "an hour passes", || clock.elapsed() > Duration::from_hours(1));
    assert_eq!(service.traces().held, 3);
    collector.resume_listening().expect("the port is still ours");
    drive(&clock, "the spans arrive", || service.traces().delivered == 3);
    assert_eq!(collector.totals().spans(), 3);
}

#[test]
fn the_bound_in_items_is_exact() {
    for bound in [1, 2, 10, 600] {
        for offered in [bound - 1, bound, bound + 1, 3 * bound] {
            let collector = Collector::start().expect("a collector starts");
            collector.inject(Fault::Hang, Times::Always);
            let clock = ManualClock::new();
            let service = Service::builder(&collector)
                .clock(&clock)
                .set("OTEL_BSP_MAX_QUEUE_SIZE", bound)
                .set("OTEL_BLRP_MAX_QUEUE_SIZE", bound)
                .set("BEACON_SHUTDOWN_TIMEOUT", "100ms")
                .start();
            service.record_spans(offered);
            service.record_logs(offered);
            let lost = offered.saturating_sub(bound);
            for report in [service.traces(), service.logs()] {
                assert_eq!(report.held, offered - lost, "{bound}, {offered}: {report:?}");
                assert_eq!(report.dropped.get(&DropReason::QueueFull).copied().unwrap_or(0), lost);
                assert!(report.is_conserved());
            }
            if offered > 0 {
                drive(&clock, "a request is in flight", || !collector.attempts().is_empty());
                // What is in flight still counts.
                service.record_spans(1);
                assert_eq!(service.traces().held, (offered + 1).min(bound));
            }
        }
    }
}

#[test]
fn room_is_given_back_when_items_are_settled() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service =
        Service::builder(&collector).clock(&clock).set("OTEL_BSP_MAX_QUEUE_SIZE", 10).start();
    for round in 1..=20 {
        service.record_spans(10);
        drive(&clock, "the spans arrive", || service.traces().delivered == 10 * round);
    }
    assert_eq!(dropped(&service.traces()), []);
}

#[test]
fn no_request_holds_more_items_than_the_setting_says() {
    let rows = [(7, 20, vec![7, 7, 6]), (1, 3, vec![1, 1, 1]), (512, 1_025, vec![512, 512, 1])];
    for (batch, spans, expected) in rows {
        let collector = Collector::start().expect("a collector starts");
        let clock = ManualClock::new();
        let service = Service::builder(&collector)
            .clock(&clock)
            .set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", batch)
            .set("BEACON_REQUESTS_IN_FLIGHT", 1)
            .start();
        service.record_spans(spans);
        // Full requests leave without waiting for the delay.
        let full = spans / batch * batch;
        eventually("full requests arrive", || service.traces().delivered >= full);
        drive(&clock, "the rest arrives", || service.traces().delivered == spans);
        let items: Vec<_> = collector.attempts().iter().map(|attempt| attempt.items).collect();
        assert_eq!(items, expected);
    }
}

#[test]
fn a_span_waits_for_the_schedule_delay_and_no_longer() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service =
        Service::builder(&collector).clock(&clock).set("OTEL_BSP_SCHEDULE_DELAY", 1_500).start();
    service.record_spans(1);
    let delay = Duration::from_millis(1_500);
    eventually("the delay begins", || clock.next_wake_up() == Some(delay));
    clock.advance(delay);
    eventually("the span arrives", || service.traces().delivered == 1);
}

#[test]
fn a_small_queue_is_sent_before_it_is_full() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .set("OTEL_BSP_MAX_QUEUE_SIZE", 100)
        .set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 100)
        .start();
    // Each thread has fewer open than a full request.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| service.record_spans(20));
        }
    });
    eventually("a part of it is sent", || service.traces().delivered > 0);
    assert_eq!(dropped(&service.traces()), []);
}

fn dropped(report: &SignalReport) -> Vec<(DropReason, u64)> {
    report.dropped.iter().map(|(reason, items)| (*reason, *items)).collect()
}
