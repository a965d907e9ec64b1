use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};

use super::*;
use crate::Signal;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn answer(status: u16, headers: &[(HeaderName, &'static str)], body: &[u8]) -> Answer<io::Error> {
    let pairs = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: pairs.collect(),
        body: Bytes::copy_from_slice(body),
        trailers: None,
        end: End::Complete,
    }
}

fn outcome(answer: &Answer<io::Error>) -> Outcome {
    classify(answer, &SuccessReader::new(Signal::Traces), false, NOW)
}

#[test]
fn every_status_has_its_class() {
    for status in 201..=599 {
        let outcome = outcome(&answer(status, &[], b""));
        let (is_retry, cause) = match outcome {
            Outcome::Retry { cause, hint: None, hopeless_for_now: false } => (true, cause),
            Outcome::Refused { cause } => (false, cause),
            other => panic!("{status}: {other:?}"),
        };
        assert_eq!(is_retry, [429, 502, 503, 504].contains(&status), "{status}");
        assert_eq!(cause.error_type, status.to_string());
        assert_eq!(cause.status, Some(PeerStatus::Http(status)));
    }
}

#[test]
fn a_hint_counts_on_each_retryable_status_and_no_other() {
    for status in [429, 502, 503, 504] {
        let outcome = outcome(&answer(status, &[(RETRY_AFTER, "7")], b""));
        let Outcome::Retry { hint, .. } = outcome else { panic!("{status}: {outcome:?}") };
        assert_eq!(hint, Some(Duration::from_secs(7)), "{status}");
    }
    let outcome = outcome(&answer(500, &[(RETRY_AFTER, "7")], b""));
    assert!(matches!(outcome, Outcome::Refused { .. }));
}

#[track_caller]
fn check_message(answer: &Answer<io::Error>, expected: &str) {
    let (Outcome::Refused { cause } | Outcome::Retry { cause, .. }) = outcome(answer) else {
        panic!("not a failure: {answer:?}");
    };
    assert_eq!(cause.message, expected);
}

#[test]
fn the_message_holds_the_words_of_the_peer() {
    let json = (CONTENT_TYPE, "application/json; charset=utf-8");
    let protobuf = (CONTENT_TYPE, "application/x-protobuf");
    let bad_request = "the peer answered 400 Bad Request";
    // google.rpc.Status { code: 3, message: "bad\nspan" }
    let status = b"\x08\x03\x12\x08bad\nspan";
    check_message(&answer(400, &[protobuf], status), &format!("{bad_request}: bad\\nspan"));
    check_message(&answer(400, &[], status), &format!("{bad_request}: bad\\nspan"));
    check_message(
        &answer(
            400,
            std::slice::from_ref(&json),
            br#"{"code":3,"message":"bad span","details":[]}"#,
        ),
        &format!("{bad_request}: bad span"),
    );
    check_message(
        &answer(503, &[(CONTENT_TYPE, "Text/Plain")], b"overloaded\n"),
        "the peer answered 503 Service Unavailable: overloaded",
    );
    check_message(&answer(400, &[], b"<html>"), bad_request);
    check_message(&answer(400, &[json], b"<html>"), bad_request);
    check_message(&answer(599, &[], b""), "the peer answered 599 <unknown status code>");
}

#[test]
fn a_redirect_names_the_host_and_nothing_else() {
    let prefix = "the peer answered 307 Temporary Redirect: redirects are not followed, \
                  this one leads to";
    let cases = [
        ("https://user:pw@other.example:9/v1?token=s3cret", "`other.example`"),
        ("/login", "the same host"),
        ("::", "the same host"),
    ];
    for (location, expected) in cases {
        check_message(&answer(307, &[(LOCATION, location)], b""), &format!("{prefix} {expected}"));
    }
    check_message(&answer(307, &[], b""), &format!("{prefix} nowhere"));
}

#[test]
fn a_success_must_be_read_to_its_end() {
    let mut broken = answer(200, &[], b"");
    broken.end = End::Broken(io::ErrorKind::ConnectionReset.into());
    let outcome = outcome(&broken);
    let Outcome::Retry { cause, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((cause.error_type.as_ref(), cause.status), ("connection_reset", None));
}

#[test]
fn a_failure_counts_without_its_words() {
    let mut broken = answer(400, &[], b"");
    broken.end = End::Broken(io::ErrorKind::ConnectionReset.into());
    assert!(matches!(outcome(&broken), Outcome::Refused { .. }));
}

#[test]
fn too_much_of_an_answer_is_no_answer() {
    for status in [200, 400, 503] {
        let mut long = answer(status, &[], b"");
        long.end = End::OverLimit;
        let outcome = outcome(&long);
        let Outcome::ResponseTooLarge { cause } = outcome else { panic!("{outcome:?}") };
        assert_eq!(cause.error_type, "response_too_large");
        assert_eq!(cause.message, "the answer exceeds 4194304 bytes");
    }
}

#[test]
fn an_answer_in_json_is_read_whatever_was_asked() {
    let body = br#"{"partialSuccess":{"rejectedSpans":"2"}}"#;
    let outcome = outcome(&answer(200, &[(CONTENT_TYPE, "application/json")], body));
    assert!(matches!(outcome, Outcome::Delivered { rejected: 2, advice: None, .. }), "{outcome:?}");
}
