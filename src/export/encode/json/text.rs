//! Bytes as text: hexadecimal for ids, base64 for the rest.

pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.push(digit(HEX, byte >> 4));
        out.push(digit(HEX, byte & 0x0F));
    }
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

fn digit(alphabet: &[u8], value: u8) -> u8 {
    alphabet.get(usize::from(value)).copied().unwrap_or(b'?')
}

const HEX: &[u8; 16] = b"0123456789abcdef";
pub(super) const BASE64: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
