//! Fields of an event or a span, kept with their types, in two buffers that are used again.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::mem;
use std::ops::Range;

use tracing::Metadata;
use tracing::field::{Field, Visit};

use crate::export::processors::hidden_bytes;
use crate::logging::errors;
use crate::logging::redact::{REDACTED, Redactor, SecretFields};
use crate::logging::source::FieldSink;
use crate::logging::value::{ErrorText, LogValue, LogValueKind};

/// Fields in the order in which they were set; a name that is set again moves to the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldList {
    entries: Vec<Entry>,
    /// The message of an event. It has no name, so that no field can be taken for it.
    message: Option<Stored>,
    /// All values that are text, end to end.
    text: String,
}

/// The value of one field, in the types that log records have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum FieldValue<'a> {
    Bool(bool),
    F64(f64),
    I64(i64),
    Text(&'a str),
}

#[derive(Clone, Debug)]
struct Entry {
    name: Cow<'static, str>,
    value: Stored,
}

#[derive(Clone, Debug)]
enum Stored {
    Bool(bool),
    F64(f64),
    I64(i64),
    Text(Range<usize>),
}

impl FieldList {
    pub(crate) fn set(&mut self, name: impl Into<Cow<'static, str>>, value: FieldValue<'_>) {
        let name = name.into();
        self.remove(&name);
        let value = self.store(value);
        self.entries.push(Entry { name, value });
    }

    /// Takes over the fields of `others` whose names are in none of the two lists.
    pub(crate) fn add_missing(&mut self, others: &Self, inner: &Self) {
        for Entry { name, value } in &others.entries {
            if !self.has(name) && !inner.has(name) {
                self.set(name.clone(), others.read(value));
            }
        }
    }

    /// Takes over all fields of `others`.
    pub(crate) fn add_all(&mut self, others: &Self) {
        for Entry { name, value } in &others.entries {
            self.set(name.clone(), others.read(value));
        }
    }

    pub(crate) fn set_message(&mut self, value: FieldValue<'_>) {
        self.message = Some(self.store(value));
    }

    pub(crate) fn message(&self) -> Option<FieldValue<'_>> {
        self.message.as_ref().map(|value| self.read(value))
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.message = None;
        self.text.clear();
    }

    /// Gives back what one huge item took.
    pub(crate) fn shrink_to(&mut self, bytes: usize) {
        self.text.shrink_to(bytes);
        self.entries.shrink_to(bytes.checked_div(size_of::<Entry>()).unwrap_or_default());
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, FieldValue<'_>)> {
        self.entries.iter().map(|entry| (&*entry.name, self.read(&entry.value)))
    }

    fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
    }

    fn store(&mut self, value: FieldValue<'_>) -> Stored {
        match value {
            FieldValue::Bool(value) => Stored::Bool(value),
            FieldValue::F64(value) => Stored::F64(value),
            FieldValue::I64(value) => Stored::I64(value),
            FieldValue::Text(text) => {
                let start = self.text.len();
                self.text.push_str(text);
                Stored::Text(start..self.text.len())
            }
        }
    }

    fn read<'a>(&'a self, value: &Stored) -> FieldValue<'a> {
        match value {
            Stored::Bool(value) => FieldValue::Bool(*value),
            Stored::F64(value) => FieldValue::F64(*value),
            Stored::I64(value) => FieldValue::I64(*value),
            // Every range was made from this text.
            Stored::Text(range) => FieldValue::Text(self.text.get(range.clone()).unwrap_or("")),
        }
    }

    /// Leaves no trace of the old value, so that a field that is set for ever takes no more room.
    fn remove(&mut self, name: &str) {
        if !self.has(name) {
            return;
        }
        let old = mem::take(self);
        if let Some(message) = old.message() {
            self.set_message(message);
        }
        for Entry { name: other, value } in &old.entries {
            if other != name {
                self.set(other.clone(), old.read(value));
            }
        }
    }
}

/// Collects the fields of an event or a span, secrets hidden.
///
/// Types are those of log records: `u64` above `i64::MAX`, `u128`, `i128` and bytes (in hex) are
/// text. An error is its whole chain.
#[derive(Debug)]
pub(crate) struct FieldCollector<'a> {
    fields: &'a mut FieldList,
    redactor: &'a Redactor,
    secret_fields: SecretFields<'a>,
    /// A span has no message, only a field of that name.
    has_message: bool,
}

impl<'a> FieldCollector<'a> {
    pub(crate) fn of_event(
        fields: &'a mut FieldList,
        redactor: &'a Redactor,
        call_site: &'static Metadata<'static>,
    ) -> Self {
        let secret_fields = redactor.secret_fields(call_site);
        Self { fields, redactor, secret_fields, has_message: true }
    }

