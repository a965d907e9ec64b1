//! Reading at a place of a file, where the system has no call for it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

pub(super) fn read_at(mut file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek(SeekFrom::Start(offset))?;
    file.read(buffer)
}
