//! When the time of a file is over. Pure.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::log_settings::{LogTimeZone, Rotation};

/// The times at which files are closed.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    rotation: Rotation,
    zone: TimeZone,
}

impl Schedule {
    /// With [`LogTimeZone::Local`] it asks the system for its time zone; a system without one has
    /// UTC.
    pub(super) fn new(rotation: Rotation, zone: LogTimeZone) -> Self {
        let zone = match zone {
            LogTimeZone::Local => TimeZone::try_system().unwrap_or(TimeZone::UTC),
            LogTimeZone::Utc => TimeZone::UTC,
        };
        Self { rotation, zone }
    }

    /// Returns the first such time after `time`; `None`: never.
    pub(super) fn next_after(&self, time: SystemTime) -> Option<SystemTime> {
        let now = Timestamp::try_from(time).ok()?;
        let local = now.to_zoned(self.zone.clone());
        let seconds = match self.rotation {
            Rotation::Never => return None,
            Rotation::Daily => local.tomorrow().ok()?.start_of_day().ok()?.timestamp().as_second(),
            Rotation::Hourly => next_multiple(now.as_second(), local.offset().seconds(), 3600)?,
            Rotation::Minutely => next_multiple(now.as_second(), local.offset().seconds(), 60)?,
        };
        UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
    }
}

/// The next second after `second` that is a multiple of `unit` where clocks are `offset` ahead.
fn next_multiple(second: i64, offset: i32, unit: i64) -> Option<i64> {
    let into = second.checked_add(i64::from(offset))?.checked_rem_euclid(unit)?;
    second.checked_sub(into)?.checked_add(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(rotation: Rotation, zone: &str, time: &str) -> String {
        let zone = TimeZone::posix(zone).unwrap();
        let time: Timestamp = time.parse().unwrap();
        let next = Schedule { rotation, zone }.next_after(time.into()).unwrap();
        Timestamp::try_from(next).unwrap().to_string()
    }

    #[test]
    fn files_end_at_full_minutes_hours_and_days() {
        let berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
        let table = [
            (Rotation::Minutely, "UTC0", "2026-01-31T23:59:59.9Z", "2026-02-01T00:00:00Z"),
            (Rotation::Minutely, "UTC0", "2026-01-31T23:59:00Z", "2026-02-01T00:00:00Z"),
            (Rotation::Hourly, "UTC0", "2026-01-31T22:00:01Z", "2026-01-31T23:00:00Z"),
            (Rotation::Hourly, "<+0530>-5:30", "2026-01-31T22:00:01Z", "2026-01-31T22:30:00Z"),
            (Rotation::Daily, "UTC0", "2024-02-28T00:00:00Z", "2024-02-29T00:00:00Z"),
            (Rotation::Daily, berlin, "2026-01-31T22:59:59Z", "2026-01-31T23:00:00Z"),
            // The days on which clocks change have 23 and 25 hours.
            (Rotation::Daily, berlin, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            (Rotation::Daily, berlin, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ];
        for (rotation, zone, time, expected) in table {
            assert_eq!(next(rotation, zone, time), expected, "{rotation:?} {zone} {time}");
        }
    }

    #[test]
    fn without_a_rotation_no_time_is_over() {
        let schedule = Schedule::new(Rotation::Never, LogTimeZone::Local);
        assert_eq!(schedule.next_after(UNIX_EPOCH), None);
    }
}
