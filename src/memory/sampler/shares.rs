//! Numbers as shares of what there is, from two samples.

use std::thread;
use std::time::Duration;

use crate::memory::reading::{Reading, Readings, billionths};

/// What the last sample leaves for the next one.
#[derive(Debug)]
pub(super) struct Shares {
    /// That the process may use, by affinity and quota; looked up once, for it takes files.
    processors: Option<u64>,
    before: Option<Used>,
}

/// Processor time at a moment.
#[derive(Clone, Copy, Debug)]
struct Used {
    at: Duration,
    user_micros: u64,
    system_micros: u64,
}

impl Shares {
    pub(super) fn new() -> Self {
        let processors = thread::available_parallelism().ok();
        Self {
            processors: processors.and_then(|count| u64::try_from(count.get()).ok()),
            before: None,
        }
    }

    /// Adds the shares of this sample to it.
    pub(super) fn add(&mut self, at: Duration, readings: &mut Readings) {
        let resident = readings.get(Reading::ProcessRssBytes);
        let memory = resident.zip(readings.get(Reading::SystemTotalBytes));
        let memory = memory.and_then(|(part, whole)| billionths(part, whole));
        readings.set(Reading::ProcessMemoryBillionths, memory);
        let user_micros = readings.get(Reading::ProcessUserMicros);
        let both = user_micros.zip(readings.get(Reading::ProcessSystemMicros));
        let now = both.map(|(user_micros, system_micros)| Used { at, user_micros, system_micros });
        if let Some((now, before)) = now.zip(self.before) {
            let share = |now: u64, before| self.share(at, now.checked_sub(before)?);
            let user = share(now.user_micros, before.user_micros);
            let system = share(now.system_micros, before.system_micros);
            readings.set(Reading::ProcessUserBillionths, user);
            readings.set(Reading::ProcessSystemBillionths, system);
        }
        self.before = now;
    }

    /// The share of all processors since the last sample.
    fn share(&self, at: Duration, used_micros: u64) -> Option<u64> {
        let passed = at.checked_sub(self.before?.at)?;
        let passed_micros = u64::try_from(passed.as_micros()).ok()?;
        billionths(used_micros, passed_micros.checked_mul(self.processors?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(user_micros: u64, system_micros: u64) -> Readings {
        let mut readings = Readings::unknown();
        readings.set(Reading::ProcessUserMicros, user_micros);
        readings.set(Reading::ProcessSystemMicros, system_micros);
        readings
    }

    #[test]
    fn processor_time_is_shared_by_all_processors() {
        let mut shares = Shares { processors: Some(4), before: None };
        let mut first = sample(0, 0);
        shares.add(Duration::from_secs(10), &mut first);
        assert_eq!(first.get(Reading::ProcessUserBillionths), None);
        let mut second = sample(2_000_000, 500_000);
        shares.add(Duration::from_secs(11), &mut second);
        assert_eq!(second.get(Reading::ProcessUserBillionths), Some(500_000_000));
        assert_eq!(second.get(Reading::ProcessSystemBillionths), Some(125_000_000));
    }

    #[test]
    fn nothing_is_told_across_a_gap_in_time_or_in_numbers() {
        let mut shares = Shares { processors: Some(1), before: None };
        for (at, mut readings) in [(1, sample(5, 5)), (1, sample(6, 6)), (2, sample(1, 6))] {
            shares.add(Duration::from_secs(at), &mut readings);
            assert_eq!(readings.get(Reading::ProcessUserBillionths), None);
        }
        shares.add(Duration::from_secs(3), &mut Readings::unknown());
        let mut after = sample(9, 9);
        shares.add(Duration::from_secs(4), &mut after);
        assert_eq!(after.get(Reading::ProcessUserBillionths), None);
    }

    #[test]
    fn memory_is_a_share_of_the_hosts() {
        let mut readings = Readings::unknown();
        readings.set(Reading::ProcessRssBytes, 25);
        readings.set(Reading::SystemTotalBytes, 100);
        Shares::new().add(Duration::ZERO, &mut readings);
        assert_eq!(readings.get(Reading::ProcessMemoryBillionths), Some(250_000_000));
    }
}
