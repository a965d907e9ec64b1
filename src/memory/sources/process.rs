//! The process itself.

use std::fs;
use std::path::{Path, PathBuf};

use crate::memory::counts::{FailureReason, SourceName};
use crate::memory::reading::{Reading, Readings};
use crate::memory::sampler::Source;
use crate::memory::sources::file::{KernelFile, Text, TextBuffer};
use crate::memory::sources::{SystemRoot, clocks, portable, text, usage};

pub(super) fn source(root: &SystemRoot) -> Source {
    let name = SourceName::Process;
    if !root.path("/proc/self/statm").exists() {
        return Source { name, read: portable::process() };
    }
    let mut files = ProcessFiles::new(root);
    Source { name, read: Box::new(move |_now, readings| files.read(readings)) }
}

/// The files of `/proc/self`.
#[derive(Debug)]
struct ProcessFiles {
    statm: KernelFile,
    status: KernelFile,
    io: KernelFile,
    descriptors: PathBuf,
    /// When the process began, counted from the start of the machine; `None`: not known.
    started_at_micros: Option<u64>,
    buffer: TextBuffer,
}

impl ProcessFiles {
    fn new(root: &SystemRoot) -> Self {
        let mut buffer = TextBuffer::default();
        let mut stat = KernelFile::new(root.path("/proc/self/stat"));
        let started_at_micros = match stat.read(&mut buffer) {
            Text::Bytes(bytes) => start_ticks(bytes).and_then(clocks::ticks_to_micros),
            Text::Absent | Text::Failed(_) => None,
        };
        Self {
            statm: KernelFile::new(root.path("/proc/self/statm")),
            status: KernelFile::new(root.path("/proc/self/status")),
            io: KernelFile::new(root.path("/proc/self/io")),
            descriptors: root.path("/proc/self/fd"),
            started_at_micros,
            buffer,
        }
    }

    /// Reads what there is; the first thing that went wrong is told at the end.
    fn read(&mut self, readings: &mut Readings) -> Result<(), FailureReason> {
        let statm = match self.statm.read(&mut self.buffer) {
            Text::Bytes(bytes) => read_statm(bytes, readings),
            Text::Absent => Err(FailureReason::Unreadable),
            Text::Failed(reason) => Err(reason),
        };
        let status = match self.status.read(&mut self.buffer) {
            Text::Bytes(bytes) => read_status(bytes, readings),
            Text::Absent => Err(FailureReason::Unreadable),
            Text::Failed(reason) => Err(reason),
        };
        // Not every kernel has it, and some systems forbid it.
        let io = match self.io.read_optional(&mut self.buffer) {
            Text::Bytes(bytes) => read_io(bytes, readings),
            Text::Absent => Ok(()),
            Text::Failed(reason) => Err(reason),
        };
        usage::read(readings);
        readings.set(Reading::ProcessFileDescriptors, count_descriptors(&self.descriptors));
        let age = self
            .started_at_micros
            .and_then(|started_at| clocks::boot_micros()?.checked_sub(started_at));
        readings.set(Reading::ProcessUptimeMicros, age);
        statm.and(status).and(io)
    }
}

/// Source: `proc_pid_statm(5)`: pages of the address space, and those in RAM.
fn read_statm(bytes: &[u8], readings: &mut Readings) -> Result<(), FailureReason> {
    let mut pages = text::words(bytes).map(text::number);
    let mut bytes_of_next = || {
        let pages = pages.next().flatten().ok_or(FailureReason::Garbage)?;
        let page_bytes = clocks::page_bytes().ok_or(FailureReason::Unreadable)?;
        pages.checked_mul(page_bytes).ok_or(FailureReason::Garbage)
    };
    let (virtual_bytes, rss_bytes) = (bytes_of_next()?, bytes_of_next()?);
    readings.set(Reading::ProcessVirtualBytes, virtual_bytes);
    readings.set(Reading::ProcessRssBytes, rss_bytes);
    Ok(())
}

