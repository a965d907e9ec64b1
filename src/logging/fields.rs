//! The fields of a `tracing` event become body and attributes of a log record.

use std::error::Error;
use std::fmt::{self, Write};

use opentelemetry::logs::AnyValue;
use tracing::Metadata;
use tracing::field::{Field, Visit};

use crate::export::encode::LogRecordEncoder;
use crate::export::processors::hidden_bytes;
use crate::logging::redact::SecretFields;
use crate::logging::source::{EventSource, FieldSink};
use crate::logging::value::{ErrorText, LogValue, LogValueKind};
use crate::logging::{REDACTED, Redactor, errors};

/// Writes each field as soon as `tracing` shows it.
///
/// Values keep their type. `u64` above `i64::MAX`, `u128` and `i128` are text: OTLP has no such
/// integers.
#[derive(Debug)]
pub(crate) struct FieldEncoder<'a, 'out> {
    encoder: &'a mut LogRecordEncoder<'out>,
    /// Where values are formatted.
    text: &'a mut String,
    source: &'a EventSource<'a>,
    redactor: &'a Redactor,
    secret_fields: SecretFields<'a>,
    event_name: Option<String>,
    has_exception: bool,
}

impl<'a, 'out> FieldEncoder<'a, 'out> {
    pub(crate) fn new(
        encoder: &'a mut LogRecordEncoder<'out>,
        text: &'a mut String,
        source: &'a EventSource<'a>,
        redactor: &'a Redactor,
        call_site: &'static Metadata<'static>,
    ) -> Self {
        Self {
            encoder,
            text,
            source,
            redactor,
            secret_fields: redactor.secret_fields(call_site),
            event_name: None,
            has_exception: false,
        }
    }

    /// The value of `otel.event.name`, which is lifted out of the attributes.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/semconv/general/events/>
    pub(crate) fn into_event_name(self) -> Option<String> {
        self.event_name
    }

    /// Writes what may be shown of a text.
    fn value_str(&mut self, field: &Field, value: &str) {
        if !self.is_hidden(field) {
            self.write_str(field.name(), &self.redactor.redact_text(value));
        }
    }

    /// Writes the mark of a secret in place of any value of a field that names one. Such a value is
    /// not even formatted.
    #[inline]
    fn is_hidden(&mut self, field: &Field) -> bool {
        self.secret_fields.has(field) && self.hide(field)
    }

    #[cold]
    fn hide(&mut self, field: &Field) -> bool {
        let is_secret = field.name() != MESSAGE;
        if is_secret {
            self.write_str(field.name(), REDACTED);
        }
        is_secret
    }

    fn write_str(&mut self, name: &str, value: &str) {
        match name {
            MESSAGE => self.encoder.body_str(value),
            EVENT_NAME => self.event_name = Some(value.to_owned()),
            name => self.encoder.attribute_str(name, value),
        }
    }

    /// The first error of an event is its exception, under the names of the semantic conventions
    /// instead of the field's own. Attributes of these names that the user has set win.
    fn write_error(&mut self, name: &str, chain: &str, type_name: Option<&str>) {
        let chain = self.redactor.redact_text(chain);
        if self.has_exception || self.source.has_field(EXCEPTION_MESSAGE) {
            self.write_str(name, &chain);
            return;
        }
        self.has_exception = true;
        self.encoder.attribute_str(EXCEPTION_MESSAGE, &chain);
        if let Some(type_name) = type_name.filter(|_| !self.source.has_field(EXCEPTION_TYPE)) {
            self.encoder.attribute_str(EXCEPTION_TYPE, type_name);
        }
    }

    /// A value whose `Display` or `Debug` fails half-way is written as far as it came.
    fn value_format(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if self.is_hidden(field) {
            return;
        }
        self.text.clear();
        self.text.write_fmt(value).unwrap_or_default();
        let text = std::mem::take(self.text);
        self.write_str(field.name(), &self.redactor.redact_text(&text));
        *self.text = text;
    }
}

impl FieldSink for FieldEncoder<'_, '_> {
    /// It is never the body: that is the message of the record.
    fn record_named(&mut self, name: &str, value: &LogValue) {
        if self.redactor.is_secret_key(name) {
            self.encoder.attribute_str(name, REDACTED);
            return;
        }
        match &value.0 {
            LogValueKind::Bool(value) => self.encoder.attribute_bool(name, *value),
            LogValueKind::Error(ErrorText { chain, type_name }) => {
                self.write_error(name, chain, *type_name);
            }
            LogValueKind::Float(value) => self.encoder.attribute_f64(name, *value),
            LogValueKind::Int(value) => self.encoder.attribute_i64(name, *value),
            LogValueKind::Text(value) if name == EVENT_NAME => {
                self.event_name = Some(value.to_string());
            }
            LogValueKind::Text(value) => {
                self.encoder.attribute_str(name, &self.redactor.redact_text(value));
            }
        }
    }
}

impl Visit for FieldEncoder<'_, '_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if self.is_hidden(field) {
            return;
        }
        match field.name() {
            MESSAGE => self.encoder.body(&AnyValue::Double(value)),
            name => self.encoder.attribute_f64(name, value),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if self.is_hidden(field) {
            return;
        }
        match field.name() {
            MESSAGE => self.encoder.body(&AnyValue::Int(value)),
            name => self.encoder.attribute_i64(name, value),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.value_format(field, format_args!("{value}")),
        }
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.value_format(field, format_args!("{value}"));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.value_format(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if self.is_hidden(field) {
            return;
        }
        match field.name() {
            MESSAGE => self.encoder.body(&AnyValue::Boolean(value)),
            name => self.encoder.attribute_bool(name, value),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.value_str(field, value);
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        if self.is_hidden(field) {
            return;
        }
        let hidden = hidden_bytes(self.redactor, value);
        let value = hidden.as_deref().unwrap_or(value);
        match field.name() {
            MESSAGE => self.encoder.body(&AnyValue::Bytes(Box::new(value.to_vec()))),
            name => self.encoder.attribute_bytes(name, value),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if self.is_hidden(field) {
            return;
        }
        self.text.clear();
        errors::write_chain(self.text, value).unwrap_or_default();
        let text = std::mem::take(self.text);
        self.write_error(field.name(), &text, errors::type_name(value));
        *self.text = text;
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.value_format(field, format_args!("{value:?}"));
    }
}

const MESSAGE: &str = "message";
const EVENT_NAME: &str = "otel.event.name";
/// Source: <https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/>
const EXCEPTION_MESSAGE: &str = "exception.message";
const EXCEPTION_TYPE: &str = "exception.type";
