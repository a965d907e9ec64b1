//! The host, as `/proc` tells of it. Inside of a container these numbers are still the host's.

use crate::memory::counts::{FailureReason, SourceName};
use crate::memory::reading::{Reading, Readings, billionths};
use crate::memory::sampler::Source;
use crate::memory::sources::file::{KernelFile, Text, TextBuffer};
use crate::memory::sources::process::set_all;
use crate::memory::sources::{SystemRoot, clocks, portable, text};

pub(super) fn source(root: &SystemRoot, is_wanted: bool) -> Source {
    let name = SourceName::System;
    if !root.path("/proc/meminfo").exists() {
        return Source { name, read: portable::system() };
    }
    let mut files = SystemFiles::new(root, is_wanted);
    Source { name, read: Box::new(move |_now, readings| files.read(readings)) }
}

#[derive(Debug)]
struct SystemFiles {
    meminfo: KernelFile,
    vmstat: KernelFile,
    stat: KernelFile,
    /// Whether more is wanted than how much memory there is.
    is_wanted: bool,
    buffer: TextBuffer,
}

impl SystemFiles {
    fn new(root: &SystemRoot, is_wanted: bool) -> Self {
        Self {
            meminfo: KernelFile::new(root.path("/proc/meminfo")),
            vmstat: KernelFile::new(root.path("/proc/vmstat")),
            stat: KernelFile::new(root.path("/proc/stat")),
            is_wanted,
            buffer: TextBuffer::default(),
        }
    }

    fn read(&mut self, readings: &mut Readings) -> Result<(), FailureReason> {
        let meminfo = match self.meminfo.read(&mut self.buffer) {
            Text::Bytes(bytes) => read_meminfo(bytes, readings),
            Text::Absent => Err(FailureReason::Unreadable),
            Text::Failed(reason) => Err(reason),
        };
        if !self.is_wanted {
            return meminfo;
        }
        let vmstat = match self.vmstat.read(&mut self.buffer) {
            Text::Bytes(bytes) => read_vmstat(bytes, readings),
            Text::Absent => Ok(()),
            Text::Failed(reason) => Err(reason),
        };
        let stat = match self.stat.read(&mut self.buffer) {
            Text::Bytes(bytes) => read_stat(bytes, readings),
            Text::Absent => Ok(()),
            Text::Failed(reason) => Err(reason),
        };
        readings.set(Reading::SystemUptimeMicros, clocks::boot_micros());
        meminfo.and(vmstat).and(stat)
    }
}

/// Source: `proc_meminfo(5)`.
fn read_meminfo(bytes: &[u8], readings: &mut Readings) -> Result<(), FailureReason> {
    let rows = [
        (Reading::SystemTotalBytes, text::kibibytes(bytes, "MemTotal:")),
        (Reading::SystemAvailableBytes, text::kibibytes(bytes, "MemAvailable:")),
        (Reading::SystemFreeBytes, text::kibibytes(bytes, "MemFree:")),
        (Reading::SystemBuffersBytes, text::kibibytes(bytes, "Buffers:")),
        (Reading::SystemCachedBytes, text::kibibytes(bytes, "Cached:")),
        (Reading::SystemSharedBytes, text::kibibytes(bytes, "Shmem:")),
        (Reading::SystemSwapFreeBytes, text::kibibytes(bytes, "SwapFree:")),
    ];
    let outcome = set_all(rows, readings);
    let used = |total: Option<u64>, free| total?.checked_sub(readings.get(free)?);
    let used_bytes = used(readings.get(Reading::SystemTotalBytes), Reading::SystemAvailableBytes);
    let swap_total_bytes = text::kibibytes(bytes, "SwapTotal:").and_then(Result::ok);
    let swap_used_bytes = used(swap_total_bytes, Reading::SystemSwapFreeBytes);
    readings.set(Reading::SystemUsedBytes, used_bytes);
    readings.set(Reading::SystemSwapUsedBytes, swap_used_bytes);
    let total_bytes = readings.get(Reading::SystemTotalBytes);
    for (share, part, whole) in [
        (Reading::SystemUsedBillionths, Reading::SystemUsedBytes, total_bytes),
        (Reading::SystemFreeBillionths, Reading::SystemFreeBytes, total_bytes),
        (Reading::SystemBuffersBillionths, Reading::SystemBuffersBytes, total_bytes),
        (Reading::SystemCachedBillionths, Reading::SystemCachedBytes, total_bytes),
        (Reading::SystemSwapUsedBillionths, Reading::SystemSwapUsedBytes, swap_total_bytes),
        (Reading::SystemSwapFreeBillionths, Reading::SystemSwapFreeBytes, swap_total_bytes),
    ] {
        // Without swap there is no share of it.
        let value = readings.get(part).zip(whole).and_then(|(part, whole)| billionths(part, whole));
        readings.set(share, value);
    }
    outcome
}

