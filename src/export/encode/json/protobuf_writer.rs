//! Writes protobuf's wire format without generated code.

use super::protobuf::WireValue;

/// Appends one field with its key.
pub(crate) fn put_field(out: &mut Vec<u8>, number: u32, value: WireValue<'_>) {
    let wire_type = match value {
        WireValue::Varint(_) => 0,
        WireValue::Fixed64(_) => 1,
        WireValue::Bytes(_) => 2,
        WireValue::Fixed32(_) => 5,
    };
    put_varint(out, u64::from(number) << 3 | wire_type);
    put_value(out, value);
}

/// Appends a value alone, as packed fields hold it.
pub(super) fn put_value(out: &mut Vec<u8>, value: WireValue<'_>) {
    match value {
        WireValue::Varint(value) => put_varint(out, value),
        WireValue::Fixed64(value) => out.extend_from_slice(&value.to_le_bytes()),
        WireValue::Bytes(value) => {
            put_varint(out, u64::try_from(value.len()).unwrap_or(u64::MAX));
            out.extend_from_slice(value);
        }
        WireValue::Fixed32(value) => out.extend_from_slice(&value.to_le_bytes()),
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7F {
        let [low, ..] = value.to_le_bytes();
        out.push(low | 0x80);
        value >>= 7;
    }
    let [low, ..] = value.to_le_bytes();
    out.push(low);
}
