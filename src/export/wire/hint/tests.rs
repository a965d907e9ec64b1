use http::HeaderValue;

use super::*;
use crate::export::wire::messages::{Any, ProtoDuration};

fn check_retry_after(value: &[u8], expected: Option<Duration>) {
    // 1994-11-06 08:49:37.25 UTC.
    let now = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(784_111_777_250)).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(RETRY_AFTER, HeaderValue::from_bytes(value).unwrap());
    assert_eq!(retry_after(&headers, now), expected, "{}", value.escape_ascii());
}

#[test]
fn retry_after_takes_seconds() {
    check_retry_after(b"3", Some(Duration::from_secs(3)));
    check_retry_after(b" 3 ", Some(Duration::from_secs(3)));
    check_retry_after(b"300", Some(HINT_MAX));
    check_retry_after(b"1000000000", Some(HINT_MAX));
    check_retry_after(b"99999999999999999999999999", Some(HINT_MAX));
}

#[test]
fn retry_after_takes_a_date_and_never_ends_before_it() {
    check_retry_after(b"Sun, 06 Nov 1994 08:49:38 GMT", Some(Duration::from_millis(750)));
    check_retry_after(b"Sun, 06 Nov 1994 08:50:37 GMT", Some(Duration::from_millis(59_750)));
    check_retry_after(b"Fri, 31 Dec 9999 23:59:59 GMT", Some(HINT_MAX));
}

#[test]
fn a_useless_retry_after_is_no_hint() {
    let useless: [&[u8]; 14] = [
        b"",
        b"0",
        b"-1",
        b"1.5",
        b"soon",
        b"\xff",
        b"Sun, 06 Nov 1994 08:49:37 GMT",
        b"Sat, 05 Nov 1994 08:49:37 GMT",
        b"Sun, 31 Nov 1994 08:49:38 GMT",
        b"Wed, 29 Feb 1995 08:49:38 GMT",
        b"Sun, 06 Nov 1994 24:49:38 GMT",
        b"Sun, 06 Nov 1994 08:49:38 CET",
        b"Sun, 06 Nov 1994 08:49:38 GMT now",
        b"Sun, 06 Nov 0001 08:49:38 GMT",
    ];
    for value in useless {
        check_retry_after(value, None);
    }
}

#[test]
fn dates_follow_the_calendar() {
    let cases = [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
        ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
        ("Sun, 31 Dec 2023 23:59:59 GMT", 1_704_067_199),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
        ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400),
    ];
    for (text, seconds) in cases {
        let expected = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        assert_eq!(http_date(text), expected, "{text}");
    }
    assert_eq!(http_date("Mon, 29 Feb 2100 00:00:00 GMT"), None);
}

/// `grpc-status-details-bin` with one `RetryInfo`, made with another encoder than ours: padded.
fn details(seconds: i64, nanos: i32) -> HeaderMap {
    let info = RetryInfo { retry_delay: Some(ProtoDuration { seconds, nanos }) };
    let other = Any { type_url: "type.googleapis.com/google.rpc.Help".into(), value: vec![7] };
    let any = Any {
        type_url: "type.googleapis.com/google.rpc.RetryInfo".into(),
        value: info.encode_to_vec(),
    };
    let status = RpcStatus { message: "busy".into(), details: vec![other, any] };
    let status = tonic::Status::with_details(
        tonic::Code::Unavailable,
        "busy",
        status.encode_to_vec().into(),
    );
    let mut headers = HeaderMap::new();
    status.add_header(&mut headers).unwrap();
    headers
}

#[test]
fn retry_info_is_read_from_the_details() {
    let cases = [
        ((2, 500_000_000), Some(Duration::from_millis(2500))),
        ((0, 1), Some(Duration::from_nanos(1))),
        ((0, 0), None),
        ((-1, 0), None),
        ((1, -1), None),
        ((i64::MAX, i32::MAX), Some(HINT_MAX)),
    ];
    for ((seconds, nanos), expected) in cases {
        assert_eq!(retry_info(&details(seconds, nanos)), expected, "{seconds} {nanos}");
    }
}

#[test]
fn broken_details_are_no_hint() {
    for value in ["", "=", "not base64!", "AAAA", "GgA"] {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-status-details-bin", HeaderValue::from_static(value));
        assert_eq!(retry_info(&headers), None, "{value}");
    }
    assert_eq!(retry_info(&HeaderMap::new()), None);
}
