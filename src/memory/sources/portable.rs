//! Process and host where there is no `/proc`: what the crate `sysinfo` knows.

use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::memory::counts::FailureReason;
use crate::memory::reading::{Reading, Readings};
use crate::memory::sampler::Read;

pub(super) fn process() -> Read {
    let pid = Pid::from_u32(std::process::id());
    let mut system = None;
    Box::new(move |_now, readings| {
        let system = opened(&mut system)?;
        // Of this process alone: a walk over all others would cost far more than the sample.
        let what = ProcessRefreshKind::nothing().with_memory().with_cpu().with_disk_usage();
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[pid]),
            false,
            what.without_tasks(),
        );
        let process = system.process(pid).ok_or(FailureReason::Unreadable)?;
        readings.set(Reading::ProcessRssBytes, known(process.memory()));
        readings.set(Reading::ProcessVirtualBytes, known(process.virtual_memory()));
        let disk = process.disk_usage();
        readings.set(Reading::ProcessDiskReadBytes, disk.total_read_bytes);
        readings.set(Reading::ProcessDiskWriteBytes, disk.total_written_bytes);
        readings.set(Reading::ProcessUptimeMicros, process.run_time().checked_mul(1_000_000));
        Ok(())
    })
}

pub(super) fn system() -> Read {
    let mut system = None;
    Box::new(move |_now, readings: &mut Readings| {
        let system = opened(&mut system)?;
        system.refresh_memory_specifics(MemoryRefreshKind::everything());
        readings.set(Reading::SystemTotalBytes, known(system.total_memory()));
        readings.set(Reading::SystemAvailableBytes, known(system.available_memory()));
        readings.set(Reading::SystemUsedBytes, known(system.used_memory()));
        readings.set(Reading::SystemFreeBytes, known(system.free_memory()));
        if system.total_swap() > 0 {
            readings.set(Reading::SystemSwapUsedBytes, system.used_swap());
            readings.set(Reading::SystemSwapFreeBytes, system.free_swap());
        }
        Ok(())
    })
}

fn opened(system: &mut Option<System>) -> Result<&mut System, FailureReason> {
    if system.is_none() {
        *system = System::new().ok();
    }
    system.as_mut().ok_or(FailureReason::Unreadable)
}

/// Where it cannot tell, it tells zero.
fn known(value: u64) -> Option<u64> {
    (value != 0).then_some(value)
}