/// Source: `proc_vmstat(5)`. `pgfault` counts the major ones too.
fn read_vmstat(bytes: &[u8], readings: &mut Readings) -> Result<(), FailureReason> {
    let (all, major) = (text::value(bytes, "pgfault"), text::value(bytes, "pgmajfault"));
    let minor = all.zip(major).map(|(all, major)| {
        // The two are not read at one moment by the kernel.
        all?.checked_sub(major?).ok_or(FailureReason::Garbage)
    });
    set_all([(Reading::SystemMajorFaults, major), (Reading::SystemMinorFaults, minor)], readings)
}

/// Source: `proc_stat(5)`: ticks of all processors together, in this order. Time of guests is
/// inside of the time of the user.
fn read_stat(bytes: &[u8], readings: &mut Readings) -> Result<(), FailureReason> {
    let is_cpu = |line: &&[u8]| {
        line.strip_prefix(b"cpu").and_then(|rest| rest.first()).is_some_and(u8::is_ascii_digit)
    };
    let cpus = text::lines(bytes).filter(is_cpu).count();
    readings.set(Reading::SystemCpus, u64::try_from(cpus).ok().filter(|cpus| *cpus > 0));
    let Some(all) = text::after(bytes, "cpu") else { return Err(FailureReason::Garbage) };
    let mut ticks = text::words(all).map(text::number);
    let mut next = || ticks.next().flatten();
    let (user, nice, system, idle) = (next(), next(), next(), next());
    let (iowait, irq, softirq, steal) = (next(), next(), next(), next());
    let interrupt = irq.zip(softirq).and_then(|(irq, softirq)| irq.checked_add(softirq));
    let rows = [
        (Reading::SystemCpuUserMicros, user),
        (Reading::SystemCpuNiceMicros, nice),
        (Reading::SystemCpuSystemMicros, system),
        (Reading::SystemCpuIdleMicros, idle),
        (Reading::SystemCpuIowaitMicros, iowait),
        (Reading::SystemCpuInterruptMicros, interrupt),
        (Reading::SystemCpuStealMicros, steal),
    ];
    let mut outcome = Ok(());
    for (reading, ticks) in rows {
        match ticks.and_then(clocks::ticks_to_micros) {
            Some(micros) => readings.set(reading, micros),
            None => outcome = Err(FailureReason::Garbage),
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn used_is_what_is_not_available_and_no_swap_has_no_share() {
        let mut readings = Readings::unknown();
        let meminfo = b"MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 250 kB\nBuffers: 5 kB\n\
            Cached: 200 kB\nSwapCached: 7 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\nShmem: 9 kB\n";
        assert_eq!(read_meminfo(meminfo, &mut readings), Ok(()));
        let expected = [
            (Reading::SystemTotalBytes, Some(1000 << 10)),
            (Reading::SystemUsedBytes, Some(750 << 10)),
            (Reading::SystemUsedBillionths, Some(750_000_000)),
            (Reading::SystemCachedBytes, Some(200 << 10)),
            (Reading::SystemSharedBytes, Some(9 << 10)),
            (Reading::SystemSwapUsedBytes, Some(0)),
            (Reading::SystemSwapUsedBillionths, None),
        ];
        for (reading, value) in expected {
            assert_eq!(readings.get(reading), value, "{reading:?}");
        }
    }

    #[test]
    fn garbage_spoils_what_is_made_of_it_and_nothing_else() {
        let mut readings = Readings::unknown();
        let meminfo = b"MemTotal: lots kB\nMemFree: 100 kB\nMemAvailable: 250 kB\n";
        assert_eq!(read_meminfo(meminfo, &mut readings), Err(FailureReason::Garbage));
        assert_eq!(readings.get(Reading::SystemUsedBytes), None);
        assert_eq!(readings.get(Reading::SystemFreeBytes), Some(100 << 10));
    }

    #[test]
    fn interrupts_of_both_kinds_are_one_and_guests_count_once() {
        let mut readings = Readings::unknown();
        let stat =
            b"cpu  10 2 3 40 5 6 7 8 9 1\ncpu0 5 1 1 20 2 3 3 4 4 0\ncpu1 5 1 2 20 3 3 4 4 5 1\n\
            intr 1 2 3\n";
        assert_eq!(read_stat(stat, &mut readings), Ok(()));
        let ticks = |ticks| clocks::ticks_to_micros(ticks);
        assert_eq!(readings.get(Reading::SystemCpus), Some(2));
        assert_eq!(readings.get(Reading::SystemCpuUserMicros), ticks(10));
        assert_eq!(readings.get(Reading::SystemCpuInterruptMicros), ticks(13));
        assert_eq!(readings.get(Reading::SystemCpuStealMicros), ticks(8));
    }

    #[test]
    fn minor_faults_are_those_that_are_not_major() {
        let mut readings = Readings::unknown();
        assert_eq!(read_vmstat(b"pgfault 10\npgmajfault 3\n", &mut readings), Ok(()));
        assert_eq!(readings.get(Reading::SystemMinorFaults), Some(7));
        let mut readings = Readings::unknown();
        let torn = read_vmstat(b"pgfault 1\npgmajfault 3\n", &mut readings);
        assert_eq!(torn, Err(FailureReason::Garbage));
        assert_eq!(readings.get(Reading::SystemMinorFaults), None);
    }
}
