//! How long a request waits before it is tried again, on a driven clock.

use std::time::Duration;

use beacon::collector::{AttemptAnswer, Collector, Fault, Times};
use beacon::testing::ManualClock;

use crate::support::{Service, drive, eventually};

#[test]
fn a_hint_over_http_is_never_undercut() {
    // The clock stands at 2020-01-01T00:00:05Z when the answer comes.
    let rows = [
        ("7", 7_000..=7_700),
        ("120", 120_000..=132_000),
        ("Wed, 01 Jan 2020 00:00:47 GMT", 42_000..=46_200),
        // Hostile, and cut to five minutes.
        ("1000000000", 300_000..=330_000),
        ("99999999999999999999999999", 300_000..=330_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300_000..=330_000),
        // No hint at all.
        ("0", USUAL),
        ("-7", USUAL),
        ("soon", USUAL),
        ("7.5", USUAL),
        ("Tue, 31 Dec 2019 23:59:59 GMT", USUAL),
        ("Wed, 99 Jan 2020 99:99:99 GMT", USUAL),
    ];
    for (hint, expected) in rows {
        for code in [429, 503] {
            let retry_after = Some(hint.to_owned());
            let pause = pause_after("http/protobuf", Fault::HttpStatus { code, retry_after });
            assert!(expected.contains(&pause), "{code}, {hint}: {pause} ms");
        }
    }
    for code in [502, 504] {
        let retry_after = Some("7".to_owned());
        let pause = pause_after("http/json", Fault::HttpStatus { code, retry_after });
        assert!((7_000..=7_700).contains(&pause), "{code}: {pause} ms");
    }
}

#[test]
fn a_hint_over_grpc_is_never_undercut() {
    let rows = [
        (14, Duration::from_millis(3_500), 3_500..=3_850),
        (8, Duration::from_secs(9), 9_000..=9_900),
        (10, Duration::from_secs(1_000_000_000), 300_000..=330_000),
        (14, Duration::ZERO, USUAL),
    ];
    for (code, hint, expected) in rows {
        let pause = pause_after("grpc", Fault::GrpcStatus { code, retry_info: Some(hint) });
        assert!(expected.contains(&pause), "{code}, {hint:?}: {pause} ms");
    }
}

#[test]
fn pauses_without_a_hint_double_up_to_thirty_seconds() {
    let collector = Collector::start().expect("a collector starts");
    collector.inject(Fault::HttpStatus { code: 503, retry_after: None }, Times::Always);
    let clock = ManualClock::new();
    let service = Service::builder(&collector).clock(&clock).start();
    service.record_spans(1);
    service.hand_over(&clock);
    for (failures, expected) in
        (1..).zip([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    {
        eventually("the attempt fails", || collector.attempts().len() == failures);
        eventually("the pause begins", || clock.next_wake_up().is_some());
        let pause = clock.next_wake_up().expect("someone waits");
        let expected = Duration::from_millis(expected);
        assert!(pause >= expected / 2 && pause <= expected * 3 / 2, "{failures}: {pause:?}");
        clock.advance(pause);
    }
}

#[test]
fn a_retry_sends_the_same_bytes() {
    let rows =
        [("http/protobuf", "none"), ("http/json", "gzip"), ("grpc", "zstd"), ("grpc", "none")];
    for (protocol, compression) in rows {
        let collector = Collector::start().expect("a collector starts");
        let code = if protocol == "grpc" { 14 } else { 503 };
        let fault = match protocol {
            "grpc" => Fault::GrpcStatus { code, retry_info: None },
            _ => Fault::HttpStatus { code: 503, retry_after: None },
        };
        collector.inject(fault, Times::Next(3));
        let clock = ManualClock::new();
        let service = Service::builder(&collector)
            .clock(&clock)
            .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .set("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
            .start();
        service.record_spans(10);
        service.hand_over(&clock);
        drive(&clock, "the spans are delivered", || service.traces().delivered == 10);
        let attempts = collector.attempts();
        assert_eq!(attempts.len(), 4);
        let is_same = |attempt: &beacon::collector::ReceivedAttempt| {
            (attempt.body_hash, attempt.body_bytes, attempt.items)
                == (attempts[0].body_hash, attempts[0].body_bytes, 10)
        };
        assert!(attempts.iter().all(is_same), "{protocol}: {attempts:?}");
        assert_eq!(collector.totals().traces.duplicates, 0);
    }
}

#[test]
fn each_attempt_at_a_hanging_peer_is_cut_off() {
    for protocol in ["http/protobuf", "grpc"] {
        let collector = Collector::start().expect("a collector starts");
        collector.inject(Fault::Hang, Times::Next(2));
        let clock = ManualClock::new();
        let limit = Duration::from_secs(2);
        let service = Service::builder(&collector)
            .clock(&clock)
            .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .set("OTEL_EXPORTER_OTLP_TIMEOUT", limit.as_millis())
            .start();
        service.record_spans(3);
        service.hand_over(&clock);
        for attempts in 1..=2 {
            eventually("the attempt arrives", || collector.attempts().len() == attempts);
            assert_eq!(clock.next_wake_up(), Some(limit));
            clock.advance(limit);
            eventually("the pause begins", || clock.next_wake_up().is_some());
            assert_eq!(service.traces().held, 3);
            clock.advance(clock.next_wake_up().expect("someone waits"));
        }
        eventually("the spans are delivered", || service.traces().delivered == 3);
        let answers: Vec<_> = collector.attempts().into_iter().map(|one| one.answer).collect();
        let pending = AttemptAnswer::Pending;
        assert_eq!(answers, [pending.clone(), pending, AttemptAnswer::Accepted], "{protocol}");
    }
}

/// The pause, in milliseconds, after a first failure without a hint.
const USUAL: std::ops::RangeInclusive<u128> = 125..=375;

/// Lets one request fail and returns the pause before the next attempt, in milliseconds. Shows
/// that there is no attempt before, and one then.
#[track_caller]
fn pause_after(protocol: &str, fault: Fault) -> u128 {
    let collector = Collector::start().expect("a collector starts");
    collector.inject(fault, Times::ONCE);
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .start();
    service.record_spans(1);
    service.hand_over(&clock);
    eventually("the pause begins", || clock.next_wake_up().is_some());
    let pause = clock.next_wake_up().expect("someone waits");
    clock.advance(pause.saturating_sub(Duration::from_nanos(1)));
    assert_eq!(collector.attempts().len(), 1);
    assert_eq!(clock.next_wake_up(), Some(Duration::from_nanos(1)));
    clock.advance(Duration::from_nanos(1));
    eventually("the span is delivered", || service.traces().delivered == 1);
    assert_eq!(collector.attempts().len(), 2);
    pause.as_millis()
}
