use std::io;

use http::HeaderValue;
use http::header::HeaderName;

use super::*;
use crate::Signal;

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let header = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    pairs.iter().map(header).collect()
}

/// An answer with a status in its trailers.
fn answer(body: &'static [u8], trailers: &[(&'static str, &str)]) -> Answer<io::Error> {
    Answer {
        status: StatusCode::OK,
        headers: headers(&[("content-type", "application/grpc")]),
        body: Bytes::from_static(body),
        trailers: Some(headers(trailers)),
        end: End::Complete,
    }
}

fn outcome(answer: &Answer<io::Error>) -> Outcome {
    classify(answer, &SuccessReader::new(Signal::Traces), NOW)
}

/// `google.rpc.Status` with a `RetryInfo` of two seconds.
const RETRY_IN_2_S: &str = "GjAKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SBAoCCAI";

#[test]
fn every_code_has_its_class_with_and_without_a_hint() {
    // Code, name, retried, retried with a hint.
    let cases = [
        (1, "CANCELLED", true, true),
        (2, "UNKNOWN", false, false),
        (3, "INVALID_ARGUMENT", false, false),
        (4, "DEADLINE_EXCEEDED", true, true),
        (5, "NOT_FOUND", false, false),
        (6, "ALREADY_EXISTS", false, false),
        (7, "PERMISSION_DENIED", false, false),
        (8, "RESOURCE_EXHAUSTED", false, true),
        (9, "FAILED_PRECONDITION", false, false),
        (10, "ABORTED", true, true),
        (11, "OUT_OF_RANGE", true, true),
        (12, "UNIMPLEMENTED", false, false),
        (13, "INTERNAL", false, false),
        (14, "UNAVAILABLE", true, true),
        (15, "DATA_LOSS", true, true),
        (16, "UNAUTHENTICATED", false, false),
        (17, "UNKNOWN", false, false),
    ];
    for (code, name, plain, with_hint) in cases {
        let code = code.to_string();
        let status = [("grpc-status", code.as_str()), ("grpc-message", "no%0Away")];
        check_failure(
            &answer(b"", &status),
            name,
            if plain { Class::Retry } else { Class::Refused },
        );
        let details = [("grpc-status", code.as_str()), ("grpc-status-details-bin", RETRY_IN_2_S)];
        let class = if with_hint { Class::RetryAfter(2) } else { Class::Refused };
        check_failure(&answer(b"", &details), name, class);
        // The same without a body: the headers are the trailers.
        let mut trailers_only = answer(b"", &[]);
        (trailers_only.headers, trailers_only.trailers) = (headers(&details), None);
        check_failure(&trailers_only, name, class);
    }
}

