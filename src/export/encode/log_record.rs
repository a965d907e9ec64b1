//! One log record to the bytes of one `ScopeLogs.log_records` entry, field by field.
//!
//! Source: opentelemetry-proto, logs/v1/logs.proto.

use std::ops::Range;

use opentelemetry::logs::AnyValue;
use opentelemetry::trace::SpanContext;

use crate::config::LogLimitSettings;
use crate::export::encode::attributes::KeyFilter;
use crate::export::encode::buffer::{
    OpenMessage, bytes, close, nonempty_str, nonzero_fixed32, nonzero_fixed64, nonzero_varint, open,
};
use crate::export::encode::fields::Fields;
use crate::export::encode::value::{
    KEY_VALUE_KEY, Scalar, cut_bytes, cut_str, write_any, write_key_scalar, write_key_value,
    write_str,
};

/// The ids that tie a record to its span.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TraceIds {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    pub(crate) flags: u8,
}

impl TraceIds {
    /// `None` where nobody records a span.
    pub(crate) fn of(span: &SpanContext) -> Option<Self> {
        span.is_valid().then(|| Self {
            trace_id: span.trace_id().to_bytes(),
            span_id: span.span_id().to_bytes(),
            flags: span.trace_flags().to_u8(),
        })
    }
}

/// Everything of a record but body and attributes. Empty strings and zeros are not written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LogRecordHead<'a> {
    pub(crate) time_unix_nano: u64,
    pub(crate) observed_time_unix_nano: u64,
    pub(crate) severity_number: i32,
    pub(crate) severity_text: &'a str,
    pub(crate) event_name: &'a str,
    pub(crate) trace: Option<TraceIds>,
}

/// Writes one record into `out`; nothing but `out` is allocated.
///
/// A key that occurs again replaces the value. A new key above the limit is dropped and counted in
/// the record. The body is exempt from limits; a second body replaces the first. Dropped without
/// [`finish`](Self::finish), it takes back what it has written.
#[derive(Debug)]
pub(crate) struct LogRecordEncoder<'a> {
    out: &'a mut Vec<u8>,
    limits: LogLimitSettings,
    entry: OpenMessage,
    /// Where `out` ends should the record be abandoned.
    committed_len: usize,
    has_body: bool,
    keys: KeyFilter,
    kept: u32,
    dropped: u32,
}

impl<'a> LogRecordEncoder<'a> {
    /// Inlined, so that the filter is made where it stays.
    #[inline]
    pub(crate) fn new(out: &'a mut Vec<u8>, limits: LogLimitSettings) -> Self {
        let committed_len = out.len();
        let entry = open(out, SCOPE_LOGS_LOG_RECORDS, LOG_RECORD_LEN_EXPECTED);
        Self {
            out,
            limits,
            entry,
            committed_len,
            has_body: false,
            keys: KeyFilter::default(),
            kept: 0,
            dropped: 0,
        }
    }

    pub(crate) fn body_str(&mut self, value: &str) {
        self.make_room_for_body();
        write_str(self.out, BODY, value);
    }

    pub(crate) fn body(&mut self, value: &AnyValue) {
        self.make_room_for_body();
        write_any(self.out, BODY, value, None);
    }

    pub(crate) fn attribute_str(&mut self, key: &str, value: &str) {
        let value = cut_str(value, self.limits.attribute_chars_max);
        self.attribute_scalar(key, Scalar::Str(value));
    }

    pub(crate) fn attribute_i64(&mut self, key: &str, value: i64) {
        self.attribute_scalar(key, Scalar::I64(value));
    }

    pub(crate) fn attribute_f64(&mut self, key: &str, value: f64) {
        self.attribute_scalar(key, Scalar::F64(value));
    }

    pub(crate) fn attribute_bool(&mut self, key: &str, value: bool) {
        self.attribute_scalar(key, Scalar::Bool(value));
    }

    pub(crate) fn attribute_bytes(&mut self, key: &str, value: &[u8]) {
        let value = cut_bytes(value, self.limits.attribute_chars_max);
        self.attribute_scalar(key, Scalar::Bytes(value));
    }

    pub(crate) fn attribute(&mut self, key: &str, value: &AnyValue) {
        let chars_max = self.limits.attribute_chars_max;
        if self.make_room_for_attribute(key) {
            write_key_value(self.out, ATTRIBUTES, key, |out, field| {
                write_any(out, field, value, chars_max);
            });
        }
    }

