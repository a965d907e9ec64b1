//! The cgroups around the process that count memory: limit, usage and what happened.

use std::path::{Path, PathBuf};

use crate::memory::counts::FailureReason;
use crate::memory::reading::{Reading, Readings};
use crate::memory::sources::cgroup::level::{Bound, Level, Measured, parse_bound, read};
use crate::memory::sources::cgroup::names::Names;
use crate::memory::sources::cgroup::tightest::Tightest;
use crate::memory::sources::file::{KernelFile, Text, TextBuffer};
use crate::memory::sources::{LimitState, pressure, text};

/// The process's own cgroup, and those around it as far as they can be seen.
#[derive(Debug)]
pub(super) struct MemoryCgroup {
    /// From the process's own outwards.
    levels: Vec<Level>,
    /// The files of each level that only the process's own is asked for.
    own: Vec<OwnFiles>,
    /// What the outermost cgroup could count; for the question whether memory is counted at all.
    controllers: KernelFile,
}

#[derive(Debug)]
struct OwnFiles {
    high: Option<KernelFile>,
    events: KernelFile,
    pressure: Option<KernelFile>,
}

impl OwnFiles {
    fn new(folder: &Path, names: &Names) -> Self {
        let file = |name| KernelFile::new(folder.join(name));
        Self {
            high: names.high.map(file),
            events: file(names.events),
            pressure: names.pressure.map(file),
        }
    }
}

impl MemoryCgroup {
    /// `folders` go from the process's own cgroup outwards.
    pub(super) fn new(folders: &[PathBuf], names: &'static Names) -> Self {
        let top = folders.last().cloned().unwrap_or_default();
        let folders: Vec<_> = folders
            .iter()
            .enumerate()
            .take_while(|(index, folder)| *index == 0 || counts_what_is_below(folder, names))
            .map(|(_, folder)| folder)
            .collect();
        Self {
            levels: folders.iter().map(|folder| Level::new(folder, names)).collect(),
            own: folders.iter().map(|folder| OwnFiles::new(folder, names)).collect(),
            controllers: KernelFile::new(top.join("cgroup.controllers")),
        }
    }

    /// Reads what there is. Returns whether the limit is known, and whether all else is.
    pub(super) fn read(
        &mut self,
        readings: &mut Readings,
        buffer: &mut TextBuffer,
    ) -> (LimitState, Result<(), FailureReason>) {
        let mut tightest = Tightest::default();
        let mut own = None;
        for (index, level) in self.levels.iter_mut().enumerate() {
            let mut measured = level.measure(buffer);
            if own.is_none() && !matches!(measured.usage_bytes, Ok(None)) {
                level.complete(&mut measured, buffer);
                own = Some((index, measured));
            }
            tightest.look_at(&measured);
        }
        let Some((index, measured)) = own else {
            if tightest.state() == LimitState::Unlimited {
                return (self.without_usage(buffer), Ok(()));
            }
            return (tightest.state(), Ok(()));
        };
        if let Some(Bound::Bytes(bytes)) = measured.stat.hierarchical {
            tightest.look_beyond(bytes);
        }
        self.read_own(index, &measured, readings, buffer);
        tightest.set(readings);
        (tightest.state(), measured.usage_bytes.map(drop).map_err(LimitState::failure))
    }

    /// What is asked of the innermost cgroup that counts memory alone.
    fn read_own(
        &mut self,
        index: usize,
        measured: &Measured,
        readings: &mut Readings,
        buffer: &mut TextBuffer,
    ) {
        readings.set(Reading::CgroupUsageBytes, measured.usage_bytes.ok().flatten());
        readings.set(Reading::CgroupWorkingSetBytes, measured.working_set_bytes());
        readings.set(Reading::CgroupRssBytes, measured.stat.rss_bytes);
        readings.set(Reading::CgroupMajorFaults, measured.stat.major_faults);
        readings.set(Reading::CgroupMinorFaults, measured.stat.minor_faults);
        let Some(files) = self.own.get_mut(index) else { return };
        if let Some(high) = &mut files.high
            && let Ok(Some(Bound::Bytes(bytes))) = read(high, buffer, parse_bound)
        {
            readings.set(Reading::CgroupHighBytes, bytes);
        }
        if let Text::Bytes(bytes) = files.events.read_optional(buffer) {
            for (reading, key) in EVENTS {
                readings.set(*reading, text::value(bytes, key).and_then(Result::ok));
            }
        }
        // A kernel may have the file and not count.
        if let Some(file) = &mut files.pressure
            && let Text::Bytes(bytes) = file.read_optional(buffer)
            && let Ok(pressure) = pressure::parse(bytes)
        {
            readings.set(Reading::CgroupPressureSomeMicros, pressure.some_micros);
            readings.set(Reading::CgroupPressureFullMicros, pressure.full_micros);
        }
    }

    /// Nothing that can be seen counts memory. Either it is counted further out, where nobody has
    /// set a limit either, or nowhere.
    fn without_usage(&mut self, buffer: &mut TextBuffer) -> LimitState {
        match self.controllers.read(buffer) {
            Text::Bytes(bytes) if text::words(bytes).any(|word| word == b"memory") => {
                LimitState::Unlimited
            }
            _ => LimitState::NoController,
        }
    }
}

/// Whether a cgroup counts those below it. All do in version 2; in version 1 it is a choice.
fn counts_what_is_below(folder: &Path, names: &Names) -> bool {
    let Some(name) = names.is_hierarchical else { return true };
    let mut buffer = TextBuffer::default();
    match KernelFile::new(folder.join(name)).read(&mut buffer) {
        Text::Bytes(bytes) => text::number(bytes) != Some(0),
        // Newer kernels know nothing else.
        Text::Absent | Text::Failed(_) => true,
    }
}

const EVENTS: &[(Reading, &str)] = &[
    (Reading::CgroupEventsLow, "low"),
    (Reading::CgroupEventsHigh, "high"),
    (Reading::CgroupEventsMax, "max"),
    (Reading::CgroupEventsOom, "oom"),
    (Reading::CgroupEventsOomKill, "oom_kill"),
];
