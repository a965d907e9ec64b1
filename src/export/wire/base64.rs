//! Base64 as gRPC writes binary headers.

/// Decodes standard base64, with or without padding. `None`: it is something else.
///
/// Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>, "Binary-Header":
/// receivers accept padded and un-padded values.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let digits = match text {
        [digits @ .., b'=', b'='] | [digits @ .., b'='] if text.len().is_multiple_of(4) => digits,
        digits => digits,
    };
    let mut bytes = Vec::with_capacity(digits.len());
    for group in digits.chunks(4) {
        let mut bits: u32 = 0;
        for place in 0..4 {
            let digit = group.get(place).map_or(Some(0), |&letter| value(letter))?;
            bits = (bits << 6) | u32::from(digit);
        }
        let [_, first, second, third] = bits.to_be_bytes();
        match group.len() {
            4 => bytes.extend([first, second, third]),
            3 => bytes.extend([first, second]),
            2 => bytes.push(first),
            _ => return None,
        }
    }
    Some(bytes)
}

/// Source: RFC 4648, table 1.
fn value(letter: u8) -> Option<u8> {
    let (start, offset) = match letter {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => return Some(62),
        b'/' => return Some(63),
        _ => return None,
    };
    letter.checked_sub(start)?.checked_add(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_and_bare_texts_decode_alike() {
        // The vectors of RFC 4648, section 10.
        let cases = [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(expected.as_bytes()), "{text}");
            let bare = text.trim_end_matches('=');
            assert_eq!(decode(bare.as_bytes()).as_deref(), Some(expected.as_bytes()), "{bare}");
        }
        assert_eq!(decode(b"+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["Z", "Zm9vZ", "=", "====", "Zg=", "Z===", "Zm 9", "Zm9v\n", "_-_-", "Zg==Zg=="]
        {
            assert_eq!(decode(text.as_bytes()), None, "{text:?}");
        }
    }
}
