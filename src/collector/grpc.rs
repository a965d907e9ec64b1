//! What gRPC adds to HTTP/2: frames, trailers and statuses in headers.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::answer::{Answer, bare, content_type};
use super::answer_body::AnswerBody;
use super::attempt::ReceivedProtocol;
use super::payload::supported_encodings;
use super::rpc_status::{Failure, UNIMPLEMENTED};
use crate::export::encode::json::push_base64;

/// Answers a failure by headers alone.
pub(super) fn failure(failure: &Failure, retry: Option<Duration>) -> Answer {
    let body = AnswerBody::full(Bytes::new());
    let mut answer = bare(StatusCode::OK, content_type(Some(ReceivedProtocol::Grpc)), body);
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
        push_base64(&mut text, &failure.encode(Some(retry)));
        if let Ok(details) = HeaderValue::from_bytes(&text) {
            headers.insert(GRPC_DETAILS, details);
        }
    }
    answer
}

/// Returns the trailers of a success.
pub(super) fn ok_trailers() -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert(GRPC_STATUS, HeaderValue::from_static("0"));
    trailers
}

/// Wraps a message that is not compressed.
pub(super) fn frame(message: &[u8]) -> Bytes {
    let mut frame = frame_head(message.len()).to_vec();
    frame.extend_from_slice(message);
    Bytes::from(frame)
}

/// One byte that says "not compressed", then the length.
pub(super) fn frame_head(len: usize) -> Bytes {
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

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_ENCODINGS: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const GRPC_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
