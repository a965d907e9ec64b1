//! Answers in the form that each protocol wants.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::json;

use super::answer_body::AnswerBody;
use super::attempt::ReceivedProtocol;
use super::payload::supported_encodings;
use crate::Signal;
use crate::export::encode::json::{WireValue, push_base64, put_field};

pub(super) type Answer = Response<AnswerBody>;

/// Why a request is not accepted, in the words of both protocols.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) http_status: u16,
    pub(super) grpc_status: u32,
    pub(super) message: String,
}

/// The items that a partial success refuses.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) rejected: u64,
    pub(super) message: String,
}

impl Failure {
    pub(super) fn new(http_status: StatusCode, grpc_status: u32, message: &str) -> Self {
        Self { http_status: http_status.as_u16(), grpc_status, message: message.to_owned() }
    }

    pub(super) fn malformed(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, INVALID_ARGUMENT, message)
    }
}

/// Returns the body of a success as the protocol writes it, without gRPC's frame.
pub(super) fn success_message(
    protocol: ReceivedProtocol,
    signal: Signal,
    refusal: Option<&Refusal>,
) -> Vec<u8> {
    let Some(Refusal { rejected, message }) = refusal else {
        return if protocol == ReceivedProtocol::HttpJson { b"{}".to_vec() } else { Vec::new() };
    };
    if protocol == ReceivedProtocol::HttpJson {
        let key = match signal {
            Signal::Logs => "rejectedLogRecords",
            Signal::Metrics => "rejectedDataPoints",
            Signal::Traces => "rejectedSpans",
        };
        let partial = json!({ key: rejected.to_string(), "errorMessage": message });
        return json!({ "partialSuccess": partial }).to_string().into_bytes();
    }
    let (mut partial, mut response) = (Vec::new(), Vec::new());
    put_field(&mut partial, 1, WireValue::Varint(*rejected));
    put_field(&mut partial, 2, WireValue::Bytes(message.as_bytes()));
    put_field(&mut response, 1, WireValue::Bytes(&partial));
    response
}

/// Answers success with this message.
pub(super) fn success(protocol: ReceivedProtocol, message: &[u8]) -> Answer {
    let body = match protocol {
        ReceivedProtocol::Grpc => {
            let mut trailers = HeaderMap::new();
            trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
            AnswerBody::with_trailers(grpc_frame(message), trailers)
        }
        ReceivedProtocol::HttpJson | ReceivedProtocol::HttpProtobuf => {
            AnswerBody::full(Bytes::copy_from_slice(message))
        }
    };
    answer(StatusCode::OK, content_type(Some(protocol)), body)
}

/// Answers success with a body that ends too early.
pub(super) fn broken_success(protocol: ReceivedProtocol) -> Answer {
    let message = success_message(
        protocol,
        Signal::Traces,
        Some(&Refusal { rejected: 0, message: "this answer breaks off".to_owned() }),
    );
    let whole = match protocol {
        ReceivedProtocol::Grpc => grpc_frame(&message),
        ReceivedProtocol::HttpJson | ReceivedProtocol::HttpProtobuf => Bytes::from(message),
    };
    let half = whole.slice(..whole.len() / 2);
    let body = AnswerBody::broken(half, whole.len());
    answer(StatusCode::OK, content_type(Some(protocol)), body)
}

/// Answers success with a body of `len` bytes of nothing.
pub(super) fn huge_success(protocol: ReceivedProtocol, len: usize) -> Answer {
    let body = match protocol {
        ReceivedProtocol::Grpc => {
            let mut trailers = HeaderMap::new();
            trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
            AnswerBody::huge(grpc_frame_head(len), len, trailers)
        }
        ReceivedProtocol::HttpJson | ReceivedProtocol::HttpProtobuf => {
            AnswerBody::huge(Bytes::new(), len, HeaderMap::new())
        }
    };
    answer(StatusCode::OK, content_type(Some(protocol)), body)
}

