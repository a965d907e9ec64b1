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

    pub(super) fn measure(&mut self, buffer: &mut TextBuffer) -> Measured {
        let usage_bytes = read(&mut self.usage, buffer, text::number);
        let mut bound = read(&mut self.limit, buffer, parse_bound);
        if let (Ok(None), Ok(Some(_))) = (bound, usage_bytes) {
            // Memory is counted and nobody can say against what.
            bound = Err(LimitState::Unreadable);
        }
        Measured { bound, usage_bytes }
    }

    /// What counts against the limit: all but file pages that the kernel takes back first.
    pub(super) fn working_set_bytes(
        &mut self,
        usage_bytes: u64,
        buffer: &mut TextBuffer,
    ) -> Result<u64, LimitState> {
        let inactive_bytes = self.stat_value(self.names.inactive_file, buffer)?;
        Ok(usage_bytes.saturating_sub(inactive_bytes))
    }

    pub(super) fn stat_value(
        &mut self,
        key: &str,
        buffer: &mut TextBuffer,
    ) -> Result<u64, LimitState> {
        match self.stat.read(buffer) {
            Text::Bytes(bytes) => {
                text::value(bytes, key).and_then(Result::ok).ok_or(LimitState::Garbage)
            }
            Text::Absent | Text::Failed(_) => Err(LimitState::Unreadable),
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

pub(super) const fn bound_of(bytes: u64) -> Bound {
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
