//! A collector that is absent, hangs or refuses: calls end by their deadline, say what is left, and
//! lose nothing by it.

use std::thread;
use std::time::Duration;

use beacon::collector::{Collector, Fault, Times};
use beacon::testing::ManualClock;
use beacon::{DropReason, HealthState, Signal};

use crate::support::{Service, drive, eventually, join_all};

#[test]
fn a_flush_that_cannot_end_says_what_is_held_and_loses_nothing() {
    for fault in [Fault::Hang, Fault::HttpStatus { code: 503, retry_after: None }] {
        let collector = Collector::start().expect("a collector starts");
        collector.inject(fault, Times::Always);
        let clock = ManualClock::new();
        let limit = Duration::from_secs(2);
        let service =
            Service::builder(&collector).clock(&clock).set("BEACON_SHUTDOWN_TIMEOUT", "2s").start();
        service.record_spans(3);
        service.record_logs(2);
        let error = thread::scope(|scope| {
            let flush = scope.spawn(|| service.telemetry.flush_blocking());
            eventually("both signals try", || {
                let attempts = collector.attempts();
                [Signal::Logs, Signal::Traces]
                    .iter()
                    .all(|signal| attempts.iter().any(|one| one.signal == Some(*signal)))
            });
            clock.advance(limit);
            flush.join().expect("a flush does not panic").expect_err("nothing was delivered")
        });
        let report = error.report();
        assert_eq!((report.traces.held, report.logs.held), (3, 2));
        assert!(report.is_conserved() && error.to_string().contains("held 3"), "{error}");
        collector.clear_faults();
        collector.pause_listening();
        collector.resume_listening().expect("the port is still ours");
        drive(&clock, "everything arrives", || {
            (service.traces().delivered, service.logs().delivered) == (3, 2)
        });
        assert_eq!((collector.totals().spans(), collector.totals().log_records()), (3, 2));
    }
}

#[test]
fn a_flush_ends_the_pause_of_a_destination() {
    let collector = Collector::start().expect("a collector starts");
    collector.inject(Fault::HttpStatus { code: 503, retry_after: None }, Times::ONCE);
    let clock = ManualClock::new();
    let service = Service::builder(&collector).clock(&clock).start();
    service.record_spans(3);
    service.hand_over(&clock);
    eventually("the pause begins", || clock.next_wake_up().is_some());
    let report = service.telemetry.flush_blocking().expect("the collector is well again");
    assert_eq!(report.traces.delivered, 3);
}

#[test]
fn a_flush_waits_out_the_pause_that_a_peer_asked_for() {
    let collector = Collector::start().expect("a collector starts");
    let hint = Some("200".to_owned());
    collector.inject(Fault::HttpStatus { code: 503, retry_after: hint }, Times::ONCE);
    let clock = ManualClock::new();
    let service =
        Service::builder(&collector).clock(&clock).set("BEACON_SHUTDOWN_TIMEOUT", "100ms").start();
    service.record_spans(3);
    service.hand_over(&clock);
    eventually("the pause begins", || clock.next_wake_up().is_some());
    let error = service.telemetry.flush_blocking().expect_err("the peer wants to be left alone");
    assert_eq!(error.report().traces.held, 3);
    assert_eq!(collector.attempts().len(), 1);
}

#[test]
fn a_storm_of_flushes_shares_the_work_and_shutdown_still_ends_well() {
    let collector = Collector::start().expect("a collector starts");
    let service = Service::builder(&collector).with_metrics().start();
    service.record_spans(100);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts");
    let results = runtime.block_on(join_all((0..1_000).map(|_| service.telemetry.flush())));
    assert_eq!(results.len(), 1_000);
    for result in results {
        let report = result.expect("the collector is healthy");
        assert_eq!((report.traces.delivered, report.traces.held), (100, 0));
    }
    let totals = collector.totals();
    assert_eq!(totals.traces.requests, 1);
    // One that runs when a flush begins is no use to it; the next one is of use to all.
    assert!(totals.metrics.requests <= 20, "{totals}");
    let report = runtime.block_on(service.telemetry.shutdown()).expect("nothing is left");
    assert!(report.is_conserved());
    assert_eq!(report.traces.delivered, 100);
}

#[test]
fn shutdown_against_any_failure_ends_by_its_deadline_and_counts_what_is_lost() {
    let unavailable = Fault::HttpStatus { code: 503, retry_after: None };
    for fault in [Some(Fault::Hang), Some(unavailable), Some(Fault::Refuse), None] {
        let collector = Collector::start().expect("a collector starts");
        match fault.clone() {
            Some(fault) => collector.inject(fault, Times::Always),
            None => collector.pause_listening(),
        }
        let service = Service::builder(&collector)
            .set("BEACON_SHUTDOWN_TIMEOUT", "200ms")
            .with_metrics()
            .start();
        service.record_spans(3);
        service.record_logs(2);
        let error = service.telemetry.shutdown_blocking().expect_err("nobody took anything");
        let report = error.report();
        assert!(report.is_conserved(), "{fault:?}: {report}");
        assert_eq!(report.traces.dropped.get(&DropReason::Shutdown), Some(&3), "{fault:?}");
        assert_eq!(report.logs.dropped.get(&DropReason::Shutdown), Some(&2), "{fault:?}");
        let lost: Vec<_> = error.lost().iter().map(|(signal, _)| *signal).collect();
        assert_eq!(lost, Signal::ALL, "{fault:?}: {error}");
        let cause = error.cause(Signal::Traces).expect("spans were lost");
        let expected = match fault {
            Some(Fault::Hang) => "the shutdown timeout came first",
            Some(Fault::HttpStatus { .. }) => "503",
            _ => "connect",
        };
        assert!(cause.contains(expected), "{fault:?}: {cause}");
        // What comes later is counted apart, and a second call says the same.
        service.record_spans(1);
        let again = service.telemetry.shutdown_blocking().expect_err("it was lost before");
        let late = again.report().traces.dropped.get(&DropReason::AlreadyShutdown);
        assert_eq!((late, again.lost()), (Some(&1), error.lost()), "{fault:?}");
    }
}

