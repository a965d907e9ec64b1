//! Protobuf on the reading side: one level of a message, field by field, nothing decoded.

use crate::export::encode::buffer::{WIRE_FIXED32, WIRE_FIXED64, WIRE_LEN, WIRE_VARINT};

/// One field of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Field<'a> {
    pub(super) number: u32,
    /// With tag and, where there is one, length.
    pub(super) raw: &'a [u8],
    /// What a string, a byte string or a nested message holds; empty for numbers.
    pub(super) content: &'a [u8],
}

/// Walks over the fields of a message. Ends at the first byte that is not protobuf.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    fn read(&self) -> Option<Field<'a>> {
        let (tag, after_tag) = read_varint(self.rest)?;
        let [wire_type, ..] = (tag & 7).to_le_bytes();
        let (content, after) = match wire_type {
            WIRE_VARINT => (&[][..], read_varint(after_tag)?.1),
            WIRE_FIXED64 => (&[][..], after_tag.get(8..)?),
            WIRE_FIXED32 => (&[][..], after_tag.get(4..)?),
            WIRE_LEN => {
                let (len, after_len) = read_varint(after_tag)?;
                after_len.split_at_checked(usize::try_from(len).ok()?)?
            }
            _ => return None,
        };
        let number = u32::try_from(tag >> 3).ok()?;
        let raw = self.rest.get(..self.rest.len().checked_sub(after.len())?)?;
        Some(Field { number, raw, content })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let field = self.read();
        self.rest = field.and_then(|field| self.rest.get(field.raw.len()..)).unwrap_or_default();
        field
    }
}

fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    let mut rest = bytes;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, rest));
        }
    }
    None
}