/// Answers a failure with a `google.rpc.Status` as the protocol writes it.
pub(super) fn failure(
    protocol: Option<ReceivedProtocol>,
    failure: &Failure,
    retry: Option<Duration>,
) -> Answer {
    if protocol == Some(ReceivedProtocol::Grpc) {
        return grpc_failure(failure, retry);
    }
    let body = match protocol {
        Some(ReceivedProtocol::HttpProtobuf) => rpc_status(failure, None),
        // Whoever sends an unknown type is more likely a person than a program.
        _ => json!({ "code": failure.grpc_status, "message": failure.message })
            .to_string()
            .into_bytes(),
    };
    let status =
        StatusCode::from_u16(failure.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = answer(status, content_type(protocol), AnswerBody::full(Bytes::from(body)));
    let headers = answer.headers_mut();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
    }
    if status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(supported_encodings()));
    }
    if let Some(retry) = retry {
        // The header has whole seconds; half a second must not become none.
        let seconds = retry.as_secs().saturating_add(u64::from(retry.subsec_nanos() > 0));
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// Answers a bare HTTP status, as something in front of the collector would.
pub(super) fn http_status(
    protocol: Option<ReceivedProtocol>,
    code: u16,
    retry_after: Option<&str>,
) -> Answer {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = if protocol == Some(ReceivedProtocol::Grpc) {
        answer(status, "text/plain", AnswerBody::full(Bytes::new()))
    } else {
        let message = format!("scripted status {code}");
        failure(protocol, &Failure::new(status, UNKNOWN, &message), None)
    };
    let value = retry_after.and_then(|text| HeaderValue::from_bytes(text.as_bytes()).ok());
    if let Some(value) = value {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

/// Answers 307 to another place.
pub(super) fn redirect(location: &str) -> Answer {
    let body = AnswerBody::full(Bytes::new());
    let mut answer = answer(StatusCode::TEMPORARY_REDIRECT, "text/plain", body);
    if let Ok(location) = HeaderValue::from_str(location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

/// Returns the HTTP status that OTLP pairs with a gRPC status.
///
/// Source: <https://opentelemetry.io/docs/specs/otlp/#failures-1> and, for codes it does not
/// name, <https://cloud.google.com/apis/design/errors#handling_errors>
pub(super) const fn http_status_of(grpc_status: u32) -> u16 {
    match grpc_status {
        1 => 499,
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        _ => 500,
    }
}

fn grpc_failure(failure: &Failure, retry: Option<Duration>) -> Answer {
    let body = AnswerBody::full(Bytes::new());
    let mut answer = answer(StatusCode::OK, content_type(Some(ReceivedProtocol::Grpc)), body);
    let headers = answer.headers_mut();
    headers.insert(GRPC_STATUS, HeaderValue::from(failure.grpc_status));
    if let Ok(message) = HeaderValue::from_str(&percent_encode(&failure.message)) {
        headers.insert(GRPC_MESSAGE, message);
    }
    if failure.grpc_status == UNIMPLEMENTED {
        headers.insert(GRPC_ENCODINGS, HeaderValue::from_static(supported_encodings()));
    }
    if let Some(retry) = retry {
        let mut text = Vec::new();
        push_base64(&mut text, &rpc_status(failure, Some(retry)));
        if let Ok(details) = HeaderValue::from_bytes(&text) {
            headers.insert(GRPC_DETAILS, details);
        }
    }
    answer
}

/// Encodes a `google.rpc.Status`, with a `google.rpc.RetryInfo` among its details if asked for.
///
/// Source: <https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto>
fn rpc_status(failure: &Failure, retry: Option<Duration>) -> Vec<u8> {
    let mut status = Vec::new();
    put_field(&mut status, 1, WireValue::Varint(u64::from(failure.grpc_status)));
    put_field(&mut status, 2, WireValue::Bytes(failure.message.as_bytes()));
    if let Some(retry) = retry {
        let (mut delay, mut info, mut any) = (Vec::new(), Vec::new(), Vec::new());
        put_field(&mut delay, 1, WireValue::Varint(retry.as_secs()));
        put_field(&mut delay, 2, WireValue::Varint(u64::from(retry.subsec_nanos())));
        put_field(&mut info, 1, WireValue::Bytes(&delay));
        put_field(&mut any, 1, WireValue::Bytes(b"type.googleapis.com/google.rpc.RetryInfo"));
        put_field(&mut any, 2, WireValue::Bytes(&info));
        put_field(&mut status, 3, WireValue::Bytes(&any));
    }
    status
}

fn answer(status: StatusCode, content_type: &'static str, body: AnswerBody) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

const fn content_type(protocol: Option<ReceivedProtocol>) -> &'static str {
    match protocol {
        Some(ReceivedProtocol::Grpc) => "application/grpc",
        Some(ReceivedProtocol::HttpProtobuf) => "application/x-protobuf",
        Some(ReceivedProtocol::HttpJson) | None => "application/json",
    }
}

fn grpc_frame(message: &[u8]) -> Bytes {
    let mut frame = grpc_frame_head(message.len()).to_vec();
    frame.extend_from_slice(message);
    Bytes::from(frame)
}

/// One byte that says "not compressed", then the length.
fn grpc_frame_head(len: usize) -> Bytes {
    let [a, b, c, d] = u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes();
    Bytes::copy_from_slice(&[0, a, b, c, d])
}

/// Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md> (Status-Message)
fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            _ => encoded.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 0x0F)]),
        }
    }
    encoded
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Numbers of gRPC statuses. Source: <https://grpc.io/docs/guides/status-codes/>
pub(super) const UNKNOWN: u32 = 2;
pub(super) const INVALID_ARGUMENT: u32 = 3;
pub(super) const RESOURCE_EXHAUSTED: u32 = 8;
pub(super) const UNIMPLEMENTED: u32 = 12;
pub(super) const INTERNAL: u32 = 13;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_ENCODINGS: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const GRPC_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