#[test]
fn a_connection_that_breaks_at_the_end_costs_nothing() {
    for protocol in ["http/protobuf", "grpc"] {
        let collector = Collector::start().expect("a collector starts");
        let service =
            Service::builder(&collector).set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol).start();
        service.record_spans(1);
        service.telemetry.flush_blocking().expect("the collector is healthy");
        // As a peer does that closes idle connections: the one in use breaks, a new one is good.
        collector.inject_for(Signal::Traces, Fault::Refuse, Times::ONCE);
        service.record_spans(4);
        let report = service.telemetry.shutdown_blocking().expect("new connections are good");
        assert_eq!(report.traces.delivered, 5, "{protocol}: {report}");
        // One that breaks again is given up.
        let service =
            Service::builder(&collector).set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol).start();
        collector.clear();
        collector.inject(Fault::Refuse, Times::Always);
        service.record_spans(4);
        service.telemetry.shutdown_blocking().expect_err("the collector refuses");
        assert!(collector.attempts().len() <= 2, "{protocol}");
    }
}

#[test]
fn one_signal_that_fails_does_not_keep_the_others_from_ending_well() {
    let collector = Collector::start().expect("a collector starts");
    collector.inject_for(Signal::Traces, Fault::Hang, Times::Always);
    let service =
        Service::builder(&collector).set("BEACON_SHUTDOWN_TIMEOUT", "2s").with_metrics().start();
    service.record_spans(3);
    service.record_logs(2);
    let error = service.telemetry.shutdown_blocking().expect_err("the spans hang");
    assert_eq!(error.lost(), [(Signal::Traces, 3)]);
    assert_eq!(error.report().logs.delivered, 2);
    assert!(error.report().metrics.delivered > 0);
    assert_eq!(collector.totals().log_records(), 2);
}

#[test]
fn shutdown_sends_what_a_failing_peer_takes_at_last() {
    let collector = Collector::start().expect("a collector starts");
    let hint = Some("300".to_owned());
    collector.inject(Fault::HttpStatus { code: 503, retry_after: hint }, Times::ONCE);
    let clock = ManualClock::new();
    let service = Service::builder(&collector).clock(&clock).start();
    service.record_spans(3);
    service.hand_over(&clock);
    eventually("the pause begins", || clock.next_wake_up().is_some());
    let report = service.telemetry.shutdown_blocking().expect("the collector is well again");
    assert_eq!(report.traces.delivered, 3);
    assert_eq!(clock.elapsed(), Duration::from_secs(5), "the pause was not waited for");
}

#[test]
fn a_failure_is_said_at_once_then_ever_more_rarely_and_recovery_once() {
    let collector = Collector::start().expect("a collector starts");
    collector.inject(Fault::HttpStatus { code: 503, retry_after: None }, Times::Always);
    let clock = ManualClock::new();
    let service = Service::builder(&collector).clock(&clock).start();
    service.record_spans(1);
    let minute = Duration::from_mins(1);
    drive(&clock, "two hours pass", || clock.elapsed() > minute * 120);
    assert!(collector.attempts().len() > 150);
    let said = service.said("cannot deliver traces");
    let times: Vec<_> = said.iter().map(|(at, _)| *at).collect();
    assert_eq!(times[0], Duration::from_secs(5), "{times:?}");
    for (index, pair) in times.windows(2).enumerate() {
        let pause = (minute * (1 << index)).min(minute * 60);
        let slack = Duration::from_secs(45);
        let actual = pair[1].saturating_sub(pair[0]);
        assert!(actual >= pause && actual <= pause + slack, "{index}: {times:?}");
    }
    assert_eq!(times.len(), 7, "after 0, 1, 3, 7, 15, 31 and 63 minutes: {times:?}");
    let is_safe = |line: &str| line.contains("503") && !line.contains('\n');
    assert!(said.iter().all(|(_, message)| is_safe(message)), "{said:?}");
    assert_eq!(service.telemetry.health().state, HealthState::Degraded);
    collector.clear_faults();
    drive(&clock, "the span arrives", || service.traces().delivered == 1);
    eventually("the recovery is said", || !service.said("delivers traces to").is_empty());
    service.record_spans(5);
    drive(&clock, "more spans arrive", || service.traces().delivered == 6);
    assert_eq!(service.said("delivers traces to").len(), 1);
    assert_eq!(service.telemetry.health().state, HealthState::Healthy);
}
