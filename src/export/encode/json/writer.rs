//! Protobuf to JSON.

use std::borrow::Cow;

use super::protobuf::{FieldReader, WireValue};
use super::table::{Field, Kind, Message, Presence};
use super::text::{push_base64, push_hex};
use super::{MAX_DEPTH, MalformedOtlp};

/// Everything that the bytes say about one field.
struct Occurrences<'a> {
    field: &'static Field,
    values: Vec<WireValue<'a>>,
}

pub(super) fn write_message(
    out: &mut Vec<u8>,
    message: &'static Message,
    bytes: &[u8],
    depth: usize,
) -> Result<(), MalformedOtlp> {
    if depth > MAX_DEPTH {
        return Err(MalformedOtlp::too_deep());
    }
    out.push(b'{');
    for (index, Occurrences { field, values }) in collect(message, bytes)?.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(field.key.as_bytes());
        out.extend_from_slice(b"\":");
        match field.presence {
            Presence::Repeated => write_array(out, field, values, depth)?,
            Presence::OneOf | Presence::Singular => write_merged(out, field, values, depth)?,
        }
    }
    out.push(b'}');
    Ok(())
}

/// Groups a message's fields in the order of their first occurrence. Unknown fields have no name
/// in JSON and are left out.
fn collect<'a>(
    message: &'static Message,
    bytes: &'a [u8],
) -> Result<Vec<Occurrences<'a>>, MalformedOtlp> {
    let mut found: Vec<Occurrences<'a>> = Vec::with_capacity(message.fields.len());
    for entry in FieldReader::new(bytes) {
        let (number, value) = entry?;
        let Some(field) = message.by_number(number) else { continue };
        if field.presence == Presence::OneOf {
            let keeps = |other: &Field| other.presence != Presence::OneOf || other.number == number;
            found.retain(|occurrences| keeps(occurrences.field));
        }
        match found.iter_mut().find(|occurrences| occurrences.field.number == number) {
            Some(occurrences) => occurrences.values.push(value),
            None => found.push(Occurrences { field, values: vec![value] }),
        }
    }
    Ok(found)
}

/// Writes a field that holds one value: the last scalar wins, messages merge.
fn write_merged(
    out: &mut Vec<u8>,
    field: &'static Field,
    values: &[WireValue<'_>],
    depth: usize,
) -> Result<(), MalformedOtlp> {
    let Kind::Message(message) = field.kind else {
        let last = values.last().ok_or_else(|| mismatch(field))?;
        return write_value(out, field, *last, depth);
    };
    // The encodings of two messages end to end are the encoding of the merged message.
    let mut merged = Cow::Borrowed(&[][..]);
    for value in values {
        let WireValue::Bytes(bytes) = *value else { return Err(mismatch(field)) };
        if merged.is_empty() {
            merged = Cow::Borrowed(bytes);
        } else {
            merged.to_mut().extend_from_slice(bytes);
        }
    }
    write_message(out, message, &merged, depth.saturating_add(1))
}

fn write_array(
    out: &mut Vec<u8>,
    field: &'static Field,
    values: &[WireValue<'_>],
    depth: usize,
) -> Result<(), MalformedOtlp> {
    out.push(b'[');
    for value in values {
        match *value {
            WireValue::Bytes(bytes) if field.kind.is_packable() => {
                let mut packed = FieldReader::new(bytes);
                while !packed.is_empty() {
                    let element = unpack(&mut packed, field.kind)?;
                    write_value(out, field, element, depth)?;
                    out.push(b',');
                }
            }
            element => {
                write_value(out, field, element, depth)?;
                out.push(b',');
            }
        }
    }
    if out.last() == Some(&b',') {
        out.pop();
    }
    out.push(b']');
    Ok(())
}

fn unpack<'a>(packed: &mut FieldReader<'a>, kind: Kind) -> Result<WireValue<'a>, MalformedOtlp> {
    Ok(match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => WireValue::Fixed64(packed.fixed64()?),
        Kind::Fixed32 => WireValue::Fixed32(packed.fixed32()?),
        _ => WireValue::Varint(packed.varint()?),
    })
}

fn write_value(
    out: &mut Vec<u8>,
    field: &'static Field,
    value: WireValue<'_>,
    depth: usize,
) -> Result<(), MalformedOtlp> {
    match (field.kind, value) {
        (Kind::Base64, WireValue::Bytes(bytes)) => quoted(out, |out| push_base64(out, bytes)),
        (Kind::Bool, WireValue::Varint(value)) => {
            out.extend_from_slice(if value == 0 { b"false" } else { b"true" });
        }
        (Kind::Double, WireValue::Fixed64(bits)) => write_double(out, f64::from_bits(bits)),
        (Kind::Fixed32, WireValue::Fixed32(value)) => push_number(out, &value),
        (Kind::Fixed64, WireValue::Fixed64(value)) | (Kind::Uint64, WireValue::Varint(value)) => {
            quoted(out, |out| push_number(out, &value));
        }
        (Kind::Hex, WireValue::Bytes(bytes)) => quoted(out, |out| push_hex(out, bytes)),
        (Kind::Int32, WireValue::Varint(value)) => push_number(out, &low_u32(value).cast_signed()),
        (Kind::Int64, WireValue::Varint(value)) | (Kind::Sfixed64, WireValue::Fixed64(value)) => {
            quoted(out, |out| push_number(out, &value.cast_signed()));
        }
        (Kind::Message(message), WireValue::Bytes(bytes)) => {
            return write_message(out, message, bytes, depth.saturating_add(1));
        }
        (Kind::Sint32, WireValue::Varint(value)) => push_number(out, &zigzag(low_u32(value))),
        (Kind::String, WireValue::Bytes(bytes)) => write_string(out, field, bytes)?,
        (Kind::Uint32, WireValue::Varint(value)) => push_number(out, &low_u32(value)),
        _ => return Err(mismatch(field)),
    }
    Ok(())
}

fn write_string(out: &mut Vec<u8>, field: &Field, bytes: &[u8]) -> Result<(), MalformedOtlp> {
    let text = str::from_utf8(bytes)
        .map_err(|_| MalformedOtlp::new(format!("protobuf: `{}` is not UTF-8", field.key)))?;
    serde_json::to_writer(out, text).map_err(|error| MalformedOtlp::new(error.to_string()))
}

/// JSON has no token for what is not finite; proto3 JSON names the strings.
fn write_double(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        out.extend_from_slice(b"\"NaN\"");
    } else if value.is_finite() {
        push_number(out, &serde_json::Value::from(value));
    } else if value > 0.0 {
        out.extend_from_slice(b"\"Infinity\"");
    } else {
        out.extend_from_slice(b"\"-Infinity\"");
    }
}

fn push_number<T: ToString>(out: &mut Vec<u8>, value: &T) {
    out.extend_from_slice(value.to_string().as_bytes());
}

fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

/// Protobuf readers take the low half of a varint that is too long for its type.
fn low_u32(value: u64) -> u32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn zigzag(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg()
}

fn mismatch(field: &Field) -> MalformedOtlp {
    MalformedOtlp::new(format!("protobuf: `{}` has the wrong wire type", field.key))
}
