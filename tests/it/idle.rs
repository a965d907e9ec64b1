//! A service that does nothing wakes nobody up. What the processor spends is in `idle_cpu.rs`, a
//! process of its own.

use std::time::Duration;

use beacon::collector::{Collector, Fault, Times};
use beacon::testing::ManualClock;

use crate::support::{Service, drive, eventually};

#[test]
fn nobody_waits_for_the_clock_when_everything_is_delivered() {
    for protocol in ["http/protobuf", "grpc"] {
        let collector = Collector::start().expect("a collector starts");
        // Also after a failure, a retry and a flush.
        let unavailable = Fault::HttpStatus { code: 503, retry_after: None };
        collector.inject(unavailable, Times::Next(3));
        let clock = ManualClock::new();
        let service = Service::builder(&collector)
            .clock(&clock)
            .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .start();
        assert_eq!(clock.next_wake_up(), None, "{protocol}: before the first item");
        service.record_spans(10);
        service.record_logs(10);
        drive(&clock, "everything is delivered", || {
            (service.traces().delivered, service.logs().delivered) == (10, 10)
        });
        eventually("all sleepers are gone", || clock.next_wake_up().is_none());
        service.telemetry.flush_blocking().expect("there is nothing to do");
        eventually("all sleepers are gone", || clock.next_wake_up().is_none());
    }
}

#[test]
fn the_limit_of_an_attempt_is_forgotten_when_it_ends() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .set("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000)
        .set("OTEL_BSP_SCHEDULE_DELAY", 0)
        .set("OTEL_BSP_EXPORT_TIMEOUT", 30_000)
        .start();
    service.record_spans(10);
    eventually("the spans are delivered", || service.traces().delivered == 10);
    eventually("all sleepers are gone", || clock.next_wake_up().is_none());
}

#[test]
fn only_the_metric_interval_is_left() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service = Service::builder(&collector).clock(&clock).with_metrics().start();
    let interval = Duration::from_mins(1);
    eventually("the interval begins", || clock.next_wake_up() == Some(interval));
    service.record_spans(10);
    eventually("the delay begins", || clock.next_wake_up() == Some(Duration::from_secs(5)));
    clock.advance(Duration::from_secs(5));
    eventually("the spans arrive", || service.traces().delivered == 10);
    eventually("the interval is left", || clock.next_wake_up() == Some(Duration::from_secs(55)));
    for minutes in 1..=10 {
        clock.advance(clock.next_wake_up().expect("the interval"));
        let metrics = || collector.totals().metrics.requests;
        eventually("the metrics arrive", || metrics() == minutes);
        eventually("the interval is left", || clock.next_wake_up() == Some(interval));
    }
    assert_eq!(collector.totals().traces.requests, 1);
}

#[test]
fn a_delay_of_zero_sends_at_once_and_then_rests() {
    let collector = Collector::start().expect("a collector starts");
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .set("OTEL_BSP_SCHEDULE_DELAY", 0)
        .set("OTEL_BLRP_SCHEDULE_DELAY", 0)
        .start();
    for round in 1..=5 {
        service.record_spans(1);
        service.record_logs(1);
        eventually("both arrive", || {
            (service.traces().delivered, service.logs().delivered) == (round, round)
        });
    }
    assert_eq!(clock.next_wake_up(), None);
    let totals = collector.totals();
    assert_eq!((totals.traces.requests, totals.logs.requests), (5, 5));
}
