//! Numbers of payment cards: the digits of a brand, in its groups, with a right check digit.

use std::ops::{Range, RangeInclusive};

use crate::logging::redact::patterns::{after, run};
use crate::logging::redact::scan::Scan;

pub(in crate::logging::redact) fn find(scan: &Scan<'_>) -> Option<Range<usize>> {
    let rest = scan.rest();
    // A part of a fraction, of a version, or of a longer number in groups.
    if let [.., digit, b'-' | b'.'] = scan.before()
        && digit.is_ascii_digit()
    {
        return None;
    }
    let len = match run(rest, |byte| byte.is_ascii_digit()) {
        4 => GROUPS.iter().find_map(|groups| grouped_len(rest, groups))?,
        len => len,
    };
    let number = rest.get(..len)?;
    (!is_continued(rest, len) && is_card(number)).then(|| scan.place(0, len))
}

/// The length of a number in these groups, with the same separator everywhere.
fn grouped_len(rest: &[u8], groups: &[usize]) -> Option<usize> {
    let separator = rest.get(4).copied().filter(|byte| SEPARATORS.contains(byte))?;
    let mut len = 0_usize;
    for group in groups {
        if len > 0 {
            if rest.get(len) != Some(&separator) {
                return None;
            }
            len = len.saturating_add(1);
        }
        if run(after(rest, len), |byte| byte.is_ascii_digit()) != *group {
            return None;
        }
        len = len.saturating_add(*group);
    }
    // With blanks between, another number may follow. Anything else is one longer number.
    match after(rest, len) {
        [next, digit, ..] if *next == separator && separator != b' ' && digit.is_ascii_digit() => {
            None
        }
        _ => Some(len),
    }
}

/// Whether the number goes on: into a word, or with a fraction.
fn is_continued(rest: &[u8], len: usize) -> bool {
    match after(rest, len) {
        [b'.' | b'-', digit, ..] => digit.is_ascii_digit(),
        [next, ..] => next.is_ascii_alphanumeric() || *next == b'_',
        [] => false,
    }
}

fn is_card(number: &[u8]) -> bool {
    let digits = || number.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte & 0x0f);
    let count = digits().count();
    let prefix = digits()
        .take(4)
        .fold(0_u16, |number, digit| number.saturating_mul(10).saturating_add(u16::from(digit)));
    let is_brand = BRANDS
        .iter()
        .any(|(prefixes, counts)| prefixes.contains(&prefix) && counts.contains(&count));
    is_brand && has_check_digit(digits().rev())
}

/// Source: ISO/IEC 7812-1, annex B (the Luhn formula).
fn has_check_digit(digits_from_the_right: impl Iterator<Item = u8>) -> bool {
    let sum: u32 = digits_from_the_right
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, digit) => u32::from(digit),
            (_, digit @ 0..=4) => u32::from(digit.saturating_mul(2)),
            (_, digit) => u32::from(digit.saturating_mul(2).saturating_sub(9)),
        })
        .sum();
    sum.is_multiple_of(10)
}

/// How brands print their numbers.
const GROUPS: &[&[usize]] = &[&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 5]];

const SEPARATORS: &[u8] = b" -.";

/// The first four digits and the lengths in use. A time in micro- or nanoseconds begins with 1, as
/// no card does.
///
/// Source: ISO/IEC 7812 issuer identification numbers, as the card networks publish their ranges.
const BRANDS: &[(RangeInclusive<u16>, RangeInclusive<usize>)] = &[
    (2200..=2204, 16..=16),
    (2221..=2720, 16..=16),
    (3000..=3059, 14..=14),
    (3400..=3499, 15..=15),
    (3528..=3589, 16..=16),
    (3600..=3699, 14..=14),
    (3700..=3799, 15..=15),
    (3800..=3999, 14..=14),
    (4000..=4999, 13..=13),
    (4000..=4999, 16..=16),
    (5018..=5018, 13..=19),
    (5020..=5020, 13..=19),
    (5038..=5038, 13..=19),
    (5100..=5599, 16..=16),
    (5893..=5893, 13..=19),
    (6011..=6011, 16..=16),
    (6200..=6299, 16..=19),
    (6304..=6304, 13..=19),
    (6440..=6599, 16..=16),
    (6759..=6763, 13..=19),
];
