//! Attribute values to the bytes of an `AnyValue` in a field of another message.
//!
//! Source: opentelemetry-proto, common/v1/common.proto.

use opentelemetry::logs::AnyValue;
use opentelemetry::{Array, Value};

use crate::export::encode::buffer::{
    WIRE_FIXED64, WIRE_LEN, WIRE_VARINT, close, fixed64, len_head, nested_heads, nonempty_str,
    open, short_tag, tag, varint_bytes, varint_field, varint_len,
};

/// A value whose length is known before it is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'a> {
    Bool(bool),
    Bytes(&'a [u8]),
    F64(f64),
    I64(i64),
    Str(&'a str),
}

impl<'a> Scalar<'a> {
    /// The value, cut to the limit, unless it is a list.
    #[inline]
    pub(super) fn of(value: &'a Value, chars_max: Option<usize>) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Bool(*value)),
            Value::F64(value) => Some(Self::F64(*value)),
            Value::I64(value) => Some(Self::I64(*value)),
            Value::String(value) => Some(Self::Str(cut_str(value.as_str(), chars_max))),
            _ => None,
        }
    }

    /// The length of the `AnyValue`, without tag and length of its own.
    #[inline]
    fn any_len(self) -> usize {
        match self {
            Self::Bool(_) => 2,
            Self::Bytes(value) => len_field_len(value.len()),
            Self::F64(_) => 9,
            Self::I64(value) => varint_len(value.cast_unsigned()).saturating_add(1),
            Self::Str(value) => len_field_len(value.len()),
        }
    }

    /// Writes the `AnyValue` into a field.
    #[inline]
    pub(super) fn write(self, out: &mut Vec<u8>, field: u32) {
        match self {
            Self::Bool(value) => write_bool(out, field, value),
            Self::Bytes(value) => write_bytes(out, field, value),
            Self::F64(value) => write_f64(out, field, value),
            Self::I64(value) => write_i64(out, field, value),
            Self::Str(value) => write_str(out, field, value),
        }
    }
}

/// Writes `KeyValue { key, value }`. By far the most attributes come this way, and most of those are
/// short.
#[inline]
pub(super) fn write_key_scalar(out: &mut Vec<u8>, field: u32, key: &str, value: Scalar<'_>) {
    let value_len = value.any_len();
    let is_short = field < 16 && key.len() < SHORT_KEY && value_len < SHORT_VALUE;
    if !is_short || key.is_empty() {
        return write_long_key_scalar(out, field, key, value);
    }
    let byte = |len: usize| len.to_le_bytes()[0];
    let entry_len = key.len().wrapping_add(value_len).wrapping_add(4);
    out.extend_from_slice(&[short_tag(field, WIRE_LEN), byte(entry_len), KEY_TAG, byte(key.len())]);
    out.extend_from_slice(key.as_bytes());
    let end = out.len().wrapping_add(value_len).wrapping_add(2);
    let head = [VALUE_TAG, byte(value_len)];
    match value {
        Scalar::Bool(value) => {
            out.extend_from_slice(&[head[0], head[1], BOOL_TAG, u8::from(value)]);
        }
        Scalar::Bytes(value) => {
            out.extend_from_slice(&[head[0], head[1], BYTES_TAG, byte(value.len())]);
            out.extend_from_slice(value);
        }
        Scalar::F64(value) => {
            out.extend_from_slice(&[head[0], head[1], DOUBLE_TAG]);
            out.extend_from_slice(&value.to_le_bytes());
        }
        Scalar::I64(value) => {
            out.extend_from_slice(&[head[0], head[1], INT_TAG]);
            // As many bytes as the longest number takes, in one step; what is too much is taken off.
            out.extend_from_slice(&varint_bytes(value.cast_unsigned()));
            out.truncate(end);
        }
        Scalar::Str(value) => {
            out.extend_from_slice(&[head[0], head[1], STRING_TAG, byte(value.len())]);
            out.extend_from_slice(value.as_bytes());
        }
    }
}

