//! Each answer has one outcome, the same number of attempts each time, and counts each item once.

use beacon::DropReason;
use beacon::collector::{Collector, Fault, Times};
use beacon::testing::ManualClock;
use std::time::Duration;

use crate::support::{Service, drive};

/// What becomes of three spans.
#[derive(Clone, Copy, Debug)]
enum Expected {
    Delivered,
    /// So many are refused, the others delivered, with one attempt.
    Rejected(u64),
    /// Delivered by a second attempt.
    Retried,
    TooLargeAnswer,
}

use Expected::{Delivered, Rejected, Retried, TooLargeAnswer};

const SPANS: u64 = 3;

#[test]
fn every_http_status_has_its_outcome() {
    let refused = [
        400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 413, 414, 415, 418, 422, 423, 431,
        451, 499, 500, 501, 505, 507, 511, 599,
    ];
    let elsewhere = [201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308];
    let mut rows: Vec<_> = [429, 502, 503, 504].map(|code| (code, Retried)).to_vec();
    rows.extend(refused.map(|code| (code, Rejected(SPANS))));
    rows.extend(elsewhere.map(|code| (code, Rejected(SPANS))));
    for (code, expected) in rows {
        check("http/protobuf", &Fault::HttpStatus { code, retry_after: None }, expected);
    }
    for (code, expected) in [(503, Retried), (400, Rejected(SPANS))] {
        check("http/json", &Fault::HttpStatus { code, retry_after: None }, expected);
    }
}

#[test]
fn every_grpc_status_has_its_outcome() {
    let retried = [1, 4, 10, 11, 14, 15].map(|code| (code, None, Retried));
    let refused = [2, 3, 5, 6, 7, 8, 9, 12, 13, 16].map(|code| (code, None, Rejected(SPANS)));
    let throttled = (8, Some(Duration::from_secs(2)), Retried);
    let not_for_throttling = (3, Some(Duration::from_secs(2)), Rejected(SPANS));
    let rows = retried.into_iter().chain(refused).chain([throttled, not_for_throttling]);
    for (code, retry_info, expected) in rows {
        check("grpc", &Fault::GrpcStatus { code, retry_info }, expected);
    }
}

#[test]
fn something_on_the_way_that_knows_no_grpc_is_understood_by_its_http_status() {
    let rows = [(400, Rejected(SPANS)), (401, Rejected(SPANS)), (404, Rejected(SPANS))];
    let retried = [429, 502, 503, 504].map(|code| (code, Retried));
    for (code, expected) in rows.into_iter().chain(retried) {
        check("grpc", &Fault::HttpStatus { code, retry_after: None }, expected);
    }
}

#[test]
fn every_other_answer_has_its_outcome_with_every_protocol() {
    let partial =
        |rejected, message: &str| Fault::PartialSuccess { rejected, message: message.to_owned() };
    let rows = [
        (Fault::RoundTrip(Duration::from_millis(1)), Delivered),
        (partial(1, "no room"), Rejected(1)),
        (partial(3, ""), Rejected(3)),
        // A peer cannot refuse more than it was given.
        (partial(1_000, "lies"), Rejected(3)),
        (partial(0, "only advice"), Delivered),
        (Fault::GarbageAnswer, Delivered),
        (Fault::HugeAnswer(5 << 20), TooLargeAnswer),
        (Fault::CloseMidAnswer, Retried),
        (Fault::Refuse, Retried),
    ];
    for protocol in ["http/protobuf", "http/json", "grpc"] {
        for (fault, expected) in rows.clone() {
            check(protocol, &fault, expected);
        }
    }
}

#[test]
fn no_redirect_is_followed() {
    let elsewhere = Collector::start().expect("a collector starts");
    let location = format!("{}/v1/traces", elsewhere.endpoint());
    check("http/protobuf", &Fault::Redirect(location), Rejected(SPANS));
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn log_records_have_the_same_outcomes() {
    let rows = [
        (Fault::HttpStatus { code: 503, retry_after: None }, 4, 0),
        (Fault::HttpStatus { code: 500, retry_after: None }, 0, 4),
        (Fault::PartialSuccess { rejected: 3, message: "no".to_owned() }, 1, 3),
    ];
    for (fault, delivered, rejected) in rows {
        let collector = Collector::start().expect("a collector starts");
        collector.inject(fault, Times::ONCE);
        let clock = ManualClock::new();
        let service = Service::builder(&collector).clock(&clock).start();
        service.record_logs(4);
        drive(&clock, "the records are settled", || service.logs().held == 0);
        let report = service.logs();
        assert_eq!((report.delivered, report.rejected), (delivered, rejected));
        assert!(report.is_conserved(), "{report:?}");
    }
}

#[test]
fn what_the_peer_says_reaches_the_operator_once() {
    let collector = Collector::start().expect("a collector starts");
    let partial = Fault::PartialSuccess { rejected: 1, message: "too old by far".to_owned() };
    collector.inject(partial, Times::Always);
    let clock = ManualClock::new();
    let service = Service::builder(&collector).clock(&clock).start();
    for round in 1..=3 {
        service.record_spans(2);
        drive(&clock, "the spans are settled", || service.traces().rejected == round);
    }
    let said = service.said("too old by far");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].1.contains("rejected 1 items"), "{said:?}");
}

fn check(protocol: &str, fault: &Fault, expected: Expected) {
    let collector = Collector::start().expect("a collector starts");
    collector.inject_for(beacon::Signal::Traces, fault.clone(), Times::ONCE);
    let clock = ManualClock::new();
    let service = Service::builder(&collector)
        .clock(&clock)
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .start();
    service.record_spans(SPANS);
    service.hand_over(&clock);
    drive(&clock, "the spans are settled", || {
        let report = service.traces();
        assert!(report.is_conserved(), "{report:?}");
        report.held == 0
    });
    let report = service.traces();
    let counts = (report.delivered, report.rejected, report.dropped_total());
    let (counts_expected, attempts) = match expected {
        Delivered => ((SPANS, 0, 0), 1),
        Rejected(rejected) => ((SPANS - rejected, rejected, 0), 1),
        Retried => ((SPANS, 0, 0), 2),
        TooLargeAnswer => ((0, 0, SPANS), 1),
    };
    let row = format!("{protocol}, {fault:?}: {report:?}");
    assert_eq!(counts, counts_expected, "{row}");
    assert_eq!(collector.attempts().len(), attempts, "{row}");
    let is_too_large = report.dropped.contains_key(&DropReason::ResponseTooLarge);
    assert_eq!(is_too_large, matches!(expected, TooLargeAnswer), "{row}");
    let stored = u64::try_from(collector.spans().len()).expect("it is small");
    // The collector stores what it then refuses in part.
    assert!(stored == SPANS || report.delivered == 0, "{row}: {stored} stored");
    service.telemetry.shutdown_blocking().expect("nothing is left");
}
