//! Reads protobuf's wire format without generated code.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>

use super::MalformedOtlp;

/// The value of one field as it stands in the bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum WireValue<'a> {
    Bytes(&'a [u8]),
    Fixed32(u32),
    Fixed64(u64),
    Varint(u64),
}

/// Reads a message's fields from the front. A message that is broken ends with one error.
#[derive(Clone, Debug)]
pub(crate) struct FieldReader<'a> {
    rest: &'a [u8],
}

impl<'a> FieldReader<'a> {
    pub(crate) const fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn varint(&mut self) -> Result<u64, MalformedOtlp> {
        let mut value = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7F);
            // The tenth byte has room for one bit only.
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(MalformedOtlp::new("protobuf: a varint does not fit 64 bits"))
    }

    pub(super) fn fixed32(&mut self) -> Result<u32, MalformedOtlp> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn fixed64(&mut self) -> Result<u64, MalformedOtlp> {
        self.array().map(u64::from_le_bytes)
    }

    fn field(&mut self) -> Result<(u32, WireValue<'a>), MalformedOtlp> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3)
            .ok()
            .filter(|number| *number != 0)
            .ok_or_else(|| MalformedOtlp::new("protobuf: impossible field number"))?;
        let value = match key & 7 {
            0 => WireValue::Varint(self.varint()?),
            1 => WireValue::Fixed64(self.fixed64()?),
            2 => WireValue::Bytes(self.bytes()?),
            5 => WireValue::Fixed32(self.fixed32()?),
            other => {
                return Err(MalformedOtlp::new(format!(
                    "protobuf: unsupported wire type {other} of field {number}"
                )));
            }
        };
        Ok((number, value))
    }

    fn bytes(&mut self) -> Result<&'a [u8], MalformedOtlp> {
        let len = self.varint()?;
        let split = usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len));
        let (bytes, rest) = split.ok_or_else(MalformedOtlp::cut_short)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MalformedOtlp> {
        let (array, rest) = self.rest.split_first_chunk().ok_or_else(MalformedOtlp::cut_short)?;
        self.rest = rest;
        Ok(*array)
    }
}

impl<'a> Iterator for FieldReader<'a> {
    type Item = Result<(u32, WireValue<'a>), MalformedOtlp>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}
