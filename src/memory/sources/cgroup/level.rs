//! One cgroup: its limit, and what counts against it.

use std::path::Path;

use crate::memory::sources::cgroup::names::Names;
use crate::memory::sources::file::{KernelFile, Text, TextBuffer};
use crate::memory::sources::{LimitState, text};

/// A cgroup on the way from the process's own to the outermost that can be seen.
#[derive(Debug)]
pub(super) struct Level {
    limit: KernelFile,
    usage: KernelFile,
    stat: KernelFile,
    names: &'static Names,
}

/// A limit as a file tells it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Bound {
    Bytes(u64),
    Unlimited,
}

/// What is read of one cgroup. `Ok(None)`: memory is not counted here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured {
    pub(super) bound: Result<Option<Bound>, LimitState>,
    pub(super) usage_bytes: Result<Option<u64>, LimitState>,
    pub(super) stat: Stat,
}

/// Lines of `memory.stat`. `None`: not there, no number, or not asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stat {
    inactive_file_bytes: Option<u64>,
    pub(super) rss_bytes: Option<u64>,
    pub(super) minor_faults: Option<u64>,
    pub(super) major_faults: Option<u64>,
    /// The limit by all cgroups around, also by those that cannot be seen.
    pub(super) hierarchical: Option<Bound>,
}

impl Measured {
    /// What counts against the limit: all but file pages that the kernel takes back first.
    pub(super) fn working_set_bytes(&self) -> Option<u64> {
        let usage_bytes = self.usage_bytes.ok().flatten()?;
        Some(usage_bytes.saturating_sub(self.stat.inactive_file_bytes?))
    }
}

impl Level {
    pub(super) fn new(folder: &Path, names: &'static Names) -> Self {
        Self {
            limit: KernelFile::new(folder.join(names.limit)),
            usage: KernelFile::new(folder.join(names.usage)),
            stat: KernelFile::new(folder.join("memory.stat")),
            names,
        }
    }

    /// Reads limit and usage, and of a cgroup with a limit also its statistics: the kernel has work
    /// to do for those.
    pub(super) fn measure(&mut self, buffer: &mut TextBuffer) -> Measured {
        let usage_bytes = read(&mut self.usage, buffer, text::number);
        let mut bound = read(&mut self.limit, buffer, parse_bound);
        if let (Ok(None), Ok(Some(_))) = (bound, usage_bytes) {
            // Memory is counted and nobody can say against what.
            bound = Err(LimitState::Unreadable);
        }
        let stat = match bound {
            Ok(Some(Bound::Bytes(_))) => self.read_stat(buffer),
            _ => Stat::default(),
        };
        Measured { bound, usage_bytes, stat }
    }

    /// Reads the statistics, unless `measured` has them.
    pub(super) fn complete(&mut self, measured: &mut Measured, buffer: &mut TextBuffer) {
        if !matches!(measured.bound, Ok(Some(Bound::Bytes(_)))) {
            measured.stat = self.read_stat(buffer);
        }
    }

    fn read_stat(&mut self, buffer: &mut TextBuffer) -> Stat {
        let Text::Bytes(bytes) = self.stat.read_optional(buffer) else { return Stat::default() };
        let value = |key| text::value(bytes, key).and_then(Result::ok);
        let (faults, major_faults) = (value(self.names.faults), value(self.names.major_faults));
        Stat {
            inactive_file_bytes: value(self.names.inactive_file),
            rss_bytes: value(self.names.rss),
            minor_faults: faults.zip(major_faults).and_then(|(all, major)| all.checked_sub(major)),
            major_faults,
            hierarchical: self.names.hierarchical_limit.and_then(value).map(bound_of),
        }
    }
}

/// `Ok(None)`: the file is not there.
pub(super) fn read<T>(
    file: &mut KernelFile,
    buffer: &mut TextBuffer,
    parse: impl Fn(&[u8]) -> Option<T>,
) -> Result<Option<T>, LimitState> {
    match file.read(buffer) {
        Text::Absent => Ok(None),
        Text::Bytes(bytes) => parse(bytes).map(Some).ok_or(LimitState::Garbage),
        Text::Failed(_) => Err(LimitState::Unreadable),
    }
}

/// `max`, or bytes. Version 1 has no word for no limit: it writes the largest number of pages that
/// it can count, which is close to 2⁶³ bytes.
pub(super) fn parse_bound(bytes: &[u8]) -> Option<Bound> {
    if bytes.trim_ascii() == b"max" {
        return Some(Bound::Unlimited);
    }
    text::number(bytes).map(bound_of)
}

const fn bound_of(bytes: u64) -> Bound {
    if bytes >= NO_LIMIT_BYTES { Bound::Unlimited } else { Bound::Bytes(bytes) }
}

/// Four exbibytes: above any memory, and below every number that stands for no limit, whatever the
/// size of a page.
const NO_LIMIT_BYTES: u64 = 1 << 62;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_has_many_spellings_and_garbage_none() {
        for (text, expected) in [
            ("max\n", Some(Bound::Unlimited)),
            // Pages of 4 KiB, of 64 KiB, no pages, and the first kernels.
            ("9223372036854771712\n", Some(Bound::Unlimited)),
            ("9223372036854710272\n", Some(Bound::Unlimited)),
            ("9223372036854775807\n", Some(Bound::Unlimited)),
            ("18446744073709551615\n", Some(Bound::Unlimited)),
            ("0\n", Some(Bound::Bytes(0))),
            ("536870912\n", Some(Bound::Bytes(512 << 20))),
            ("18446744073709551616\n", None),
            ("-1\n", None),
            ("512M\n", None),
            ("maximum\n", None),
            ("", None),
        ] {
            assert_eq!(parse_bound(text.as_bytes()), expected, "{text:?}");
        }
    }
}
