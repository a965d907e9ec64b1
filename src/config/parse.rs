//! Numbers, durations and sizes as people write them.

use std::time::Duration;

/// Digits only: no sign, no blank, no exponent.
pub(super) fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// `10s`, `250ms`, `1m`, `1h`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let (_, unit_ms) = DURATION_UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*unit_ms).map(Duration::from_millis)
}

/// `64MiB`, `1KiB`, `100B`.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let (_, unit_bytes) = BYTE_UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*unit_bytes)
}

/// `600` or `0600`: permissions as octal digits.
pub(super) fn file_mode(text: &str) -> Option<u64> {
    let is_octal = text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let digits = text.strip_prefix('0').filter(|digits| digits.len() == 3).unwrap_or(text);
    (is_octal && digits.len() == 3).then(|| u64::from_str_radix(digits, 8).ok()).flatten()
}

pub(super) fn show_duration(duration: Duration) -> String {
    if duration.is_zero() {
        return "0s".to_owned();
    }
    if !duration.subsec_nanos().is_multiple_of(1_000_000) {
        return format!("{duration:?}");
    }
    match u64::try_from(duration.as_millis()) {
        Ok(millis) => in_largest_unit(millis, &DURATION_UNITS),
        Err(_) => format!("{duration:?}"),
    }
}

pub(super) fn show_bytes(bytes: u64) -> String {
    in_largest_unit(bytes, &BYTE_UNITS)
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    Some((digits(number)?, unit))
}

/// The largest unit that leaves no remainder.
fn in_largest_unit(number: u64, units: &[(&str, u64)]) -> String {
    let fitting = units.iter().find(|(_, size)| number != 0 && number.is_multiple_of(*size));
    let (name, size) = fitting.or(units.last()).copied().unwrap_or(("", 1));
    format!("{}{name}", number.checked_div(size).unwrap_or(number))
}

/// Largest first, in milliseconds.
const DURATION_UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Largest first.
const BYTE_UNITS: [(&str, u64); 4] =
    [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Reading, writing and executing for everyone.
pub(super) const FILE_MODE_MAX: u64 = 0o777;

/// A hundred years. Longer is a mistake, and adding it to a point in time may overflow.
pub(super) const DURATION_MAX: Duration = Duration::from_hours(24 * 365 * 100);
