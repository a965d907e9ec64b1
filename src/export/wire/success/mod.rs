//! What a peer says when it says yes.

use std::sync::atomic::{AtomicBool, Ordering};

use prost::Message;
use serde_json::Value;

use crate::Signal;
use crate::export::wire::messages::{ExportResponse, PartialSuccess};
use crate::export::wire::outcome::{Outcome, PeerStatus};
use crate::export::wire::text;

/// Reads the `partial_success` of one signal's answers.
#[derive(Debug)]
pub(super) struct SuccessReader {
    signal: Signal,
    /// An answer that does not decode was reported. A peer that sends one sends them all day.
    has_reported_garbage: AtomicBool,
}

impl SuccessReader {
    pub(super) const fn new(signal: Signal) -> Self {
        Self { signal, has_reported_garbage: AtomicBool::new(false) }
    }

    /// An answer that does not decode is a full success: the data may have been stored, so it is
    /// not sent again. It is advice once.
    pub(super) fn read_protobuf(&self, body: &[u8], status: PeerStatus) -> Outcome {
        match ExportResponse::decode(body) {
            Ok(response) => delivered(&response.partial_success.unwrap_or_default(), status),
            Err(_) => self.delivered_with_garbage(status),
        }
    }

    /// Like [`read_protobuf`](Self::read_protobuf), for JSON.
    pub(super) fn read_json(&self, body: &[u8], status: PeerStatus) -> Outcome {
        if body.trim_ascii().is_empty() {
            return delivered(&PartialSuccess::default(), status);
        }
        match serde_json::from_slice(body).ok().and_then(|response| self.partial_success(&response))
        {
            Some(partial) => delivered(&partial, status),
            None => self.delivered_with_garbage(status),
        }
    }

    pub(super) fn delivered_with_garbage(&self, status: PeerStatus) -> Outcome {
        let is_first = !self.has_reported_garbage.swap(true, Ordering::Relaxed);
        let advice = is_first.then(|| {
            "the peer reported success with an answer that does not decode; taken as delivered"
                .to_owned()
        });
        Outcome::Delivered { rejected: 0, advice, status: Some(status) }
    }

    /// `None`: this is not the JSON of an answer. Missing and `null` fields have their defaults.
    fn partial_success(&self, response: &Value) -> Option<PartialSuccess> {
        let partial = match response.as_object()?.get("partialSuccess") {
            None | Some(Value::Null) => return Some(PartialSuccess::default()),
            Some(partial) => partial.as_object()?,
        };
        let rejected_key = match self.signal {
            Signal::Logs => "rejectedLogRecords",
            Signal::Metrics => "rejectedDataPoints",
            Signal::Traces => "rejectedSpans",
        };
        let rejected = match partial.get(rejected_key) {
            None | Some(Value::Null) => 0,
            Some(Value::String(digits)) => digits.parse().ok()?,
            Some(number) => number.as_i64()?,
        };
        let error_message = match partial.get("errorMessage") {
            None | Some(Value::Null) => String::new(),
            Some(message) => message.as_str()?.to_owned(),
        };
        Some(PartialSuccess { rejected, error_message })
    }
}

fn delivered(partial: &PartialSuccess, status: PeerStatus) -> Outcome {
    let advice = text::escape_bounded(&partial.error_message);
    Outcome::Delivered {
        rejected: u64::try_from(partial.rejected).unwrap_or(0),
        advice: (!advice.is_empty()).then_some(advice),
        status: Some(status),
    }
}

#[cfg(test)]
mod tests;
