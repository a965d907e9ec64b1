//! Memory that the allocator gave up and that still counts as resident, until the kernel needs it.

use std::time::Duration;

use crate::memory::counts::SourceName;
use crate::memory::reading::{Reading, Readings};
use crate::memory::sampler::Source;
use crate::memory::sources::file::{KernelFile, Text, TextBuffer};
use crate::memory::sources::{SystemRoot, text};

/// The kernel walks all page tables for this number, so it is asked seldom; in between the last
/// answer stands.
pub(super) fn source(root: &SystemRoot) -> Source {
    let mut file = KernelFile::new(root.path("/proc/self/smaps_rollup"));
    let mut buffer = TextBuffer::default();
    let mut next_at = Duration::ZERO;
    let mut last = None;
    let read = move |now: Duration, readings: &mut Readings| {
        if now >= next_at {
            next_at = now.saturating_add(PAUSE);
            // Not every kernel has the file, and not everyone may read it.
            last = match file.read_optional(&mut buffer) {
                Text::Absent => None,
                Text::Failed(reason) => return Err(reason),
                Text::Bytes(bytes) => text::kibibytes(bytes, "LazyFree:").transpose()?,
            };
        }
        readings.set(Reading::ProcessLazyFreeBytes, last);
        Ok(())
    };
    Source { name: SourceName::LazyFree, read: Box::new(read) }
}

/// Source: the leak detector's specification, "RSS anon": at most once per 5 minutes.
const PAUSE: Duration = Duration::from_mins(5);