#[cold]
fn write_long_key_scalar(out: &mut Vec<u8>, field: u32, key: &str, value: Scalar<'_>) {
    let value_len = len_field_len(value.any_len());
    if key.is_empty() {
        len_head(out, field, value_len);
    } else {
        let entry_len = len_field_len(key.len()).saturating_add(value_len);
        nested_heads(out, (field, entry_len), (KEY_VALUE_KEY, key.len()));
        out.extend_from_slice(key.as_bytes());
    }
    value.write(out, KEY_VALUE_VALUE);
}

/// Writes `KeyValue { key, value }` where `write_value` writes the `AnyValue` into the field that
/// it is given.
pub(super) fn write_key_value(
    out: &mut Vec<u8>,
    field: u32,
    key: &str,
    write_value: impl FnOnce(&mut Vec<u8>, u32),
) {
    let entry = open(out, field, key.len());
    nonempty_str(out, KEY_VALUE_KEY, key);
    write_value(out, KEY_VALUE_VALUE);
    close(out, &entry);
}

/// Writes a value of a span, a span event, a link, a scope or a resource.
pub(super) fn write_value(out: &mut Vec<u8>, field: u32, value: &Value, chars_max: Option<usize>) {
    match value {
        Value::Bool(value) => write_bool(out, field, *value),
        Value::F64(value) => write_f64(out, field, *value),
        Value::I64(value) => write_i64(out, field, *value),
        Value::String(value) => write_str(out, field, cut_str(value.as_str(), chars_max)),
        Value::Array(array) => write_array(out, field, array, chars_max),
        _ => write_nothing(out, field),
    }
}

/// Writes a value of a log record. Lists and maps nested deeper than [`DEPTH_MAX`] become values
/// that hold nothing.
pub(super) fn write_any(out: &mut Vec<u8>, field: u32, value: &AnyValue, chars_max: Option<usize>) {
    write_any_at(out, field, value, chars_max, 1);
}

#[inline]
pub(super) fn write_str(out: &mut Vec<u8>, field: u32, value: &str) {
    write_len_value(out, field, STRING_VALUE, value.as_bytes());
}

#[inline]
pub(super) fn write_bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    write_len_value(out, field, BYTES_VALUE, value);
}

#[inline]
pub(super) fn write_bool(out: &mut Vec<u8>, field: u32, value: bool) {
    len_head(out, field, 2);
    tag(out, BOOL_VALUE, WIRE_VARINT);
    out.push(u8::from(value));
}

#[inline]
pub(super) fn write_i64(out: &mut Vec<u8>, field: u32, value: i64) {
    let value = value.cast_unsigned();
    len_head(out, field, varint_len(value).saturating_add(1));
    varint_field(out, INT_VALUE, value);
}

#[inline]
pub(super) fn write_f64(out: &mut Vec<u8>, field: u32, value: f64) {
    len_head(out, field, 9);
    fixed64(out, DOUBLE_VALUE, value.to_le_bytes());
}

/// The first `chars_max` characters.
#[inline]
pub(super) fn cut_str(value: &str, chars_max: Option<usize>) -> &str {
    let Some(chars_max) = chars_max.filter(|max| value.len() > *max) else { return value };
    let end = value.char_indices().nth(chars_max).map_or(value.len(), |(index, _)| index);
    value.get(..end).unwrap_or(value)
}

/// The first `bytes_max` bytes: the limit of characters counts bytes in byte strings.
#[inline]
pub(super) fn cut_bytes(value: &[u8], bytes_max: Option<usize>) -> &[u8] {
    bytes_max.and_then(|max| value.get(..max)).unwrap_or(value)
}

fn write_any_at(
    out: &mut Vec<u8>,
    field: u32,
    value: &AnyValue,
    chars_max: Option<usize>,
    depth: usize,
) {
    match value {
        AnyValue::Boolean(value) => write_bool(out, field, *value),
        AnyValue::Bytes(value) => write_bytes(out, field, cut_bytes(value, chars_max)),
        AnyValue::Double(value) => write_f64(out, field, *value),
        AnyValue::Int(value) => write_i64(out, field, *value),
        AnyValue::String(value) => write_str(out, field, cut_str(value.as_str(), chars_max)),
        AnyValue::ListAny(values) if depth <= DEPTH_MAX => {
            write_nested(out, field, ARRAY_VALUE, |out| {
                for value in values.iter() {
                    write_any_at(out, ELEMENTS, value, chars_max, depth.saturating_add(1));
                }
            });
        }
        AnyValue::Map(entries) if depth <= DEPTH_MAX => {
            write_nested(out, field, KVLIST_VALUE, |out| {
                for (key, value) in entries.iter() {
                    write_key_value(out, ELEMENTS, key.as_str(), |out, field| {
                        write_any_at(out, field, value, chars_max, depth.saturating_add(1));
                    });
                }
            });
        }
        _ => write_nothing(out, field),
    }
}

