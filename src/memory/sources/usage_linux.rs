//! What the process has used so far, ended threads included.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::memory::reading::{Reading, Readings};

/// Source: `getrusage(2)`. `/proc/self/status` would tell the switches of the main thread alone.
pub(super) fn read(readings: &mut Readings) {
    // It cannot fail for one's own process.
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return };
    readings.set(Reading::ProcessUserMicros, micros(usage.user_time()));
    readings.set(Reading::ProcessSystemMicros, micros(usage.system_time()));
    for (reading, count) in [
        (Reading::ProcessMinorFaults, usage.minor_page_faults()),
        (Reading::ProcessMajorFaults, usage.major_page_faults()),
        (Reading::ProcessVoluntarySwitches, usage.voluntary_context_switches()),
        (Reading::ProcessInvoluntarySwitches, usage.involuntary_context_switches()),
    ] {
        readings.set(reading, u64::try_from(count).ok());
    }
}

fn micros(time: TimeVal) -> Option<u64> {
    let seconds = u64::try_from(time.tv_sec()).ok()?;
    let micros = u64::try_from(time.tv_usec()).ok()?;
    seconds.checked_mul(1_000_000)?.checked_add(micros)
}
