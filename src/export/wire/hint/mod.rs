//! When the peer wants to be asked again.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;
use prost::Message;

use crate::export::wire::base64;
use crate::export::wire::messages::{RetryInfo, RpcStatus};

/// Longest pause that a peer can ask for: ours, for a hostile hint must not park data for good.
const HINT_MAX: Duration = Duration::from_mins(5);

/// Reads `Retry-After`: seconds or an HTTP date. Garbage, zero and past dates are no hint.
///
/// Source: RFC 9110, section 10.2.3.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let is_seconds = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let pause = if is_seconds {
        // Only a number beyond `u64` fails here.
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        http_date(value)?.duration_since(now).ok()?
    };
    bounded(pause)
}

/// Reads the `RetryInfo` among the details of a gRPC status.
///
/// Source: <https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling>
pub(super) fn retry_info(headers: &HeaderMap) -> Option<Duration> {
    let details = base64::decode(headers.get("grpc-status-details-bin")?.as_bytes())?;
    let status = RpcStatus::decode(details.as_slice()).ok()?;
    let info = status.details.iter().find(|any| any.type_url.ends_with(RETRY_INFO_TYPE))?;
    let delay = RetryInfo::decode(info.value.as_slice()).ok()?.retry_delay?;
    let whole = Duration::from_secs(u64::try_from(delay.seconds).ok()?);
    let part = Duration::from_nanos(u64::try_from(delay.nanos).ok()?);
    bounded(whole.saturating_add(part))
}

const RETRY_INFO_TYPE: &str = "/google.rpc.RetryInfo";

fn bounded(pause: Duration) -> Option<Duration> {
    (!pause.is_zero()).then(|| pause.min(HINT_MAX))
}

/// Parses the one form of date that senders may write: `Sun, 06 Nov 1994 08:49:37 GMT`.
///
/// Source: RFC 9110, section 5.6.7 (IMF-fixdate).
fn http_date(text: &str) -> Option<SystemTime> {
    let mut words = text.split(' ');
    let day_name = words.next()?.strip_suffix(',')?;
    let day = number(words.next()?, 2)?;
    let month_name = words.next()?;
    let year = number(words.next()?, 4)?;
    let mut time = words.next()?.split(':');
    let hour = number(time.next()?, 2)?;
    let minute = number(time.next()?, 2)?;
    let second = number(time.next()?, 2)?;
    let ends_well = words.next() == Some("GMT") && words.next().is_none() && time.next().is_none();

    let month = MONTHS.iter().position(|&name| name == month_name)?;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days_of_month = match month {
        1 if is_leap => 29,
        _ => *DAYS_OF_MONTH.get(month)?,
    };
    // 60 is a leap second.
    let is_valid = ends_well
        && DAY_NAMES.contains(&day_name)
        && year >= 1970
        && (1..=days_of_month).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !is_valid {
        return None;
    }
    let days_before: u64 = DAYS_OF_MONTH.iter().take(month).sum();
    let leap_day = u64::from(month > 1 && is_leap);
    let seconds = seconds_since_1970(year, [days_before, leap_day, day, hour, minute, second]);
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[expect(clippy::arithmetic_side_effects, reason = "a year from 1970 to 9999 overflows nothing")]
const fn seconds_since_1970(year: u64, rest: [u64; 6]) -> u64 {
    let [days_before, leap_day, day, hour, minute, second] = rest;
    let past_years = year - 1;
    let leap_days = past_years / 4 - past_years / 100 + past_years / 400 - LEAP_DAYS_BEFORE_1970;
    let days = (year - 1970) * 365 + leap_days + days_before + leap_day + (day - 1);
    ((days * 24 + hour) * 60 + minute) * 60 + second
}

/// 1969 / 4 − 1969 / 100 + 1969 / 400.
const LEAP_DAYS_BEFORE_1970: u64 = 477;

fn number(text: &str, digits: usize) -> Option<u64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

const DAY_NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS_OF_MONTH: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

#[cfg(test)]
mod tests;
