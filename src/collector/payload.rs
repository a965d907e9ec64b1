//! From the body of a request to the bytes of an OTLP request.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::attempt::ReceivedProtocol;
use super::rpc_status::{Failure, INTERNAL, RESOURCE_EXHAUSTED, UNIMPLEMENTED};
use crate::Signal;
use crate::export::encode::json::from_json;
use crate::export::wire::{DecompressError, decompress};

/// Reads a body to its end, or to the limit.
pub(super) async fn read_body(mut body: Incoming, limit_bytes: usize) -> Result<Bytes, Failure> {
    let promised = usize::try_from(body.size_hint().lower()).unwrap_or(limit_bytes);
    let mut collected = Vec::with_capacity(promised.min(TRUSTED_BYTES));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::malformed(&format!("body: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if collected.len().saturating_add(data.len()) > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        collected.extend_from_slice(&data);
    }
    Ok(Bytes::from(collected))
}

/// An OTLP request as protobuf, and how long it was before it was turned into that.
#[derive(Debug)]
pub(super) struct Payload<'a> {
    pub(super) protobuf: Cow<'a, [u8]>,
    pub(super) plain_bytes: usize,
}

/// Unpacks a body: gRPC's frame, compression, JSON.
pub(super) fn unpack<'a>(
    protocol: ReceivedProtocol,
    signal: Signal,
    headers: &HeaderMap,
    body: &'a [u8],
    limit_bytes: usize,
) -> Result<Payload<'a>, Failure> {
    let plain = match protocol {
        ReceivedProtocol::Grpc => {
            let (is_compressed, message) = split_grpc_frame(body)?;
            match header(headers, "grpc-encoding") {
                "" | "identity" if is_compressed => return Err(not_said_how()),
                encoding if is_compressed => inflate(encoding, message, limit_bytes)?,
                _ => inflate("identity", message, limit_bytes)?,
            }
        }
        ReceivedProtocol::HttpJson | ReceivedProtocol::HttpProtobuf => {
            inflate(header(headers, "content-encoding"), body, limit_bytes)?
        }
    };
    let plain_bytes = plain.len();
    let protobuf = match protocol {
        ReceivedProtocol::Grpc | ReceivedProtocol::HttpProtobuf => plain,
        ReceivedProtocol::HttpJson => {
            let protobuf = from_json(signal, &plain);
            Cow::Owned(protobuf.map_err(|error| Failure::malformed(&error.to_string()))?)
        }
    };
    Ok(Payload { protobuf, plain_bytes })
}

/// Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md> (Length-Prefixed-Message)
fn split_grpc_frame(body: &[u8]) -> Result<(bool, &[u8]), Failure> {
    let malformed = || Failure::malformed("gRPC: the body is not exactly one message");
    let ([flag, len @ ..], message) = body.split_first_chunk::<5>().ok_or_else(malformed)?;
    let is_whole = usize::try_from(u32::from_be_bytes(*len)) == Ok(message.len());
    if !is_whole || *flag > 1 {
        return Err(malformed());
    }
    Ok((*flag == 1, message))
}

fn inflate<'a>(
    encoding: &str,
    body: &'a [u8],
    limit_bytes: usize,
) -> Result<Cow<'a, [u8]>, Failure> {
    decompress(encoding, body, limit_bytes).map_err(|error| match error {
        DecompressError::Malformed(_) => Failure::malformed(&error.to_string()),
        DecompressError::TooLarge => too_large(limit_bytes),
        DecompressError::Unsupported => Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            UNIMPLEMENTED,
            &format!("content encoding `{}` is not supported", encoding.escape_default()),
        ),
    })
}

fn not_said_how() -> Failure {
    let message = "gRPC: the message is compressed, but no header says how";
    Failure::new(StatusCode::BAD_REQUEST, INTERNAL, message)
}

fn too_large(limit_bytes: usize) -> Failure {
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        RESOURCE_EXHAUSTED,
        &format!("the request is larger than {limit_bytes} bytes"),
    )
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Names the content encodings that this build understands.
pub(super) const fn supported_encodings() -> &'static str {
    match (cfg!(feature = "gzip"), cfg!(feature = "zstd")) {
        (true, true) => "gzip, zstd, identity",
        (true, false) => "gzip, identity",
        (false, true) => "zstd, identity",
        (false, false) => "identity",
    }
}

/// How much room is made because a head says so; a body that is longer has to arrive first.
const TRUSTED_BYTES: usize = 4 * 1024 * 1024;
