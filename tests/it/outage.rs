//! A collector that is away for a minute loses nothing that fits the queue, and holds up nobody.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use beacon::collector::{AttributeValue, Collector, Fault, Times};
use beacon::testing::ManualClock;

use crate::support::{Service, drive, eventually};

const THREADS: u64 = 4;
const SECONDS: u64 = 60;
const ITEMS_A_SECOND: u64 = 20;
const ITEMS: u64 = THREADS * SECONDS * ITEMS_A_SECOND;

#[test]
fn all_that_fits_the_queue_arrives_once_after_a_minute_without_a_collector() {
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        let collector = Collector::start().expect("a collector starts");
        collector.pause_listening();
        let clock = ManualClock::new();
        let service = Service::builder(&collector)
            .clock(&clock)
            .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .start();
        record_for_a_minute(&service, &clock);
        assert_eq!((service.traces().held, service.logs().held), (ITEMS, ITEMS));
        collector.resume_listening().expect("the port is still ours");
        check_that_all_arrives_once(&service, &collector, &clock, protocol);
    }
}

#[test]
fn threads_that_record_finish_while_nothing_is_accepted() {
    // A connection that was good before, and a peer that takes requests and answers none.
    for protocol in ["http/protobuf", "grpc"] {
        let collector = Collector::start().expect("a collector starts");
        let clock = ManualClock::new();
        let service = Service::builder(&collector)
            .clock(&clock)
            .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .start();
        service.record_logs(1);
        drive(&clock, "the first record arrives", || service.logs().delivered == 1);
        collector.clear();
        collector.inject(Fault::Hang, Times::Always);
        record_for_a_minute(&service, &clock);
        let totals = collector.totals();
        assert_eq!((totals.spans(), totals.log_records()), (0, 0));
        assert_eq!((service.traces().held, service.logs().held), (ITEMS, ITEMS));
        // The peer dies and comes back in good health.
        collector.clear_faults();
        collector.pause_listening();
        collector.resume_listening().expect("the port is still ours");
        check_that_all_arrives_once(&service, &collector, &clock, protocol);
    }
}

#[test]
fn when_the_queue_is_full_the_newest_go_and_the_oldest_arrive() {
    let collector = Collector::start().expect("a collector starts");
    collector.pause_listening();
    let clock = ManualClock::new();
    let service =
        Service::builder(&collector).clock(&clock).set("BEACON_QUEUE_BYTES", "128KiB").start();
    service.record_spans(5_000);
    let full = service.traces();
    assert!(full.held > 100 && full.held < 5_000, "{full:?}");
    eventually("the loss is said", || !service.said("the queue is full").is_empty());
    let reasons = service.telemetry.health().reasons;
    assert!(reasons.iter().any(|reason| reason.contains("the queue was full")), "{reasons:?}");
    collector.resume_listening().expect("the port is still ours");
    drive(&clock, "the queue is delivered", || service.traces().held == 0);
    let mut numbers: Vec<_> = collector
        .spans()
        .iter()
        .filter_map(|span| span.attribute("n").and_then(AttributeValue::as_i64))
        .collect();
    numbers.sort_unstable();
    let held = i64::try_from(full.held).expect("it is small");
    assert!(numbers.iter().copied().eq(0..held), "{} of {held}", numbers.len());
    assert_eq!(service.said("the queue is full").len(), 1);
}

/// Records on several threads, and lets a second pass after each portion. Returns when the threads
/// have ended.
fn record_for_a_minute(service: &Service, clock: &ManualClock) {
    for _ in 0..SECONDS {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    service.record_spans(ITEMS_A_SECOND);
                    service.record_logs(ITEMS_A_SECOND);
                });
            }
        });
        clock.advance(Duration::from_secs(1));
    }
}

#[track_caller]
fn check_that_all_arrives_once(
    service: &Service,
    collector: &Collector,
    clock: &ManualClock,
    protocol: &str,
) {
    drive(clock, "everything arrives", || (service.traces().held, service.logs().held) == (0, 0));
    let totals = collector.totals();
    assert_eq!(totals.traces.duplicates, 0, "{protocol}");
    assert_eq!((totals.spans(), totals.log_records()), (ITEMS, ITEMS), "{protocol}");
    let ids: BTreeSet<_> = collector.spans().into_iter().map(|span| span.span_id).collect();
    assert_eq!(u64::try_from(ids.len()), Ok(ITEMS), "{protocol}");
    for report in [service.traces(), service.logs()] {
        assert_eq!(report.lost(), 0, "{protocol}: {report:?}");
        assert!(report.is_conserved(), "{protocol}: {report:?}");
    }
    assert_eq!(service.said("delivers traces to").len(), 1, "{protocol}");
}
