//! A peer's answer, read to its end and never beyond the limit.

use std::error::Error as StdError;

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response, StatusCode};
use http_body::Body;
use http_body_util::BodyExt;
use prost::Message;

use crate::export::wire::messages::RpcStatus;

/// Longest answer that is read, whatever `Content-Length` says.
///
/// Answers are never compressed: no request carries `accept-encoding`.
///
/// Source: opentelemetry-specification, protocol/exporter.md (4 MiB recommended).
pub(super) const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What arrived.
#[derive(Debug)]
pub(super) struct Answer<E> {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) trailers: Option<HeaderMap>,
    /// How the reading ended.
    pub(super) end: End<E>,
}

/// How the reading of an answer ended.
#[derive(Debug)]
pub(super) enum End<E> {
    /// The connection failed before the end.
    Broken(E),
    /// The peer said that this is all.
    Complete,
    /// There was more than the limit.
    OverLimit,
}

/// Reads `response` to its end or to `limit_bytes`.
pub(super) async fn read<B>(response: Response<B>, limit_bytes: usize) -> Answer<B::Error>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: StdError,
{
    let (head, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let mut trailers = None;
    let end = loop {
        match incoming.frame().await {
            None => break End::Complete,
            Some(Err(error)) => break End::Broken(error),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) if body.len().saturating_add(data.len()) > limit_bytes => {
                    break End::OverLimit;
                }
                Ok(data) => body.extend_from_slice(&data),
                Err(frame) => trailers = frame.into_trailers().ok(),
            },
        }
    };
    Answer { status: head.status, headers: head.headers, body: body.freeze(), trailers, end }
}

impl<E> Answer<E> {
    /// Whether the body says that it is JSON. Gateways answer in JSON whatever they were asked in.
    pub(super) fn is_json(&self) -> bool {
        self.has_content_type("application/json")
    }

    /// The words of a failed answer: the message of a `google.rpc.Status`, or the text itself.
    /// Neither bounded nor escaped.
    pub(super) fn failure_message(&self) -> String {
        if self.has_content_type("text/") {
            return String::from_utf8_lossy(&self.body).into_owned();
        }
        if self.is_json() {
            let status: Option<JsonStatus> = serde_json::from_slice(&self.body).ok();
            return status.map(|status| status.message).unwrap_or_default();
        }
        RpcStatus::decode(self.body.as_ref()).map(|status| status.message).unwrap_or_default()
    }

    fn has_content_type(&self, start: &str) -> bool {
        let value = self.headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
        value.get(..start.len()).is_some_and(|value| value.eq_ignore_ascii_case(start.as_bytes()))
    }
}

/// `google.rpc.Status` as JSON.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct JsonStatus {
    message: String,
}
