//! The value of an attribute, of a log body, or of a part of either.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::export::encode::json::push_hex;

/// A value as it was received.
///
/// Compares with plain values (`value == "shop"`, `value == 5_i64`), prints as text, and
/// serializes as plain JSON: bytes as hexadecimal text, doubles that JSON cannot express as text.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// A list of values.
    Array(Vec<AttributeValue>),
    /// A truth value.
    Bool(bool),
    /// Uninterpreted bytes.
    Bytes(Vec<u8>),
    /// A floating-point number.
    Double(f64),
    /// No value at all.
    Empty,
    /// An integer.
    Int(i64),
    /// Named values in the order received.
    Map(Vec<(String, AttributeValue)>),
    /// Text.
    String(String),
}

impl AttributeValue {
    /// Returns the text, if the value is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the integer, if the value is one.
    pub const fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the number, if the value is a double.
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// Returns the truth value, if the value is one.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{value}")?;
                }
                f.write_str("]")
            }
            Self::Bool(value) => value.fmt(f),
            Self::Bytes(bytes) => f.write_str(&hex(bytes)),
            Self::Double(value) => value.fmt(f),
            Self::Empty => Ok(()),
            Self::Int(value) => value.fmt(f),
            Self::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{key}: {value}")?;
                }
                f.write_str("}")
            }
            Self::String(text) => text.fmt(f),
        }
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Array(values) => {
                let mut seq = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    seq.serialize_element(value)?;
                }
                seq.end()
            }
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Double(value) if value.is_finite() => serializer.serialize_f64(*value),
            Self::Empty => serializer.serialize_unit(),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Map(entries) => serialize_entries(entries, serializer),
            Self::Bytes(_) | Self::Double(_) | Self::String(_) => serializer.collect_str(self),
        }
    }
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<bool> for AttributeValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for AttributeValue {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<i64> for AttributeValue {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl PartialEq<str> for AttributeValue {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for AttributeValue {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl PartialEq<i64> for AttributeValue {
    fn eq(&self, other: &i64) -> bool {
        self.as_i64() == Some(*other)
    }
}

impl PartialEq<f64> for AttributeValue {
    fn eq(&self, other: &f64) -> bool {
        self.as_f64() == Some(*other)
    }
}

impl PartialEq<bool> for AttributeValue {
    fn eq(&self, other: &bool) -> bool {
        self.as_bool() == Some(*other)
    }
}

/// Writes attributes as one JSON object, in the order received.
pub(super) fn serialize_entries<S: Serializer>(
    entries: &[(String, AttributeValue)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (key, value) in entries {
        map.serialize_entry(key, value)?;
    }
    map.end()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len().saturating_mul(2));
    push_hex(&mut text, bytes);
    String::from_utf8_lossy(&text).into_owned()
}