/// Source: `proc_pid_status(5)`. A kernel without a line has no such number.
fn read_status(bytes: &[u8], readings: &mut Readings) -> Result<(), FailureReason> {
    let rows = [
        (Reading::ProcessRssAnonBytes, text::kibibytes(bytes, "RssAnon:")),
        (Reading::ProcessRssFileBytes, text::kibibytes(bytes, "RssFile:")),
        (Reading::ProcessRssShmemBytes, text::kibibytes(bytes, "RssShmem:")),
        (Reading::ProcessSwappedBytes, text::kibibytes(bytes, "VmSwap:")),
        (Reading::ProcessThreads, text::value(bytes, "Threads:")),
    ];
    set_all(rows, readings)
}

/// Source: `proc_pid_io(5)`: what reached the devices.
fn read_io(bytes: &[u8], readings: &mut Readings) -> Result<(), FailureReason> {
    let rows = [
        (Reading::ProcessDiskReadBytes, text::value(bytes, "read_bytes:")),
        (Reading::ProcessDiskWriteBytes, text::value(bytes, "write_bytes:")),
    ];
    set_all(rows, readings)
}

/// Sets what is a number; a line that is there and holds none is garbage.
pub(super) fn set_all<const N: usize>(
    rows: [(Reading, Option<Result<u64, FailureReason>>); N],
    readings: &mut Readings,
) -> Result<(), FailureReason> {
    let mut outcome = Ok(());
    for (reading, value) in rows {
        match value {
            Some(Ok(value)) => readings.set(reading, value),
            Some(Err(reason)) => outcome = Err(reason),
            None => {}
        }
    }
    outcome
}

/// The 22nd field. The second one, the name of the program in parentheses, may hold anything.
///
/// Source: `proc_pid_stat(5)`.
fn start_ticks(bytes: &[u8]) -> Option<u64> {
    let behind_name = bytes.rsplit(|byte| *byte == b')').next()?;
    text::words(behind_name).nth(START_FIELD_BEHIND_NAME).and_then(text::number)
}

/// Linux 6.2 tells the number as the size of the folder. Before that the entries are counted, the
/// one that reads them not.
fn count_descriptors(folder: &Path) -> Option<u64> {
    let told = fs::metadata(folder).ok()?.len();
    if told > 0 {
        return Some(told);
    }
    let entries = fs::read_dir(folder).ok()?.count();
    u64::try_from(entries).ok()?.checked_sub(1)
}

/// Field 22 of the whole line is the 20th behind the name.
const START_FIELD_BEHIND_NAME: usize = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_may_have_any_name() {
        let behind = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        for name in ["beacon", "a b) S 1 2", ") (", "", "\n)"] {
            let stat = format!("42 ({name}) {behind}\n");
            assert_eq!(start_ticks(stat.as_bytes()), Some(4711), "{name:?}");
        }
        assert_eq!(start_ticks(b""), None);
        assert_eq!(start_ticks(b"42 (short) S 1"), None);
    }

    #[test]
    fn garbage_is_no_number_and_harms_no_other() {
        let mut readings = Readings::unknown();
        let status = b"RssAnon:\tmany kB\nRssFile:\t 4 kB\nThreads:\t3\n";
        assert_eq!(read_status(status, &mut readings), Err(FailureReason::Garbage));
        assert_eq!(readings.get(Reading::ProcessRssAnonBytes), None);
        assert_eq!(readings.get(Reading::ProcessRssFileBytes), Some(4096));
        assert_eq!(readings.get(Reading::ProcessThreads), Some(3));
        assert_eq!(readings.get(Reading::ProcessSwappedBytes), None);

        for statm in [&b""[..], b"1", b"x y", b"1 99999999999999999999", b"1 18446744073709551615"]
        {
            let mut readings = Readings::unknown();
            assert_eq!(read_statm(statm, &mut readings), Err(FailureReason::Garbage));
            assert_eq!(readings.get(Reading::ProcessRssBytes), None);
        }
    }
}
