//! What an answer means in OTLP/gRPC: unary gRPC, read by hand.
//!
//! Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, "Responses".

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tonic::{Code, Status};

use crate::export::wire::answer::{ANSWER_BYTES_MAX, Answer, End};
use crate::export::wire::decompress::{DecompressError, decompress};
use crate::export::wire::failure;
use crate::export::wire::hint;
use crate::export::wire::http_answer;
use crate::export::wire::outcome::{BROKEN_CONNECTION, Cause, Outcome, PeerStatus};
use crate::export::wire::success::SuccessReader;

/// Length of what stands before a message: a flag and four bytes of length.
pub(super) const FRAME_PREFIX_LEN: usize = 5;

/// Returns what stands before a message of `len` bytes, `None` when no frame can be that long.
pub(super) fn frame_prefix(is_compressed: bool, len: usize) -> Option<Bytes> {
    let [first, second, third, fourth] = u32::try_from(len).ok()?.to_be_bytes();
    Some(Bytes::copy_from_slice(&[u8::from(is_compressed), first, second, third, fourth]))
}

/// Classifies an answer.
///
/// A status counts as the server's only if it was sent: an answer that ends without one is no
/// answer, and the request is sent again.
pub(super) fn classify<E: StdError + 'static>(
    answer: &Answer<E>,
    success: &SuccessReader,
    now: SystemTime,
) -> Outcome {
    let sent = sent_status(answer);
    if matches!(answer.end, End::OverLimit) {
        let code = sent.as_ref().map_or(Code::Unknown, |sent| sent.code);
        let cause = Cause::too_large(PeerStatus::Grpc(code), ANSWER_BYTES_MAX);
        return Outcome::ResponseTooLarge { cause };
    }
    match (sent, &answer.end) {
        (Some(sent), _) if sent.code == Code::Ok => read_success(answer, success),
        (Some(sent), _) => failed(sent.code, sent.status.message(), hint::retry_info(sent.headers)),
        (None, _) if answer.status != StatusCode::OK => without_grpc_status(answer, now),
        (None, End::Broken(error)) => failure::classify(error),
        (None, _) => Outcome::retry(
            Cause::without_answer(BROKEN_CONNECTION, "the answer ended without a gRPC status"),
            None,
        ),
    }
}

/// A status of the server's own.
struct SentStatus<'a> {
    /// As it was sent: the code of `status` is UNKNOWN when the message cannot be read.
    code: Code,
    status: Status,
    /// What carries the status: the trailers, or the headers of an answer that has nothing else
    /// ("Trailers-Only").
    headers: &'a HeaderMap,
}

fn sent_status<E>(answer: &Answer<E>) -> Option<SentStatus<'_>> {
    let trailers = answer.trailers.as_ref();
    let headers = trailers.filter(|trailers| trailers.contains_key(Status::GRPC_STATUS));
    let headers = headers.unwrap_or(&answer.headers);
    // Only these two are handed over: `from_header_map` panics on details that are not base64.
    let mut plain = HeaderMap::new();
    for name in [Status::GRPC_STATUS, Status::GRPC_MESSAGE] {
        if let Some(value) = headers.get(&name) {
            plain.insert(name, value.clone());
        }
    }
    let code = Code::from_bytes(plain.get(Status::GRPC_STATUS)?.as_bytes());
    Some(SentStatus { code, status: Status::from_header_map(&plain)?, headers })
}

fn read_success<E>(answer: &Answer<E>, success: &SuccessReader) -> Outcome {
    let status = PeerStatus::Grpc(Code::Ok);
    let Some((is_compressed, message)) = split_frame(&answer.body) else {
        return success.delivered_with_garbage(status);
    };
    // Servers answer in the compression of the request, whatever is accepted.
    let encoding = match answer.headers.get("grpc-encoding") {
        _ if !is_compressed => "identity",
        Some(encoding) => encoding.to_str().unwrap_or(UNNAMED_ENCODING),
        None => UNNAMED_ENCODING,
    };
    match decompress(encoding, message, ANSWER_BYTES_MAX) {
        Ok(message) => success.read_protobuf(&message, status),
        Err(DecompressError::TooLarge) => {
            Outcome::ResponseTooLarge { cause: Cause::too_large(status, ANSWER_BYTES_MAX) }
        }
        Err(_) => success.delivered_with_garbage(status),
    }
}

/// No build decompresses this.
const UNNAMED_ENCODING: &str = "unnamed";

/// The one message of an answer, and whether it is compressed. No message is an empty one.
fn split_frame(body: &[u8]) -> Option<(bool, &[u8])> {
    if body.is_empty() {
        return Some((false, body));
    }
    let ([flag @ (0 | 1), len @ ..], message) = body.split_first_chunk::<FRAME_PREFIX_LEN>()?
    else {
        return None;
    };
    let is_whole = usize::try_from(u32::from_be_bytes(*len)) == Ok(message.len());
    is_whole.then_some((*flag == 1, message))
}

fn failed(code: Code, message: &str, hint: Option<Duration>) -> Outcome {
    let status = PeerStatus::Grpc(code);
    let separator = if message.is_empty() { "" } else { ": " };
    let text = format!("the peer answered {}{separator}{message}", status.name());
    let cause = Cause::answered(status, &text);
    if is_retryable(code, hint) { Outcome::retry(cause, hint) } else { Outcome::Refused { cause } }
}

/// Source: <https://opentelemetry.io/docs/specs/otlp/#failures>
const fn is_retryable(code: Code, hint: Option<Duration>) -> bool {
    match code {
        Code::Aborted
        | Code::Cancelled
        | Code::DataLoss
        | Code::DeadlineExceeded
        | Code::OutOfRange
        | Code::Unavailable => true,
        Code::ResourceExhausted => hint.is_some(),
        _ => false,
    }
}

/// Something on the way that speaks HTTP, but not gRPC, has answered.
///
/// Source: <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>
fn without_grpc_status<E>(answer: &Answer<E>, now: SystemTime) -> Outcome {
    let code = match answer.status {
        StatusCode::BAD_REQUEST => Code::Internal,
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::PermissionDenied,
        StatusCode::NOT_FOUND => Code::Unimplemented,
        status if http_answer::is_retryable(status) => Code::Unavailable,
        _ => Code::Unknown,
    };
    let message = format!("HTTP {} without a gRPC status", answer.status);
    failed(code, &message, hint::retry_after(&answer.headers, now))
}

#[cfg(test)]
mod tests;
