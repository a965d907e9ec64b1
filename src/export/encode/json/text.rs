//! Bytes as text: hexadecimal for ids, base64 for the rest.

const HEX: &[u8; 16] = b"0123456789abcdef";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.push(digit(HEX, byte >> 4));
        out.push(digit(HEX, byte & 0x0F));
    }
}

/// Reads hexadecimal digits of either case. `None` when it is anything else.
pub(super) fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect()
}

pub(crate) fn push_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| chunk.get(index).copied().unwrap_or_default();
        let (a, b, c) = (byte(0), byte(1), byte(2));
        let digits = [a >> 2, (a & 0x03) << 4 | b >> 4, (b & 0x0F) << 2 | c >> 6, c & 0x3F];
        for (index, value) in digits.into_iter().enumerate() {
            // n bytes fill n + 1 digits.
            out.push(if index <= chunk.len() { digit(BASE64, value) } else { b'=' });
        }
    }
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

fn digit(alphabet: &[u8], value: u8) -> u8 {
    alphabet.get(usize::from(value)).copied().unwrap_or(b'?')
}
