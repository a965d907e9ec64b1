//! What the stretches of one scope come to.

use crate::clock::{Clock as _, SystemClock};
use crate::memory::allocator::is_tracking;
use crate::memory::reclaim::resident_bytes;
use crate::memory::scope::frames::Stretch;
use crate::memory::scope::report::ScopeReport;

/// The counts of a scope so far.
#[derive(Debug)]
pub(super) struct Tally {
    name: &'static str,
    clock: SystemClock,
    measure: Measure,
}

#[derive(Debug)]
enum Measure {
    /// Every allocation is counted.
    Exact(Sum),
    /// Only the memory of the whole process is known: as it was at the beginning.
    Resident(Option<u64>),
}

#[derive(Debug, Default)]
struct Sum {
    allocated_bytes: u64,
    freed_bytes: u64,
    allocated_blocks: u64,
    freed_blocks: u64,
    peak_bytes: u64,
    is_peak_unknown: bool,
    /// A stretch was lost.
    is_incomplete: bool,
}

impl Tally {
    pub(super) fn new(name: &'static str) -> Self {
        let measure = if is_tracking() {
            Measure::Exact(Sum::default())
        } else {
            Measure::Resident(resident_bytes())
        };
        Self { name, clock: SystemClock::new(), measure }
    }

    /// Whether stretches are of use.
    pub(super) const fn counts_stretches(&self) -> bool {
        matches!(self.measure, Measure::Exact(_))
    }

    /// Adds what one thread did; `None`: it was not counted.
    pub(super) fn add(&mut self, stretch: Option<Stretch>) {
        let Measure::Exact(sum) = &mut self.measure else { return };
        let Some(Stretch { counts, peak_bytes }) = stretch else {
            sum.is_incomplete = true;
            return;
        };
        match peak_bytes {
            // The stretch began where the ones before it ended.
            Some(bytes) => {
                let peak = sum.retained_bytes().saturating_add_unsigned(bytes);
                sum.peak_bytes = sum.peak_bytes.max(u64::try_from(peak).unwrap_or(0));
            }
            None => sum.is_peak_unknown = true,
        }
        sum.allocated_bytes = sum.allocated_bytes.saturating_add(counts.allocated_bytes);
        sum.freed_bytes = sum.freed_bytes.saturating_add(counts.freed_bytes);
        sum.allocated_blocks = sum.allocated_blocks.saturating_add(counts.allocations);
        sum.freed_blocks = sum.freed_blocks.saturating_add(counts.frees);
    }

    pub(super) fn report(&self, is_finished: bool) -> ScopeReport {
        let mut report = ScopeReport {
            name: self.name,
            is_exact: false,
            is_finished,
            duration: self.clock.now(),
            allocated_bytes: None,
            freed_bytes: None,
            retained_bytes: None,
            peak_bytes: None,
            allocated_blocks: None,
            freed_blocks: None,
        };
        match &self.measure {
            Measure::Exact(sum) => {
                report.is_exact = !sum.is_incomplete;
                report.allocated_bytes = Some(sum.allocated_bytes);
                report.freed_bytes = Some(sum.freed_bytes);
                report.retained_bytes = Some(sum.retained_bytes());
                report.peak_bytes = (!sum.is_peak_unknown).then_some(sum.peak_bytes);
                report.allocated_blocks = Some(sum.allocated_blocks);
                report.freed_blocks = Some(sum.freed_blocks);
            }
            Measure::Resident(before) => {
                let both = before.zip(resident_bytes());
                report.retained_bytes =
                    both.map(|(before, now)| now.wrapping_sub(before).cast_signed());
                // At least that; what it was in between is not known.
                report.peak_bytes = both.map(|(before, now)| now.saturating_sub(before));
            }
        }
        report
    }
}

impl Sum {
    const fn retained_bytes(&self) -> i64 {
        self.allocated_bytes.wrapping_sub(self.freed_bytes).cast_signed()
    }
}
