//! Percent-encoding. Pure.

use std::borrow::Cow;

/// Decodes a text. What is no UTF-8 then becomes U+FFFD, as the specification of baggage wants it,
/// and a percent sign without two digits stays.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let pair = behind.split_at_checked(2).filter(|_| first == b'%');
        let encoded = pair.and_then(|(digits, behind)| Some((byte_of(digits)?, behind)));
        let (byte, behind) = encoded.unwrap_or((first, behind));
        decoded.push(byte);
        rest = behind;
    }
    Cow::Owned(match String::from_utf8(decoded) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Appends a value of baggage in a form that every reader takes apart in the same way.
pub(super) fn encode_value(value: &str, out: &mut String) {
    encode(value, is_plain_in_value, out);
}

/// Appends properties of baggage, which are encoded already, and whatever else would end them.
pub(super) fn encode_properties(properties: &str, out: &mut String) {
    encode(properties, is_plain_in_properties, out);
}

pub(super) fn encoded_value_len(value: &str) -> usize {
    encoded_len(value, is_plain_in_value)
}

pub(super) fn encoded_properties_len(properties: &str) -> usize {
    encoded_len(properties, is_plain_in_properties)
}

/// Bytes that a value may hold as they are.
///
/// Source: <https://www.w3.org/TR/baggage/#header-content>, `baggage-octet`.
pub(super) const fn is_octet(byte: u8) -> bool {
    matches!(byte, 0x21..=0x7E) && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

/// Bytes that properties may hold as they are: octets, and what stands between them.
pub(super) const fn is_plain_in_properties(byte: u8) -> bool {
    is_octet(byte) || matches!(byte, b';' | b' ' | b'\t')
}

/// An equals sign is allowed in a value, but there are readers that stop at the second one.
const fn is_plain_in_value(byte: u8) -> bool {
    is_octet(byte) && !matches!(byte, b'%' | b'=')
}

fn encode(text: &str, is_plain: fn(u8) -> bool, out: &mut String) {
    for byte in text.bytes() {
        if is_plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(hex_digit(byte >> 4));
            out.push(hex_digit(byte & 0x0F));
        }
    }
}

fn encoded_len(text: &str, is_plain: fn(u8) -> bool) -> usize {
    let surplus = text.bytes().filter(|byte| !is_plain(*byte)).count();
    text.len().saturating_add(surplus.saturating_mul(2))
}

fn byte_of(digits: &[u8]) -> Option<u8> {
    let &[high, low] = digits else { return None };
    let value = |digit: u8| char::from(digit).to_digit(16);
    u8::try_from(value(high)? << 4 | value(low)?).ok()
}

const fn hex_digit(value: u8) -> char {
    let first = if value < 10 { b'0' } else { b'A'.wrapping_sub(10) };
    first.wrapping_add(value) as char
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &str) -> String {
        let mut out = String::new();
        encode_value(value, &mut out);
        assert_eq!(out.len(), encoded_value_len(value));
        out
    }

    #[test]
    fn values_are_decoded_as_utf8() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("a%20b", "a b"),
            ("%C3%a4", "ä"),
            ("%F0%9F%A6%80", "🦀"),
            ("100%", "100%"),
            ("%2", "%2"),
            ("%%41", "%A"),
            ("%zz", "%zz"),
            ("%+1", "%+1"),
            ("%FFx", "\u{FFFD}x"),
            ("%C3", "\u{FFFD}"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn values_are_encoded_so_that_nobody_misreads_them() {
        assert_eq!(encoded("a-Z_0.~!*'()"), "a-Z_0.~!*'()");
        assert_eq!(encoded(" ,;\"\\=%\t"), "%20%2C%3B%22%5C%3D%25%09");
        assert_eq!(encoded("ä🦀"), "%C3%A4%F0%9F%A6%80");
        assert_eq!(encoded("\r\nx: y"), "%0D%0Ax:%20y");
    }

    #[test]
    fn properties_stay_as_they_are_unless_they_would_end() {
        let mut out = String::new();
        encode_properties("a=1; b=%20;c,d=2\n", &mut out);
        assert_eq!(out, "a=1; b=%20;c%2Cd=2%0A");
        assert_eq!(out.len(), encoded_properties_len("a=1; b=%20;c,d=2\n"));
    }
}
