//! Answers in the form that each protocol wants.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::json;

use super::answer_body::AnswerBody;
use super::attempt::ReceivedProtocol;
use super::grpc;
use super::payload::supported_encodings;
use super::rpc_status::{Failure, UNKNOWN};
use crate::Signal;
use crate::export::encode::json::{WireValue, put_field};

pub(super) type Answer = Response<AnswerBody>;

/// The items that a partial success refuses.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) rejected: u64,
    pub(super) message: String,
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
            AnswerBody::with_trailers(grpc::frame(message), grpc::ok_trailers())
        }
        ReceivedProtocol::HttpJson | ReceivedProtocol::HttpProtobuf => {
            AnswerBody::full(Bytes::copy_from_slice(message))
        }
    };
    bare(StatusCode::OK, content_type(Some(protocol)), body)
}

/// Answers success with a body that ends too early.
pub(super) fn broken_success(protocol: ReceivedProtocol) -> Answer {
    let message = success_message(
        protocol,
        Signal::Traces,
        Some(&Refusal { rejected: 0, message: "this answer breaks off".to_owned() }),
    );
    let whole = match protocol {
        ReceivedProtocol::Grpc => grpc::frame(&message),
        ReceivedProtocol::HttpJson | ReceivedProtocol::HttpProtobuf => Bytes::from(message),
    };
    let half = whole.slice(..whole.len() / 2);
    let body = AnswerBody::broken(half, whole.len());
    bare(StatusCode::OK, content_type(Some(protocol)), body)
}

/// Answers success with a body of `len` bytes of nothing.
pub(super) fn huge_success(protocol: ReceivedProtocol, len: usize) -> Answer {
    let body = match protocol {
        ReceivedProtocol::Grpc => AnswerBody::huge(grpc::frame_head(len), len, grpc::ok_trailers()),
        ReceivedProtocol::HttpJson | ReceivedProtocol::HttpProtobuf => {
            AnswerBody::huge(Bytes::new(), len, HeaderMap::new())
        }
    };
    bare(StatusCode::OK, content_type(Some(protocol)), body)
}

/// Answers a failure with a `google.rpc.Status` as the protocol writes it.
pub(super) fn failure(
    protocol: Option<ReceivedProtocol>,
    failure: &Failure,
    retry: Option<Duration>,
) -> Answer {
    if protocol == Some(ReceivedProtocol::Grpc) {
        return grpc::failure(failure, retry);
    }
    let body = match protocol {
        Some(ReceivedProtocol::HttpProtobuf) => failure.encode(None),
        // Whoever sends an unknown type is more likely a person than a program.
        _ => json!({ "code": failure.grpc_status, "message": failure.message })
            .to_string()
            .into_bytes(),
    };
    let status =
        StatusCode::from_u16(failure.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = bare(status, content_type(protocol), AnswerBody::full(Bytes::from(body)));
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
        bare(status, "text/plain", AnswerBody::full(Bytes::new()))
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
    let mut answer = bare(StatusCode::TEMPORARY_REDIRECT, "text/plain", body);
    if let Ok(location) = HeaderValue::from_str(location) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

pub(super) fn bare(status: StatusCode, content_type: &'static str, body: AnswerBody) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

pub(super) const fn content_type(protocol: Option<ReceivedProtocol>) -> &'static str {
    match protocol {
        Some(ReceivedProtocol::Grpc) => "application/grpc",
        Some(ReceivedProtocol::HttpProtobuf) => "application/x-protobuf",
        Some(ReceivedProtocol::HttpJson) | None => "application/json",
    }
}
