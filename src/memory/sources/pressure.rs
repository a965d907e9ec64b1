//! Time that work stood still for lack of memory, as the kernel counts it for the whole host.
//!
//! Source: the kernel's `accounting/psi.rst`.

use crate::memory::counts::{FailureReason, SourceName};
use crate::memory::reading::{Reading, Readings};
use crate::memory::sampler::Source;
use crate::memory::sources::file::{KernelFile, Text, TextBuffer};
use crate::memory::sources::{SystemRoot, text};

pub(super) fn source(root: &SystemRoot, is_wanted: bool) -> Source {
    let mut file = KernelFile::new(root.path("/proc/pressure/memory"));
    let mut buffer = TextBuffer::default();
    let read = move |_now, readings: &mut Readings| {
        if !is_wanted {
            return Ok(());
        }
        // A kernel may have it and not count.
        let pressure = match file.read_optional(&mut buffer) {
            Text::Absent => return Ok(()),
            Text::Failed(reason) => return Err(reason),
            Text::Bytes(bytes) => parse(bytes)?,
        };
        readings.set(Reading::SystemPressureSomeMicros, pressure.some_micros);
        readings.set(Reading::SystemPressureFullMicros, pressure.full_micros);
        Ok(())
    };
    Source { name: SourceName::Pressure, read: Box::new(read) }
}

/// Time since the system or the cgroup began.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Pressure {
    /// Some of the work stood still.
    pub(super) some_micros: Option<u64>,
    /// All of it did; a part of the former.
    pub(super) full_micros: Option<u64>,
}

pub(super) fn parse(bytes: &[u8]) -> Result<Pressure, FailureReason> {
    let total = |key| {
        let Some(rest) = text::after(bytes, key) else { return Ok(None) };
        let total = text::words(rest).find_map(|word| word.strip_prefix(b"total="));
        total.and_then(text::number).map(Some).ok_or(FailureReason::Garbage)
    };
    Ok(Pressure { some_micros: total("some")?, full_micros: total("full")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_count() {
        let text = b"some avg10=0.12 avg60=0.00 avg300=0.00 total=123\nfull avg10=0.00 total=45\n";
        let expected = Pressure { some_micros: Some(123), full_micros: Some(45) };
        assert_eq!(parse(text), Ok(expected));
    }

    #[test]
    fn a_line_without_a_total_is_garbage_and_a_missing_line_is_unknown() {
        assert_eq!(parse(b"some avg10=0.12\n"), Err(FailureReason::Garbage));
        assert_eq!(parse(b"some total=x\n"), Err(FailureReason::Garbage));
        assert_eq!(parse(b""), Ok(Pressure::default()));
    }
}
