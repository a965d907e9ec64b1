//! OTLP/JSON and OTLP protobuf, each from the other, by one table of fields.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

mod protobuf;
mod table;
mod text;
mod writer;

// Only the collector reads OTLP/JSON.
#[cfg(any(feature = "collector", test))]
mod protobuf_writer;
#[cfg(any(feature = "collector", test))]
mod reader;
#[cfg(any(feature = "collector", test))]
mod text_reader;

use std::fmt;

use self::table::Message;
use crate::Signal;

#[cfg(feature = "collector")]
pub(crate) use self::protobuf::{FieldReader, WireValue};
#[cfg(feature = "collector")]
pub(crate) use self::protobuf_writer::put_field;
#[cfg(feature = "collector")]
pub(crate) use self::text::{push_base64, push_hex};

/// Bytes that are not what they should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct MalformedOtlp {
    pub(crate) reason: String,
}

/// Turns an `Export…ServiceRequest` into OTLP/JSON on one line, without a line end.
///
/// Keys stand in the order of the bytes. Fields that this version of OTLP does not know have no
/// name and are left out. Fails on bytes that are no such message, on text that is not UTF-8, and
/// on nesting deeper than [`MAX_DEPTH`].
pub(crate) fn to_json(signal: Signal, request: &[u8]) -> Result<Vec<u8>, MalformedOtlp> {
    // Measured on requests of spans: JSON takes a little under twice the room.
    let mut json = Vec::with_capacity(request.len().saturating_mul(2));
    writer::write_message(&mut json, Message::request(signal), request, 0)?;
    Ok(json)
}

/// Turns OTLP/JSON into an `Export…ServiceRequest`.
///
/// Unknown keys are ignored, `null` is an absent field, numbers may be strings and the other way
/// round, ids are hexadecimal in either case. Fails on anything else that is not OTLP/JSON.
#[cfg(any(feature = "collector", test))]
pub(crate) fn from_json(signal: Signal, json: &[u8]) -> Result<Vec<u8>, MalformedOtlp> {
    use serde::de::DeserializeSeed;

    let mut request = Vec::with_capacity(json.len());
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let reader =
        reader::MessageReader { message: Message::request(signal), out: &mut request, depth: 0 };
    reader
        .deserialize(&mut deserializer)
        .and_then(|_| deserializer.end())
        .map_err(|error| MalformedOtlp::new(format!("JSON: {error}")))?;
    Ok(request)
}

impl MalformedOtlp {
    fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }

    fn cut_short() -> Self {
        Self::new("protobuf: the message ends inside a field")
    }

    fn too_deep() -> Self {
        Self::new(format!("nested deeper than {MAX_DEPTH} messages"))
    }
}

impl fmt::Display for MalformedOtlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for MalformedOtlp {}

/// How many messages may lie inside each other, in both directions.
///
/// A message is at most two levels of JSON (an array and an object), and common JSON readers,
/// `serde_json` among them, stop at 128: what one side writes the other can read.
const MAX_DEPTH: usize = 60;

#[cfg(test)]
mod tests;
