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
mod tests {
    use super::*;

    const STATUS: PeerStatus = PeerStatus::Http(200);
    const GARBAGE: &str =
        "the peer reported success with an answer that does not decode; taken as delivered";

    #[track_caller]
    fn check(outcome: &Outcome, rejected_expected: u64, advice_expected: Option<&str>) {
        let Outcome::Delivered { rejected, advice, status } = outcome else {
            panic!("not delivered: {outcome:?}");
        };
        assert_eq!((*rejected, advice.as_deref()), (rejected_expected, advice_expected));
        assert_eq!(*status, Some(STATUS));
    }

    #[test]
    fn protobuf_answers_of_each_kind_are_read() {
        let cases: [(&[u8], u64, Option<&str>); 8] = [
            (b"", 0, None),
            (b"\x0a\x00", 0, None),
            (b"\x0a\x02\x08\x03", 3, None),
            (b"\x0a\x07\x08\x03\x12\x03bad", 3, Some("bad")),
            (b"\x0a\x06\x12\x04a\nbc", 0, Some("a\\nbc")),
            // -1 as a varint.
            (b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, None),
            // Unknown fields are skipped.
            (b"\x38\x01\x0a\x04\x30\x01\x08\x02", 2, None),
            (b"<html>", 0, Some(GARBAGE)),
        ];
        for (body, rejected, advice) in cases {
            let reader = SuccessReader::new(Signal::Traces);
            check(&reader.read_protobuf(body, STATUS), rejected, advice);
        }
    }

    #[test]
    fn json_answers_of_each_kind_are_read() {
        let cases = [
            ("", 0, None),
            (" \n", 0, None),
            ("{}", 0, None),
            (r#"{"partialSuccess":null}"#, 0, None),
            (r#"{"partialSuccess":{}}"#, 0, None),
            (r#"{"partialSuccess":{"rejectedLogRecords":3,"new":[1]}}"#, 3, None),
            (
                r#"{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"bad"}}"#,
                3,
                Some("bad"),
            ),
            (r#"{"partialSuccess":{"rejectedLogRecords":-3}}"#, 0, None),
            (r#"{"partialSuccess":{"rejectedSpans":3}}"#, 0, None),
            (r#"{"partialSuccess":{"rejectedLogRecords":null,"errorMessage":null}}"#, 0, None),
            (r#"{"partialSuccess":{"rejectedLogRecords":"many"}}"#, 0, Some(GARBAGE)),
            (r#"{"partialSuccess":7}"#, 0, Some(GARBAGE)),
            ("[]", 0, Some(GARBAGE)),
            ("<html>", 0, Some(GARBAGE)),
        ];
        for (body, rejected, advice) in cases {
            let reader = SuccessReader::new(Signal::Logs);
            check(&reader.read_json(body.as_bytes(), STATUS), rejected, advice);
        }
    }

    #[test]
    fn each_signal_has_its_own_name_for_rejected_items() {
        let names = [
            (Signal::Traces, "rejectedSpans"),
            (Signal::Logs, "rejectedLogRecords"),
            (Signal::Metrics, "rejectedDataPoints"),
        ];
        for (signal, name) in names {
            let body = format!(r#"{{"partialSuccess":{{"{name}":"2"}}}}"#);
            check(&SuccessReader::new(signal).read_json(body.as_bytes(), STATUS), 2, None);
        }
    }

    #[test]
    fn garbage_is_reported_once() {
        let reader = SuccessReader::new(Signal::Traces);
        check(&reader.read_protobuf(b"<html>", STATUS), 0, Some(GARBAGE));
        check(&reader.read_json(b"<html>", STATUS), 0, None);
        check(&reader.read_protobuf(b"<html>", STATUS), 0, None);
    }
}
