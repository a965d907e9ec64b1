//! JSON to protobuf, in one pass: each value is appended as it is read.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::protobuf::WireValue;
use super::protobuf_writer::{put_field, put_value};
use super::table::{Field, Kind, Message, Presence};
use super::text_reader::{parse_base64, parse_hex};
use super::{MAX_DEPTH, MalformedOtlp};

/// Reads an object into the fields of `message`. `null` leaves the message empty.
pub(super) struct MessageReader<'a> {
    pub(super) message: &'static Message,
    pub(super) out: &'a mut Vec<u8>,
    pub(super) depth: usize,
}

impl<'de> DeserializeSeed<'de> for MessageReader<'_> {
    /// Whether there was an object.
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(MalformedOtlp::too_deep().reason));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MessageReader<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let Some(field) = self.message.by_key(&key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            map.next_value_seed(FieldValue { field, out: self.out, depth: self.depth })?;
        }
        Ok(true)
    }
}

/// Reads the value behind a key, an array if the field is repeated.
struct FieldValue<'a> {
    field: &'static Field,
    out: &'a mut Vec<u8>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for FieldValue<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.field.presence {
            Presence::Repeated => deserializer.deserialize_any(self),
            Presence::OneOf | Presence::Singular => {
                Element { field: self.field, out: self.out, depth: self.depth }
                    .deserialize(deserializer)
            }
        }
    }
}

impl<'de> Visitor<'de> for FieldValue<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array for `{}`", self.field.key)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { field, out, depth } = self;
        if field.kind.is_packable() {
            let mut packed = Vec::new();
            while let Some(value) = seq.next_element::<Value>()? {
                put_value(&mut packed, scalar(field, &value, &mut Vec::new())?);
            }
            put_field(out, field.number, WireValue::Bytes(&packed));
            return Ok(());
        }
        while seq.next_element_seed(Element { field, out: &mut *out, depth })?.is_some() {}
        Ok(())
    }
}

/// Reads one value and appends it with its field's key. `null` appends nothing.
struct Element<'a> {
    field: &'static Field,
    out: &'a mut Vec<u8>,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Element<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let number = self.field.number;
        let mut scratch = Vec::new();
        if let Kind::Message(message) = self.field.kind {
            let depth = self.depth.saturating_add(1);
            let reader = MessageReader { message, out: &mut scratch, depth };
            if reader.deserialize(deserializer)? {
                put_field(self.out, number, WireValue::Bytes(&scratch));
            }
            return Ok(());
        }
        let value = <Value as serde::Deserialize>::deserialize(deserializer)?;
        if !value.is_null() {
            put_field(self.out, number, scalar(self.field, &value, &mut scratch)?);
        }
        Ok(())
    }
}

/// Converts a scalar; bytes that have to be made are put into `scratch`.
fn scalar<'a, E: Error>(
    field: &Field,
    value: &'a Value,
    scratch: &'a mut Vec<u8>,
) -> Result<WireValue<'a>, E> {
    let converted = match field.kind {
        Kind::Base64 => value.as_str().and_then(parse_base64).map(|bytes| keep(scratch, bytes)),
        Kind::Bool => value.as_bool().map(|value| WireValue::Varint(u64::from(value))),
        Kind::Double => double(value).map(|value| WireValue::Fixed64(value.to_bits())),
        Kind::Fixed32 => integer(value).map(WireValue::Fixed32),
        Kind::Fixed64 => integer(value).map(WireValue::Fixed64),
        Kind::Hex => value.as_str().and_then(parse_hex).map(|bytes| keep(scratch, bytes)),
        // Protobuf writes a negative `int32` with the sign in all 64 bits.
        Kind::Int32 => {
            integer::<i32>(value).map(|value| WireValue::Varint(i64::from(value).cast_unsigned()))
        }
        Kind::Int64 => integer::<i64>(value).map(|value| WireValue::Varint(value.cast_unsigned())),
        // Messages have their own reader.
        Kind::Message(_) => None,
        Kind::Sfixed64 => {
            integer::<i64>(value).map(|value| WireValue::Fixed64(value.cast_unsigned()))
        }
        Kind::Sint32 => integer(value).map(|value| WireValue::Varint(u64::from(zigzag(value)))),
        Kind::String => value.as_str().map(|text| WireValue::Bytes(text.as_bytes())),
        Kind::Uint32 => integer::<u32>(value).map(|value| WireValue::Varint(u64::from(value))),
        Kind::Uint64 => integer(value).map(WireValue::Varint),
    };
    converted.ok_or_else(|| {
        E::custom(format!("`{}` has a value of the wrong type or out of range", field.key))
    })
}

fn keep(scratch: &mut Vec<u8>, bytes: Vec<u8>) -> WireValue<'_> {
    *scratch = bytes;
    WireValue::Bytes(scratch)
}

/// Reads an integer from a number or a string, also in the forms `5.0` and `5e3`.
fn integer<T: TryFrom<i128>>(value: &Value) -> Option<T> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let exact = text.parse::<i128>().ok().or_else(|| {
        let float = text.parse::<f64>().ok()?;
        let is_exact = float.fract() == 0.0 && float.abs() <= MAX_EXACT_INTEGER;
        // Formatting is the conversion that cannot truncate.
        is_exact.then(|| format!("{float:.0}").parse().ok()).flatten()
    })?;
    T::try_from(exact).ok()
}

/// Reads a double from a number or a string.
fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            // `parse` alone would also take `inf` and `nan`, which proto3 JSON does not know.
            text => text.parse().ok().filter(|value: &f64| value.is_finite()),
        },
        _ => None,
    }
}

fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)).cast_unsigned()
}

/// Above 2^53 a double no longer tells neighboring integers apart.
const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;
