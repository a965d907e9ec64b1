//! Numbers in the texts of the kernel. Pure.

use crate::memory::counts::FailureReason;

/// Digits with blanks around: no sign, nothing else.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let digits = text.trim_ascii();
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| byte.wrapping_sub(b'0'))?;
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n')
}

/// The words of a line, by whatever blanks.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// The rest of the line whose first word is `key`.
pub(super) fn after<'a>(text: &'a [u8], key: &str) -> Option<&'a [u8]> {
    lines(text).find_map(|line| {
        let rest = line.strip_prefix(key.as_bytes())?;
        rest.first().is_none_or(u8::is_ascii_whitespace).then_some(rest)
    })
}

/// A number of a line `key number`. `None`: there is no such line.
pub(super) fn value(text: &[u8], key: &str) -> Option<Result<u64, FailureReason>> {
    after(text, key).map(|rest| number(rest).ok_or(FailureReason::Garbage))
}

/// Bytes of a line `key number kB`; as [`value`].
pub(super) fn kibibytes(text: &[u8], key: &str) -> Option<Result<u64, FailureReason>> {
    let bytes = |rest| {
        let mut words = words(rest);
        let count = words.next().and_then(number)?;
        let is_kibibytes = words.next() == Some(b"kB") && words.next().is_none();
        is_kibibytes.then_some(count)?.checked_mul(1024)
    };
    after(text, key).map(|rest| bytes(rest).ok_or(FailureReason::Garbage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_number() {
        for (text, expected) in [
            ("0", Some(0)),
            (" 12\n", Some(12)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("\n", None),
            ("-1", None),
            ("+1", None),
            ("1 2", None),
            ("1.5", None),
            ("0x10", None),
            ("max", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_a_whole_word_at_the_start_of_a_line() {
        let text = b"total_rss 1\nrss_huge 2\nrss 3\nbad x\nempty\n";
        assert_eq!(value(text, "rss"), Some(Ok(3)));
        assert_eq!(value(text, "bad"), Some(Err(FailureReason::Garbage)));
        assert_eq!(value(text, "empty"), Some(Err(FailureReason::Garbage)));
        assert_eq!(value(text, "ss"), None);
    }

    #[test]
    fn sizes_come_in_kibibytes_and_nothing_else() {
        let text = b"VmSwap:\t     12 kB\nA: 1 MB\nB: 1\nC: 18446744073709551615 kB\nD: 1 kB x\n";
        assert_eq!(kibibytes(text, "VmSwap:"), Some(Ok(12 << 10)));
        for key in ["A:", "B:", "C:", "D:"] {
            assert_eq!(kibibytes(text, key), Some(Err(FailureReason::Garbage)), "{key}");
        }
        assert_eq!(kibibytes(text, "E:"), None);
    }
}
