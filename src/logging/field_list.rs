//! Fields of an event or a span, kept with their types, in two buffers that are used again.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::mem;
use std::ops::Range;

use tracing::field::{Field, Visit};

use crate::logging::errors;
use crate::logging::redact::Redactor;

/// Fields in the order in which they were set; a name that is set again moves to the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldList {
    entries: Vec<Entry>,
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
        let value = match value {
            FieldValue::Bool(value) => Stored::Bool(value),
            FieldValue::F64(value) => Stored::F64(value),
            FieldValue::I64(value) => Stored::I64(value),
            FieldValue::Text(text) => {
                let start = self.text.len();
                self.text.push_str(text);
                Stored::Text(start..self.text.len())
            }
        };
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

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
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

    pub(crate) fn get(&self, name: &str) -> Option<FieldValue<'_>> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name)
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
        for Entry { name: other, value } in &old.entries {
            if other != name {
                self.set(other.clone(), old.read(value));
            }
        }
    }
}

/// Collects what `tracing` shows, secrets hidden.
///
/// Types are those of log records: `u64` above `i64::MAX`, `u128`, `i128` and bytes (in hex) are
/// text. An error is its whole chain.
#[derive(Debug)]
pub(crate) struct FieldCollector<'a> {
    fields: &'a mut FieldList,
    redactor: &'a Redactor,
}

impl<'a> FieldCollector<'a> {
    pub(crate) const fn new(fields: &'a mut FieldList, redactor: &'a Redactor) -> Self {
        Self { fields, redactor }
    }

    pub(crate) fn text(&mut self, name: impl Into<Cow<'static, str>>, value: &str) {
        let name = name.into();
        let shown = self.redactor.redact(&name, value);
        self.fields.set(name, FieldValue::Text(&shown));
    }

    /// A value whose `Display` or `Debug` fails half-way is kept as far as it came.
    pub(crate) fn format(&mut self, name: &'static str, value: fmt::Arguments<'_>) {
        if let Some(text) = value.as_str() {
            self.text(name, text);
            return;
        }
        self.write(name, |out| out.write_fmt(value));
    }

    pub(crate) fn value(&mut self, name: impl Into<Cow<'static, str>>, value: FieldValue<'_>) {
        let name = name.into();
        if !self.redactor.is_secret_key(&name) {
            self.fields.set(name, value);
            return;
        }
        match value {
            FieldValue::Bool(value) => self.text(name, &value.to_string()),
            FieldValue::F64(value) => self.text(name, &value.to_string()),
            FieldValue::I64(value) => self.text(name, &value.to_string()),
            FieldValue::Text(value) => self.text(name, value),
        }
    }

    /// Lets the value write itself behind the other texts, where it stays.
    fn write(&mut self, name: &'static str, write: impl FnOnce(&mut String) -> fmt::Result) {
        self.fields.remove(name);
        let start = self.fields.text.len();
        write(&mut self.fields.text).unwrap_or_default();
        let text = self.fields.text.get(start..).unwrap_or_default();
        if let Cow::Owned(shown) = self.redactor.redact(name, text) {
            self.fields.text.truncate(start);
            self.fields.text.push_str(&shown);
        }
        let value = Stored::Text(start..self.fields.text.len());
        self.fields.entries.push(Entry { name: Cow::Borrowed(name), value });
    }
}

impl Visit for FieldCollector<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field.name(), FieldValue::F64(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field.name(), FieldValue::I64(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.record_i64(field, value),
            Err(_) => self.format(field.name(), format_args!("{value}")),
        }
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.format(field.name(), format_args!("{value}"));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.format(field.name(), format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field.name(), FieldValue::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.write(field.name(), |out| {
            out.push_str("0x");
            value.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
        });
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.write(field.name(), |out| errors::write_chain(out, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.format(field.name(), format_args!("{value:?}"));
    }
}

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