#[test]
fn a_message_that_is_no_text_changes_no_code() {
    for message in ["%ff%fe", "%", "%zz"] {
        let status = [("grpc-status", "14"), ("grpc-message", message)];
        check_failure(&answer(b"", &status), "UNAVAILABLE", Class::Retry);
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    Refused,
    Retry,
    /// Seconds.
    RetryAfter(u64),
}

#[track_caller]
fn check_failure(answer: &Answer<io::Error>, name: &str, expected: Class) {
    let (cause, class) = match outcome(answer) {
        Outcome::Retry { cause, hint, hopeless_for_now: false } => {
            (cause, hint.map_or(Class::Retry, |hint| Class::RetryAfter(hint.as_secs())))
        }
        Outcome::Refused { cause } => (cause, Class::Refused),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!((cause.error_type.as_ref(), class), (name, expected));
    assert!(!cause.message.contains('\n'), "{}", cause.message);
}

#[test]
fn details_that_are_not_base64_are_no_hint_and_no_panic() {
    let status = [("grpc-status", "14"), ("grpc-status-details-bin", "%%%")];
    check_failure(&answer(b"", &status), "UNAVAILABLE", Class::Retry);
}

#[test]
fn the_message_is_decoded_and_escaped() {
    let outcome = outcome(&answer(b"", &[("grpc-status", "3"), ("grpc-message", "bad%0Aspan")]));
    let Outcome::Refused { cause } = outcome else { panic!("{outcome:?}") };
    assert_eq!(cause.message, "the peer answered INVALID_ARGUMENT: bad\\nspan");
}

#[test]
fn success_is_read_from_one_plain_frame() {
    let cases: [(&[u8], u64, bool); 7] = [
        (b"", 0, false),
        (b"\0\0\0\0\0", 0, false),
        (b"\0\0\0\0\x04\x0a\x02\x08\x03", 3, false),
        (b"\0\0\0", 0, true),
        (b"\x01\0\0\0\x04\x0a\x02\x08\x03", 0, true),
        (b"\0\0\0\0\x05\x0a\x02\x08\x03", 0, true),
        (b"\0\xff\xff\xff\xff\x0a\x02\x08\x03", 0, true),
    ];
    for (body, expected, is_garbage) in cases {
        let outcome = outcome(&answer(body, &[("grpc-status", "0")]));
        let Outcome::Delivered { rejected, advice, status } = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!((rejected, advice.is_some()), (expected, is_garbage), "{body:?}");
        assert_eq!(status, Some(PeerStatus::Grpc(Code::Ok)));
    }
}

#[test]
fn http_statuses_stand_in_for_a_missing_grpc_status() {
    let retry = Class::RetryAfter(3);
    let cases = [
        (400, "INTERNAL", Class::Refused),
        (401, "UNAUTHENTICATED", Class::Refused),
        (403, "PERMISSION_DENIED", Class::Refused),
        (404, "UNIMPLEMENTED", Class::Refused),
        (429, "UNAVAILABLE", retry),
        (502, "UNAVAILABLE", retry),
        (503, "UNAVAILABLE", retry),
        (504, "UNAVAILABLE", retry),
        (307, "UNKNOWN", Class::Refused),
        (500, "UNKNOWN", Class::Refused),
    ];
    for (status, name, class) in cases {
        let mut answer = answer(b"<html>", &[]);
        answer.status = StatusCode::from_u16(status).unwrap();
        answer.headers = headers(&[("retry-after", "3")]);
        check_failure(&answer, name, class);
    }
}

#[test]
fn an_answer_without_any_status_is_no_answer() {
    let ends = [End::Complete, End::Broken(io::ErrorKind::BrokenPipe.into())];
    for end in ends {
        let mut answer = answer(b"\0\0\0\0\0", &[]);
        answer.end = end;
        check_failure(&answer, "connection_reset", Class::Retry);
    }
}

#[test]
fn too_much_of_an_answer_is_no_answer() {
    let mut answer = answer(b"", &[]);
    answer.end = End::OverLimit;
    let outcome = outcome(&answer);
    assert!(matches!(outcome, Outcome::ResponseTooLarge { .. }), "{outcome:?}");
}

#[test]
fn a_frame_starts_with_a_flag_and_a_length() {
    assert_eq!(frame_prefix(false, 0).as_deref(), Some(&[0, 0, 0, 0, 0][..]));
    assert_eq!(frame_prefix(true, 0x0102_0304).as_deref(), Some(&[1, 1, 2, 3, 4][..]));
    assert_eq!(frame_prefix(true, usize::MAX), None);
}

#[cfg(feature = "gzip")]
#[test]
fn an_answer_in_the_compression_of_the_request_is_read() {
    use std::io::Write;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"\x0a\x02\x08\x03").unwrap();
    let message = encoder.finish().unwrap();
    let mut body = frame_prefix(true, message.len()).unwrap().to_vec();
    body.extend_from_slice(&message);
    let mut compressed = answer(b"", &[("grpc-status", "0")]);
    compressed.body = Bytes::from(body);
    compressed.headers.insert("grpc-encoding", HeaderValue::from_static("gzip"));
    let read = outcome(&compressed);
    assert!(matches!(read, Outcome::Delivered { rejected: 3, .. }), "{read:?}");

    compressed.headers.insert("grpc-encoding", HeaderValue::from_static("unheard-of"));
    let read = outcome(&compressed);
    assert!(matches!(read, Outcome::Delivered { rejected: 0, advice: Some(_), .. }), "{read:?}");
}
