//! Numbers out of bytes. What is not there is `None`.

#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(taken)
    }

    pub(super) fn array<const LEN: usize>(&mut self) -> Option<[u8; LEN]> {
        let (taken, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array().map(u8::from_ne_bytes)
    }

    /// Up to and without the zero that ends it.
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let len = self.bytes.iter().position(|byte| *byte == 0)?;
        let text = self.take(len)?;
        self.byte()?;
        Some(text)
    }

    /// LEB128. Source: DWARF 5, section 7.6.
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        let (number, ..) = self.leb128()?;
        Some(number)
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let (number, bits, last) = self.leb128()?;
        let is_negative = last & 0x40 != 0;
        let sign = if is_negative { u64::MAX.checked_shl(bits).unwrap_or(0) } else { 0 };
        Some((number | sign).cast_signed())
    }

    /// The number, its bits, and its last byte.
    fn leb128(&mut self) -> Option<(u64, u32, u8)> {
        let mut number = 0_u64;
        let mut bits = 0_u32;
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(bits)?;
            bits = bits.checked_add(7)?;
            if byte & 0x80 == 0 {
                return Some((number, bits, byte));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_specification() {
        let unsigned = |bytes: &[u8]| Reader::new(bytes).unsigned();
        let signed = |bytes: &[u8]| Reader::new(bytes).signed();
        // Source: DWARF 5, tables 7.8 and 7.9.
        for (bytes, number) in [
            (&[2][..], 2),
            (&[127], 127),
            (&[0x80, 1], 128),
            (&[0x81, 1], 129),
            (&[0xb9, 0x64], 12_857),
        ] {
            assert_eq!(unsigned(bytes), Some(number));
        }
        for (bytes, number) in [
            (&[2][..], 2),
            (&[0x7e], -2),
            (&[0xff, 0], 127),
            (&[0x81, 0x7f], -127),
            (&[0x80, 1], 128),
            (&[0x80, 0x7f], -128),
        ] {
            assert_eq!(signed(bytes), Some(number));
        }
    }

    #[test]
    fn what_ends_too_early_is_nothing() {
        assert_eq!(Reader::new(&[0x80]).unsigned(), None);
        assert_eq!(Reader::new(&[0x80; 11]).unsigned(), None);
        assert_eq!(Reader::new(&[1, 2, 3]).array::<4>(), None);
        assert_eq!(Reader::new(b"zR").text(), None);
        assert_eq!(Reader::new(b"zR\0").text(), Some(b"zR".as_slice()));
    }
}
