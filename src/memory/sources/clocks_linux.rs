//! What the kernel counts time and memory in.

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};

/// Time since the machine started, sleep included.
pub(super) fn boot_micros() -> Option<u64> {
    let now = clock_gettime(ClockId::CLOCK_BOOTTIME).ok()?;
    let seconds = u64::try_from(now.tv_sec()).ok()?;
    let nanos = u64::try_from(now.tv_nsec()).ok()?;
    seconds.checked_mul(MICROS_PER_SECOND)?.checked_add(nanos / 1_000)
}

pub(super) fn ticks_to_micros(ticks: u64) -> Option<u64> {
    ticks.checked_mul(MICROS_PER_SECOND)?.checked_div(variable(SysconfVar::CLK_TCK)?)
}

pub(super) fn page_bytes() -> Option<u64> {
    variable(SysconfVar::PAGE_SIZE)
}

fn variable(variable: SysconfVar) -> Option<u64> {
    sysconf(variable).ok().flatten().and_then(|value| u64::try_from(value).ok())
}

const MICROS_PER_SECOND: u64 = 1_000_000;
