//! How many in which time.

use std::time::Duration;

use crate::config::parse;

/// So many log records of one call-site in each period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LogRateLimit {
    pub(crate) records_max: u32,
    pub(crate) period: Duration,
}

/// `100/s`, `5/m`, `1/h`.
pub(crate) fn parse(text: &str) -> Option<LogRateLimit> {
    let (number, unit) = text.split_once('/')?;
    let records_max = parse::digits(number)?;
    let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let records_max = u32::try_from(records_max).ok().filter(|max| (1..=MAX).contains(max))?;
    Some(LogRateLimit { records_max, period: Duration::from_secs(*seconds) })
}

const UNITS: [(&str, u64); 3] = [("s", 1), ("m", 60), ("h", 3600)];

/// More in an hour is no limit, and counting must not overflow.
const MAX: u32 = 1_000_000_000;

pub(super) const EXPECTED: &str =
    "a number from `1` to `1000000000` and `/s`, `/m` or `/h`, such as `100/s`";
