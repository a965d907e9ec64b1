//! Memory given back: by what the service has registered, and by the allocator.

mod reclaimer;
mod report;
mod resident;
#[cfg(test)]
mod tests;

use crate::memory::pressure::PressureLevel;

#[cfg(test)]
pub(crate) use crate::memory::reclaim::reclaimer::ReclaimerParts;
pub(crate) use crate::memory::reclaim::reclaimer::{ReclaimObserver, Reclaimer};
pub use crate::memory::reclaim::report::{ReclaimReport, ReclaimStatus};
pub(crate) use crate::memory::reclaim::resident::resident_bytes;

/// Gives memory back now: calls the hooks of [`on_pressure`](crate::memory::on_pressure()), then asks
/// the allocator to return what it does not need.
///
/// Blocks until that is done, at most ten seconds; from asynchronous code call it on a thread for
/// blocking work. It runs on the thread `beacon-reclaim`, and whoever calls meanwhile gets the same
/// report. So that it never takes more than a twentieth of a core, a call within twenty times as
/// long as the last one took does nothing; neither does one within a second. Called by one of its
/// own hooks it returns at once, [`Unfinished`](ReclaimStatus::Unfinished).
///
/// Works without telemetry, too.
///
/// # Examples
///
/// ```
/// use beacon::memory::{self, ReclaimStatus};
///
/// let report = memory::reclaim();
/// assert_eq!(report.status, ReclaimStatus::Done);
/// println!("{report}");
/// ```
pub fn reclaim() -> ReclaimReport {
    Reclaimer::of_process().run_and_wait(PressureLevel::Requested)
}

/// Why memory was asked back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ReclaimTrigger {
    /// Somebody called [`reclaim()`].
    Call,
    /// Memory in use came close to its limit.
    Pressure,
    /// Resident memory grew and the live heap did not.
    Retention,
}

impl ReclaimTrigger {
    pub(crate) const ALL: [Self; 3] = [Self::Call, Self::Pressure, Self::Retention];

    /// The value of `beacon.memory.reclaim.trigger`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Pressure => "pressure",
            Self::Retention => "retention",
        }
    }
}