    pub(crate) fn of_span(
        fields: &'a mut FieldList,
        redactor: &'a Redactor,
        call_site: &'static Metadata<'static>,
    ) -> Self {
        Self { has_message: false, ..Self::of_event(fields, redactor, call_site) }
    }

    fn is_message(&self, field: &Field) -> bool {
        self.has_message && field.name() == MESSAGE
    }

    fn value(&mut self, field: &Field, value: FieldValue<'_>) {
        if self.is_message(field) {
            self.fields.set_message(value);
        } else if !self.hides(field) {
            self.fields.set(field.name(), value);
        }
    }

    /// Keeps the mark of a secret in place of any value of a field that names one. Such a value is
    /// not even formatted.
    fn hides(&mut self, field: &Field) -> bool {
        let is_secret = self.secret_fields.has(field) && !self.is_message(field);
        if is_secret {
            self.fields.set(field.name(), FieldValue::Text(REDACTED));
        }
        is_secret
    }

    /// Lets the value write itself behind the other texts, where it stays. One that fails half-way is
    /// kept as far as it came.
    fn write(&mut self, field: &Field, write: impl FnOnce(&mut String) -> fmt::Result) {
        if self.hides(field) {
            return;
        }
        self.fields.remove(field.name());
        let start = self.fields.text.len();
        write(&mut self.fields.text).unwrap_or_default();
        let text = self.fields.text.get(start..).unwrap_or_default();
        if let Cow::Owned(shown) = self.redactor.redact_text(text) {
            self.fields.text.truncate(start);
            self.fields.text.push_str(&shown);
        }
        let value = Stored::Text(start..self.fields.text.len());
        if self.is_message(field) {
            self.fields.message = Some(value);
        } else {
            self.fields.entries.push(Entry { name: Cow::Borrowed(field.name()), value });
        }
    }

    fn format(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        self.write(field, |out| out.write_fmt(value));
    }
}

impl FieldSink for FieldCollector<'_> {
    fn record_named(&mut self, name: &str, value: &LogValue) {
        let hidden;
        let value = match &value.0 {
            _ if self.redactor.is_secret_key(name) => FieldValue::Text(REDACTED),
            LogValueKind::Bool(value) => FieldValue::Bool(*value),
            LogValueKind::Float(value) => FieldValue::F64(*value),
            LogValueKind::Int(value) => FieldValue::I64(*value),
            LogValueKind::Text(text) | LogValueKind::Error(ErrorText { chain: text, .. }) => {
                hidden = self.redactor.redact_text(text);
                FieldValue::Text(&hidden)
            }
        };
        self.fields.set(name.to_owned(), value);
    }
}

impl Visit for FieldCollector<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, FieldValue::F64(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, FieldValue::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.format(field, format_args!("{value}")),
        }
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.format(field, format_args!("{value}"));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.format(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, FieldValue::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, |out| out.write_str(value));
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        let hidden = hidden_bytes(self.redactor, value);
        let value = hidden.as_deref().unwrap_or(value);
        self.write(field, |out| {
            out.push_str("0x");
            value.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.write(field, |out| errors::write_chain(out, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.format(field, format_args!("{value:?}"));
    }
}

const MESSAGE: &str = "message";

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(fields: &FieldList) -> Vec<(&str, FieldValue<'_>)> {
        fields.iter().collect()
    }

    #[test]
    fn the_last_value_of_a_name_wins() {
        let mut fields = FieldList::default();
        fields.set("a", FieldValue::Text("one"));
        fields.set("b", FieldValue::I64(2));
        fields.set("a", FieldValue::Text("three"));
        assert_eq!(shown(&fields), [("b", FieldValue::I64(2)), ("a", FieldValue::Text("three"))]);
    }

    #[test]
    fn a_field_that_is_set_for_ever_takes_no_more_room() {
        let mut fields = FieldList::default();
        for round in 0..1000 {
            fields.set("progress", FieldValue::Text(&format!("{round:04}")));
        }
        assert_eq!((fields.text.as_str(), fields.entries.len()), ("0999", 1));
    }

    #[test]
    fn inner_values_hide_outer_ones() {
        let list = |pairs: &[(&'static str, &str)]| {
            let mut fields = FieldList::default();
            for (name, value) in pairs {
                fields.set(*name, FieldValue::Text(value));
            }
            fields
        };
        let event = list(&[("a", "event")]);
        let mut spans = FieldList::default();
        spans.add_missing(&list(&[("a", "inner"), ("b", "inner")]), &event);
        spans.add_missing(&list(&[("b", "outer"), ("c", "outer")]), &event);
        let expected = [("b", FieldValue::Text("inner")), ("c", FieldValue::Text("outer"))];
        assert_eq!(shown(&spans), expected);
    }
}
