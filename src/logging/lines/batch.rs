//! Lines laid end to end.

use std::io::{self, Write};

/// Lines that are written together, and where each one ends.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Batch {
    pub(super) fn push(&mut self, line: &str) {
        self.bytes.extend_from_slice(line.as_bytes());
        self.ends.push(self.bytes.len());
    }

    /// Empties it, and gives back what a burst took.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.bytes.shrink_to(KEPT_BYTES_MAX);
        self.ends.shrink_to(KEPT_LINES_MAX);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn len(&self) -> u64 {
        u64::try_from(self.ends.len()).unwrap_or(u64::MAX)
    }

    /// Where each line ends, in order.
    pub(super) fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// Lines that are not whole when only this many bytes were written.
    pub(super) fn lines_beyond(&self, bytes: usize) -> u64 {
        let whole = self.ends.partition_point(|end| *end <= bytes);
        u64::try_from(self.ends.len().saturating_sub(whole)).unwrap_or(u64::MAX)
    }
}

/// Writes all of it, and tells how far it came when it fails.
pub(super) fn write_counting(out: &mut impl Write, bytes: &[u8]) -> (usize, io::Result<()>) {
    let mut rest = bytes;
    while !rest.is_empty() {
        let done = bytes.len().saturating_sub(rest.len());
        match out.write(rest) {
            Ok(0) => return (done, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (done, Err(error)),
        }
    }
    (bytes.len(), Ok(()))
}

const KEPT_BYTES_MAX: usize = 1 << 20;
const KEPT_LINES_MAX: usize = 1 << 13;
