//! Text as bytes: hexadecimal for ids, base64 for the rest.

use super::text::BASE64;

/// Reads hexadecimal digits of either case. `None` when it is anything else.
pub(super) fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

/// Reads base64 of the standard or the URL-safe alphabet, padded or not, as proto3 JSON demands.
pub(super) fn parse_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').as_bytes();
    let mut bytes = Vec::with_capacity(digits.len());
    for chunk in digits.chunks(4) {
        let mut bits = 0_u32;
        for index in 0..4 {
            let value = match chunk.get(index) {
                Some(digit) => base64_value(*digit)?,
                None => 0,
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, a, b, c] = bits.to_be_bytes();
        let whole = match chunk.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        bytes.extend([a, b, c].into_iter().take(whole));
    }
    Some(bytes)
}

fn base64_value(digit: u8) -> Option<u8> {
    let standard = match digit {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    let index = BASE64.iter().position(|candidate| *candidate == standard)?;
    u8::try_from(index).ok()
}