    /// Completes the entry: tag of field 2, length, `LogRecord`.
    ///
    /// Ids that are all zero are invalid and are left out, a span id also where there is no trace
    /// id.
    pub(crate) fn finish(mut self, head: &LogRecordHead<'_>) {
        let severity_number = i64::from(head.severity_number).cast_unsigned();
        nonzero_fixed64(self.out, TIME, head.time_unix_nano);
        nonzero_fixed64(self.out, OBSERVED_TIME, head.observed_time_unix_nano);
        nonzero_varint(self.out, SEVERITY_NUMBER, severity_number);
        nonempty_str(self.out, SEVERITY_TEXT, head.severity_text);
        nonempty_str(self.out, EVENT_NAME, head.event_name);
        nonzero_varint(self.out, DROPPED_ATTRIBUTES, u64::from(self.dropped));
        if let Some(trace) = head.trace.filter(|trace| trace.trace_id != [0; 16]) {
            nonzero_fixed32(self.out, FLAGS, u32::from(trace.flags));
            bytes(self.out, TRACE_ID, &trace.trace_id);
            if trace.span_id != [0; 8] {
                bytes(self.out, SPAN_ID, &trace.span_id);
            }
        }
        close(self.out, &self.entry);
        self.committed_len = self.out.len();
    }

    fn attribute_scalar(&mut self, key: &str, value: Scalar<'_>) {
        if self.make_room_for_attribute(key) {
            write_key_scalar(self.out, ATTRIBUTES, key, value);
        }
    }

    /// Takes out an earlier attribute of that key. False when the key is new and the record full.
    fn make_room_for_attribute(&mut self, key: &str) -> bool {
        let is_full = self.kept >= self.limits.attributes_max;
        let may_be_known = if is_full { self.keys.contains(key) } else { self.keys.insert(key) };
        let earlier = if may_be_known { self.find_attribute(key) } else { None };
        if let Some(earlier) = earlier {
            self.out.drain(earlier);
            return true;
        }
        if is_full {
            self.dropped = self.dropped.saturating_add(1);
            return false;
        }
        self.kept = self.kept.saturating_add(1);
        true
    }

    fn make_room_for_body(&mut self) {
        if self.has_body
            && let Some(earlier) = self.find(|number, _| number == BODY)
        {
            self.out.drain(earlier);
        }
        self.has_body = true;
    }

    fn find_attribute(&self, key: &str) -> Option<Range<usize>> {
        self.find(|number, content| number == ATTRIBUTES && key_of(content) == key.as_bytes())
    }

    /// The place in `out` of the first field that matches.
    fn find(&self, mut is_match: impl FnMut(u32, &[u8]) -> bool) -> Option<Range<usize>> {
        let mut start = self.entry.content_start();
        for field in Fields::new(self.out.get(start..)?) {
            let end = start.saturating_add(field.raw.len());
            if is_match(field.number, field.content) {
                return Some(start..end);
            }
            start = end;
        }
        None
    }
}

impl Drop for LogRecordEncoder<'_> {
    fn drop(&mut self) {
        self.out.truncate(self.committed_len);
    }
}

/// The key of an encoded `KeyValue`; an empty one is not written.
fn key_of(key_value: &[u8]) -> &[u8] {
    Fields::new(key_value)
        .find(|field| field.number == KEY_VALUE_KEY)
        .map_or(&[], |field| field.content)
}

/// Records are rarely shorter than 128 bytes and rarely longer than 16 KiB: two bytes of length.
const LOG_RECORD_LEN_EXPECTED: usize = 128;

const SCOPE_LOGS_LOG_RECORDS: u32 = 2;

const TIME: u32 = 1;
const SEVERITY_NUMBER: u32 = 2;
const SEVERITY_TEXT: u32 = 3;
const BODY: u32 = 5;
const ATTRIBUTES: u32 = 6;
const DROPPED_ATTRIBUTES: u32 = 7;
const FLAGS: u32 = 8;
const TRACE_ID: u32 = 9;
const SPAN_ID: u32 = 10;
const OBSERVED_TIME: u32 = 11;
const EVENT_NAME: u32 = 12;
