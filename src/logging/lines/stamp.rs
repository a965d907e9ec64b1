//! The time of a line.

use std::fmt::Write as _;

use crate::civil_time::Utc;
use crate::logging::lines::digits::push_micros;

/// A time in UTC with microseconds, as RFC 3339 writes it.
///
/// Only the microseconds are written again while the second stays the same.
#[derive(Debug, Default)]
pub(super) struct Stamp {
    second: u64,
    text: String,
}

impl Stamp {
    pub(super) fn set(&mut self, unix_nanos: u64) {
        let (second, nanos) = (unix_nanos / NANOS_PER_SECOND, unix_nanos % NANOS_PER_SECOND);
        if self.text.is_empty() || self.second != second {
            self.second = second;
            self.text.clear();
            write!(self.text, "{}", Utc(unix_nanos)).unwrap_or_default();
            return;
        }
        self.text.truncate(SECOND_LEN);
        push_micros(&mut self.text, u32::try_from(nanos / 1000).unwrap_or_default());
        self.text.push('Z');
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }
}

const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// `2026-01-31T23:59:59.`
const SECOND_LEN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_the_same_however_it_came_about() {
        let mut stamp = Stamp::default();
        let second = 1_700_000_000 * NANOS_PER_SECOND;
        for nanos in [0, 1000, 999, 123_456_789, 999_999_999, 5, NANOS_PER_SECOND, 7] {
            stamp.set(second + nanos);
            assert_eq!(stamp.as_str(), Utc(second + nanos).to_string());
        }
        stamp.set(second + 42_000);
        assert_eq!(stamp.as_str(), "2023-11-14T22:13:20.000042Z");
    }
}
