//! Processor time of the process's cgroup.

use std::path::Path;

use crate::memory::reading::{Reading, Readings};
use crate::memory::sources::file::{KernelFile, Text, TextBuffer};
use crate::memory::sources::{clocks, text};

/// The file that tells it.
#[derive(Debug)]
pub(super) enum CpuCgroup {
    /// Version 1, in ticks.
    Ticks(KernelFile),
    /// Version 2, in microseconds.
    Micros(KernelFile),
}

impl CpuCgroup {
    pub(super) fn version_1(folder: &Path) -> Self {
        Self::Ticks(KernelFile::new(folder.join("cpuacct.stat")))
    }

    pub(super) fn version_2(folder: &Path) -> Self {
        Self::Micros(KernelFile::new(folder.join("cpu.stat")))
    }

    pub(super) fn read(&mut self, readings: &mut Readings, buffer: &mut TextBuffer) {
        let (file, user, system) = match self {
            Self::Ticks(file) => (file, "user", "system"),
            Self::Micros(file) => (file, "user_usec", "system_usec"),
        };
        let Text::Bytes(bytes) = file.read_optional(buffer) else { return };
        let user = text::value(bytes, user).and_then(Result::ok);
        let system = text::value(bytes, system).and_then(Result::ok);
        let is_in_ticks = matches!(self, Self::Ticks(_));
        let micros = |time: Option<u64>| {
            if is_in_ticks { time.and_then(clocks::ticks_to_micros) } else { time }
        };
        readings.set(Reading::CgroupUserMicros, micros(user));
        readings.set(Reading::CgroupSystemMicros, micros(system));
    }
}
