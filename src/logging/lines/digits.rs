//! Numbers and ids as digits, without the machinery of `fmt`: it costs more than all else in a
//! line. Pure.

use std::fmt::Write as _;

/// Appends the number.
pub(super) fn push_i64(out: &mut String, value: i64) {
    if value < 0 {
        out.push('-');
    }
    push_u64(out, value.unsigned_abs());
}

/// Appends the number in the shortest form that reads back as it, as `{:?}` does; with `NaN`,
/// `inf` and `-inf`.
pub(super) fn push_f64(out: &mut String, value: f64) {
    if !push_short_decimal(out, value) {
        // A `String` takes all that is written.
        write!(out, "{value:?}").unwrap_or_default();
    }
}

/// Appends the bytes in lower-case hex.
pub(super) fn push_hex<const BYTES: usize>(out: &mut String, bytes: [u8; BYTES]) {
    let mut digits = [[0; 2]; BYTES];
    for (pair, byte) in digits.iter_mut().zip(bytes) {
        *pair = [hex_digit(byte >> 4), hex_digit(byte & 0xf)];
    }
    push_ascii(out, digits.as_flattened());
}

/// Appends six digits, with zeros in front.
pub(super) fn push_micros(out: &mut String, micros: u32) {
    let mut digits = [b'0'; 6];
    write_backwards(&mut digits, u64::from(micros));
    push_ascii(out, &digits);
}

fn push_u64(out: &mut String, value: u64) {
    let mut digits = [b'0'; DIGITS_MAX];
    let begin = write_backwards(&mut digits, value);
    push_ascii(out, digits.get(begin..).unwrap_or_default());
}

/// Appends numbers with at most three digits behind the point and twelve before it: nearly all
/// that people log. Returns false for others.
///
/// A decimal of at most 15 digits is the only one of that length that reads back as its double, so
/// without the zeros at its end it is the shortest.
fn push_short_decimal(out: &mut String, value: f64) -> bool {
    let is_fit = value.abs() < 1e12 && (value != 0.0 || value.is_sign_positive());
    let thousandths = (value * 1000.0).round();
    #[expect(clippy::float_cmp, reason = "it has to be the very number")]
    let is_exact = thousandths / 1000.0 == value;
    if !is_fit || !is_exact {
        return false;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e15")]
    let thousandths = thousandths as i64;
    if thousandths < 0 {
        out.push('-');
    }
    let thousandths = thousandths.unsigned_abs();
    push_u64(out, thousandths / 1000);
    let mut digits = [b'.', b'0', b'0', b'0'];
    write_backwards(&mut digits, thousandths % 1000);
    // One digit stays: `1.0` is a floating-point number.
    let zeros = digits.iter().skip(2).rev().take_while(|digit| **digit == b'0').count();
    let len = digits.len().saturating_sub(zeros);
    push_ascii(out, digits.get(..len).unwrap_or_default());
    true
}

/// Writes the digits at the end. Returns where they begin; of zero there is one.
fn write_backwards(digits: &mut [u8], value: u64) -> usize {
    let (mut rest, mut begin) = (value, digits.len());
    for (index, digit) in digits.iter_mut().enumerate().rev() {
        begin = index;
        let [last, ..] = (rest % 10).to_le_bytes();
        *digit = b'0' | last;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    begin
}

const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' | nibble } else { nibble.wrapping_add(b'a' - 10) }
}

fn push_ascii(out: &mut String, digits: &[u8]) {
    // Digits are text.
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

/// Of `u64::MAX`.
const DIGITS_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pushed(push: impl FnOnce(&mut String)) -> String {
        let mut out = String::new();
        push(&mut out);
        out
    }

    fn f64_of(value: f64) -> String {
        pushed(|out| push_f64(out, value))
    }

    #[test]
    fn edges_are_as_the_standard_library_writes_them() {
        for value in [0, 1, -1, 9, 10, 99, 100, i64::MAX, i64::MIN] {
            assert_eq!(pushed(|out| push_i64(out, value)), value.to_string());
        }
        let floats =
            [0.0, -0.0, 0.1, 0.5, -0.001, 12.5, 1e-3, 1e-4, 0.0005, 1e11, 999_999_999_999.999];
        let more = [1e12, 1e15, 1e16, 1e300, f64::MIN_POSITIVE, f64::NAN, f64::INFINITY, 0.3 - 0.1];
        for value in floats.into_iter().chain(more) {
            for value in [value, -value] {
                assert_eq!(f64_of(value), format!("{value:?}"));
            }
        }
        assert_eq!(pushed(|out| push_hex(out, [0x00, 0x0a, 0xf9, 0xff])), "000af9ff");
        for micros in [0, 7, 42_000, 999_999] {
            assert_eq!(pushed(|out| push_micros(out, micros)), format!("{micros:06}"));
        }
    }

    proptest! {
        #[test]
        fn numbers_are_as_the_standard_library_writes_them(
            int: i64,
            float: f64,
            (mantissa, power) in (-1_000_000_000_i64..1_000_000_000, -9_i32..9),
        ) {
            prop_assert_eq!(pushed(|out| push_i64(out, int)), int.to_string());
            prop_assert_eq!(f64_of(float), format!("{float:?}"));
            #[expect(clippy::cast_precision_loss, reason = "it is small")]
            let short = mantissa as f64 * 10_f64.powi(power);
            prop_assert_eq!(f64_of(short), format!("{short:?}"));
        }
    }
}