fn write_array(out: &mut Vec<u8>, field: u32, array: &Array, chars_max: Option<usize>) {
    write_nested(out, field, ARRAY_VALUE, |out| match array {
        Array::Bool(values) => {
            for value in values {
                write_bool(out, ELEMENTS, *value);
            }
        }
        Array::F64(values) => {
            for value in values {
                write_f64(out, ELEMENTS, *value);
            }
        }
        Array::I64(values) => {
            for value in values {
                write_i64(out, ELEMENTS, *value);
            }
        }
        Array::String(values) => {
            for value in values {
                write_str(out, ELEMENTS, cut_str(value.as_str(), chars_max));
            }
        }
        _ => {}
    });
}

/// An `AnyValue` that holds a list or a map.
fn write_nested(
    out: &mut Vec<u8>,
    field: u32,
    kind: u32,
    write_elements: impl FnOnce(&mut Vec<u8>),
) {
    let any = open(out, field, 0);
    let elements = open(out, kind, 0);
    write_elements(out);
    close(out, &elements);
    close(out, &any);
}

#[inline]
fn write_len_value(out: &mut Vec<u8>, field: u32, kind: u32, value: &[u8]) {
    nested_heads(out, (field, len_field_len(value.len())), (kind, value.len()));
    out.extend_from_slice(value);
}

/// The length of a field that holds so many bytes: a tag of one byte, a length, the bytes.
#[inline]
const fn len_field_len(len: usize) -> usize {
    varint_len(len as u64).saturating_add(1).saturating_add(len)
}

/// An `AnyValue` whose kind is not set.
fn write_nothing(out: &mut Vec<u8>, field: u32) {
    len_head(out, field, 0);
}

/// How deep lists and maps nest, the value itself being 1. The specification says 64 by default,
/// but receivers count messages, up to three for a level: those built on prost refuse the whole
/// request at 100 of them, readers of JSON earlier. The neighbours of one deep record come first.
/// Source: opentelemetry-specification, common/README.md, Attribute Limits; measured.
const DEPTH_MAX: usize = 16;

/// Below these a `KeyValue` and all its parts have lengths of one byte.
const SHORT_KEY: usize = 60;
const SHORT_VALUE: usize = 60;

const KEY_TAG: u8 = short_tag(KEY_VALUE_KEY, WIRE_LEN);
const VALUE_TAG: u8 = short_tag(KEY_VALUE_VALUE, WIRE_LEN);
const STRING_TAG: u8 = short_tag(STRING_VALUE, WIRE_LEN);
const BYTES_TAG: u8 = short_tag(BYTES_VALUE, WIRE_LEN);
const BOOL_TAG: u8 = short_tag(BOOL_VALUE, WIRE_VARINT);
const INT_TAG: u8 = short_tag(INT_VALUE, WIRE_VARINT);
const DOUBLE_TAG: u8 = short_tag(DOUBLE_VALUE, WIRE_FIXED64);

pub(super) const KEY_VALUE_KEY: u32 = 1;
const KEY_VALUE_VALUE: u32 = 2;

const STRING_VALUE: u32 = 1;
const BOOL_VALUE: u32 = 2;
const INT_VALUE: u32 = 3;
const DOUBLE_VALUE: u32 = 4;
const ARRAY_VALUE: u32 = 5;
const KVLIST_VALUE: u32 = 6;
const BYTES_VALUE: u32 = 7;

/// `ArrayValue.values` and `KeyValueList.values`.
const ELEMENTS: u32 = 1;
