//! The cgroups around the process that count memory: limit, usage and what happened.

use std::path::{Path, PathBuf};

use crate::memory::reading::{Reading, Readings, billionths};
use crate::memory::sources::cgroup::level::{Bound, Level, Measured, bound_of, parse_bound, read};
use crate::memory::sources::cgroup::names::Names;
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
    names: &'static Names,
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

/// What limits the process.
#[derive(Debug)]
struct Tightest {
    state: LimitState,
    limit_bytes: u64,
    /// The least that is left at any limit; `None`: it cannot be told.
    headroom_bytes: Option<u64>,
    utilization_billionths: Option<u64>,
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
            names,
        }
    }

    /// Reads what there is. Returns whether the limit is known.
    pub(super) fn read(&mut self, readings: &mut Readings, buffer: &mut TextBuffer) -> LimitState {
        let mut tightest = Tightest {
            state: LimitState::Unlimited,
            limit_bytes: u64::MAX,
            headroom_bytes: Some(u64::MAX),
            utilization_billionths: Some(0),
        };
        let mut own = None;
        for (index, level) in self.levels.iter_mut().enumerate() {
            let measured = level.measure(buffer);
            if own.is_none() && !matches!(measured.usage_bytes, Ok(None)) {
                own = Some((index, measured));
            }
            tightest.look_at(level, measured, buffer);
        }
        match own {
            Some((index, measured)) => self.read_own(index, measured, readings, buffer),
            None if tightest.state == LimitState::Unlimited => {
                tightest.state = self.without_usage(buffer);
            }
            None => {}
        }
        if let Some(index) = own.map(|(index, _)| index) {
            self.look_beyond(index, &mut tightest, buffer);
        }
        if tightest.state == LimitState::Limited {
            readings.set(Reading::CgroupLimitBytes, tightest.limit_bytes);
            readings.set(Reading::CgroupHeadroomBytes, tightest.headroom_bytes);
            readings.set(Reading::CgroupUtilizationBillionths, tightest.utilization_billionths);
        }
        tightest.state
    }

    /// What is asked of the innermost cgroup that counts memory alone.
    fn read_own(
        &mut self,
        index: usize,
        measured: Measured,
        readings: &mut Readings,
        buffer: &mut TextBuffer,
    ) {
        let names = self.names;
        if let (Some(level), Ok(Some(usage_bytes))) =
            (self.levels.get_mut(index), measured.usage_bytes)
        {
            readings.set(Reading::CgroupUsageBytes, usage_bytes);
            let working_set_bytes = level.working_set_bytes(usage_bytes, buffer).ok();
            readings.set(Reading::CgroupWorkingSetBytes, working_set_bytes);
            readings.set(Reading::CgroupRssBytes, level.stat_value(names.rss, buffer).ok());
            let major_faults = level.stat_value(names.major_faults, buffer).ok();
            let faults = level.stat_value(names.faults, buffer).ok();
            readings.set(Reading::CgroupMajorFaults, major_faults);
            let minor_faults = faults.zip(major_faults).and_then(|(all, of)| all.checked_sub(of));
            readings.set(Reading::CgroupMinorFaults, minor_faults);
        }
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

    /// Version 1 also tells the limit by cgroups that cannot be seen.
    fn look_beyond(&mut self, own: usize, tightest: &mut Tightest, buffer: &mut TextBuffer) {
        let (Some(key), Some(level)) = (self.names.hierarchical_limit, self.levels.get_mut(own))
        else {
            return;
        };
        let Ok(bytes) = level.stat_value(key, buffer) else { return };
        let is_known = matches!(tightest.state, LimitState::Limited | LimitState::Unlimited);
        if let Bound::Bytes(bytes) = bound_of(bytes)
            && is_known
            && bytes < tightest.limit_bytes
        {
            *tightest = Tightest {
                state: LimitState::Limited,
                limit_bytes: bytes,
                // Who else counts against it cannot be seen.
                headroom_bytes: None,
                utilization_billionths: None,
            };
        }
    }
}

impl Tightest {
    /// Takes one more level into account. What is unknown at one level is unknown in all: the limit
    /// that cannot be read may be the smaller one.
    fn look_at(&mut self, level: &mut Level, measured: Measured, buffer: &mut TextBuffer) {
        if !matches!(self.state, LimitState::Limited | LimitState::Unlimited) {
            return;
        }
        let limit_bytes = match (measured.bound, measured.usage_bytes) {
            (Err(state), _) => {
                self.state = state;
                return;
            }
            (Ok(None | Some(Bound::Unlimited)), _) => return,
            (Ok(Some(Bound::Bytes(bytes))), _) => bytes,
        };
        self.state = LimitState::Limited;
        self.limit_bytes = self.limit_bytes.min(limit_bytes);
        let usage_bytes = measured.usage_bytes.ok().flatten();
        let working_set_bytes =
            usage_bytes.and_then(|usage_bytes| level.working_set_bytes(usage_bytes, buffer).ok());
        self.headroom_bytes = self
            .headroom_bytes
            .zip(working_set_bytes)
            .map(|(least, used)| least.min(limit_bytes.saturating_sub(used)));
        self.utilization_billionths = self
            .utilization_billionths
            .zip(working_set_bytes.and_then(|used| billionths(used, limit_bytes)))
            .map(|(most, here)| most.max(here));
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
