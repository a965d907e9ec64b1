//! Every request that arrived, whatever became of it.

use std::hash::{DefaultHasher, Hasher};

use http::HeaderMap;
use serde::Serialize;

use crate::Signal;

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedAttempt {
    /// The signal that the path names, if it names one.
    #[serde(serialize_with = "serialize_signal")]
    pub signal: Option<Signal>,
    /// How the request was encoded, if it is a known way.
    pub protocol: Option<ReceivedProtocol>,
    /// The HTTP method.
    pub method: String,
    /// The path and query.
    pub path: String,
    /// Headers in the order of arrival, names in lower case. Bytes that are not ASCII are escaped.
    pub headers: Vec<(String, String)>,
    /// The body's length on the wire: compressed, with gRPC's frame.
    pub body_bytes: usize,
    /// A hash of the body on the wire. Equal bodies have equal hashes within one process.
    pub body_hash: u64,
    /// How many items the body holds, 0 if it does not decode.
    pub items: u64,
    /// Which connection, counted from 1.
    pub connection: u64,
    /// What became of the request.
    pub answer: AttemptAnswer,
}

/// The encodings of OTLP.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum ReceivedProtocol {
    /// Protobuf in gRPC frames.
    Grpc,
    /// JSON over HTTP.
    HttpJson,
    /// Protobuf over HTTP.
    HttpProtobuf,
}

/// What became of a request.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum AttemptAnswer {
    /// Success, in full or in part.
    Accepted,
    /// A failure, with the HTTP status and for gRPC the gRPC status.
    Failed {
        /// The HTTP status.
        http_status: u16,
        /// The gRPC status.
        grpc_status: Option<u32>,
    },
    /// Nothing that a sender could read: closed, broken off, or too large.
    None,
    /// Not answered yet, or the sender went away before.
    Pending,
}

impl ReceivedAttempt {
    /// Returns a header's value by its name in lower case, the first if there are several.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

pub(super) fn copy_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let copy = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), value.as_bytes().escape_ascii().to_string())
    };
    headers.iter().map(copy).collect()
}

pub(super) fn hash_body(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(body);
    hasher.finish()
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes fields by reference"
)]
fn serialize_signal<S: serde::Serializer>(
    signal: &Option<Signal>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    signal.map(Signal::name).serialize(serializer)
}
