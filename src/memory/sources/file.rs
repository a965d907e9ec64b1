//! A file of the kernel that is read again and again without an allocation.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use crate::memory::counts::FailureReason;
use crate::memory::sources::positioned::read_at;

/// What reading came to.
#[derive(Debug)]
pub(super) enum Text<'a> {
    /// It is not there, or nobody may read it: nothing to report, and no failure.
    Absent,
    Bytes(&'a [u8]),
    Failed(FailureReason),
}

/// A file that stays open.
#[derive(Debug)]
pub(super) struct KernelFile {
    path: PathBuf,
    file: Option<File>,
}

impl KernelFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    /// Reads all of it. The kernel writes its text anew when it is read from the start.
    pub(super) fn read<'b>(&mut self, buffer: &'b mut TextBuffer) -> Text<'b> {
        match self.try_read(buffer) {
            Ok(len) => Text::Bytes(buffer.bytes.get(..len).unwrap_or_default()),
            Err(error) => {
                // It may be another file the next time: the process was moved, or the file is new.
                self.file = None;
                match error.kind() {
                    ErrorKind::NotFound => Text::Absent,
                    _ => Text::Failed(FailureReason::Unreadable),
                }
            }
        }
    }

    /// Like [`read`](Self::read), of a file that not everyone may read and not every kernel has.
    pub(super) fn read_optional<'b>(&mut self, buffer: &'b mut TextBuffer) -> Text<'b> {
        match self.read(buffer) {
            Text::Failed(FailureReason::Unreadable) => Text::Absent,
            text => text,
        }
    }

    fn try_read(&mut self, buffer: &mut TextBuffer) -> io::Result<usize> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        let mut len = 0_usize;
        loop {
            let Some(free) = buffer.bytes.get_mut(len..).filter(|free| !free.is_empty()) else {
                if len >= TEXT_BYTES_MAX {
                    return Err(ErrorKind::FileTooLarge.into());
                }
                buffer.bytes.resize(len.saturating_mul(2).max(TEXT_BYTES_MIN), 0);
                continue;
            };
            match read_at(file, free, u64::try_from(len).unwrap_or(u64::MAX)) {
                Ok(0) => return Ok(len),
                Ok(more) => len = len.saturating_add(more),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Where text is read to. It grows to the largest file, and stays.
#[derive(Debug, Default)]
pub(super) struct TextBuffer {
    bytes: Vec<u8>,
}

/// Most files of the kernel are shorter.
const TEXT_BYTES_MIN: usize = 4 << 10;

/// The longest are `/proc/stat` on a machine with a thousand processors, and `mountinfo`.
const TEXT_BYTES_MAX: usize = 4 << 20;
