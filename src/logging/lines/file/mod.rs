//! A file that lines are appended to, closed when it is full or its time is over.

mod archive;
mod archivist;
mod open;
mod schedule;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path;
use std::sync::Arc;
use std::time::SystemTime;

use self::archive::{Archive, directory};
use self::archivist::Archivist;
use self::schedule::Schedule;
use crate::clock::SharedClock;
use crate::config::FileSettings;
use crate::diagnostics::{DiagnosticLevel, Diagnostics, Topic};
use crate::error::InitError;
use crate::logging::lines::batch::{Batch, write_counting};
use crate::logging::lines::writer::{LineLoss, LineTarget};

/// The file and what becomes of its predecessors.
#[derive(Debug)]
pub(super) struct RollingFile {
    archive: Archive,
    archivist: Archivist,
    schedule: Schedule,
    bytes_max: u64,
    clock: SharedClock,
    voice: Arc<Diagnostics>,
    /// The suffix of the file that was closed last.
    last_suffix: Option<String>,
    /// `None` after it could not be opened.
    open: Option<OpenFile>,
}

#[derive(Debug)]
struct OpenFile {
    file: File,
    /// A device or a pipe has no size, and is never closed: that would rename it.
    is_regular: bool,
    bytes: u64,
    /// The last line was written in part, and could not be taken back.
    is_torn: bool,
    ends_at: Option<SystemTime>,
}

impl RollingFile {
    /// Opens the file, at the end of what is there, and makes its directory when it is missing.
    ///
    /// # Errors
    ///
    /// The file or its directory cannot be written.
    pub(super) fn open(
        settings: &FileSettings,
        clock: SharedClock,
        voice: Arc<Diagnostics>,
    ) -> Result<Self, InitError> {
        // The directory of the process may change later.
        let path = path::absolute(&settings.path).unwrap_or_else(|_| settings.path.clone());
        let archive = Archive {
            path,
            keep_files_max: settings.keep_files_max,
            keep_bytes_max: settings.keep_bytes_max,
            compress: settings.compress,
            mode: settings.mode,
        };
        let schedule = Schedule::new(settings.rotation, settings.time_zone);
        let prepared = prepare(&archive)
            .and_then(|()| OpenFile::open(&archive, &schedule, clock.wall()))
            .and_then(|open| Ok((open, archive.newest()?)));
        let (open, last_suffix) = prepared.map_err(|source| InitError::LogFile {
            setting: settings.setting.clone(),
            path: settings.path.clone(),
            source,
        })?;
        let archivist = Archivist::start(archive.clone(), Arc::clone(&voice))?;
        // What the last run left undone.
        archivist.wake();
        let (bytes_max, open) = (settings.bytes_max, Some(open));
        Ok(Self { archive, archivist, schedule, bytes_max, clock, voice, last_suffix, open })
    }

    /// The open file; a new one when there is none, or when ours was moved or removed. Asks the
    /// system, so once for many lines.
    fn current(&mut self) -> io::Result<&mut OpenFile> {
        if let Some(open) = &self.open
            && !open::is_same(&open.file, &self.archive.path)?
        {
            let message = format!(
                "the log file `{}` was moved or removed; a new one begins",
                self.archive.path.display()
            );
            self.voice.say(Topic::LineFile, DiagnosticLevel::Warn, &message);
            self.open = None;
        }
        self.opened()
    }

    /// The open file; a new one when there is none.
    fn opened(&mut self) -> io::Result<&mut OpenFile> {
        match &mut self.open {
            Some(open) => Ok(open),
            none => {
                fs::create_dir_all(directory(&self.archive.path))?;
                let open = OpenFile::open(&self.archive, &self.schedule, self.clock.wall())?;
                Ok(none.insert(open))
            }
        }
    }

    /// Closes the file of the period that is over. One without a line yet becomes the new period's.
    fn begin_period(&mut self, now: SystemTime) {
        match &mut self.open {
            Some(open) if open.bytes == 0 => open.ends_at = self.schedule.next_after(now),
            _ => self.rotate(),
        }
    }

    /// Closes the file and begins a new one. When that fails the file goes on.
    fn rotate(&mut self) {
        let now = self.clock.wall();
        let closed = self.archive.next_name(now, &mut self.last_suffix);
        if let Err(error) = fs::rename(&self.archive.path, &closed) {
            let path = self.archive.path.display();
            let message = format!("cannot close the log file `{path}`, so it grows on: {error}");
            self.voice.say(Topic::LineFile, DiagnosticLevel::Error, &message);
            return;
        }
        self.open = None;
        self.archivist.wake();
    }

    /// Writes lines that belong into one file: `from` and `to` are positions in the batch.
    fn append(&mut self, lines: &Batch, from: usize, to: usize) -> Result<(), (usize, io::Error)> {
        let open = self.opened().map_err(|error| (from, error))?;
        let bytes = lines.bytes().get(from..to).unwrap_or_default();
        let (written, outcome) = open.append(bytes);
        let written = from.saturating_add(written);
        let Err(error) = outcome else { return Ok(()) };
        let whole = lines.ends().iter().copied().take_while(|end| *end <= written).last();
        // Without the last lines in part, so that the next ones begin on a line of their own.
        let torn = written.saturating_sub(whole.unwrap_or(0).max(from));
        open.take_back(u64::try_from(torn).unwrap_or(u64::MAX));
        Err((written.saturating_sub(torn), error))
    }
}

impl LineTarget for RollingFile {
    fn write(&mut self, lines: &Batch) -> Result<(), LineLoss> {
        let lost = |(written, cause)| LineLoss { lines: lines.lines_beyond(written), cause };
        let now = self.clock.wall();
        let open = self.current().map_err(|error| lost((0, error)))?;
        if open.ends_at.is_some_and(|ends_at| ends_at <= now) {
            self.begin_period(now);
        }
        let (mut from, mut to) = (0, 0);
        for end in lines.ends() {
            let bytes_max = self.bytes_max;
            let open = self.opened().map_err(|error| lost((from, error)))?;
            let with_this = u64::try_from(end.saturating_sub(from)).unwrap_or(u64::MAX);
            let is_empty = open.bytes() == 0 && from == to;
            if !open.has_room(with_this, bytes_max) && !is_empty {
                self.append(lines, from, to).map_err(lost)?;
                self.rotate();
                from = to;
            }
            to = *end;
        }
        self.append(lines, from, to).map_err(lost)
    }

    fn end(&mut self) {
        self.archivist.end();
    }
}

impl OpenFile {
    fn open(archive: &Archive, schedule: &Schedule, now: SystemTime) -> io::Result<Self> {
        let mut file = open::open(&archive.path, archive.mode)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(Self { file, is_regular: false, bytes: 0, is_torn: false, ends_at: None });
        }
        let bytes = metadata.len();
        // A process that died may have left half a line.
        let is_torn = bytes > 0 && !ends_with_line_break(&mut file)?;
        let begun_at = if bytes > 0 { metadata.modified()? } else { now };
        let ends_at = schedule.next_after(begun_at);
        Ok(Self { file, is_regular: true, bytes, is_torn, ends_at })
    }

    /// With the line break that has to come before the next line.
    fn bytes(&self) -> u64 {
        self.bytes.saturating_add(u64::from(self.is_torn))
    }

    fn has_room(&self, bytes: u64, bytes_max: u64) -> bool {
        !self.is_regular || self.bytes().saturating_add(bytes) <= bytes_max
    }

    /// Returns how many of the bytes were written.
    fn append(&mut self, bytes: &[u8]) -> (usize, io::Result<()>) {
        if self.is_torn {
            if let (_, Err(error)) = write_counting(&mut self.file, b"\n") {
                return (0, Err(error));
            }
            self.bytes = self.bytes.saturating_add(1);
            self.is_torn = false;
        }
        let (written, outcome) = write_counting(&mut self.file, bytes);
        self.bytes = self.bytes.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        (written, outcome)
    }

    /// Removes the last bytes; if that fails too, the next line begins with a line break.
    fn take_back(&mut self, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let whole = self.bytes.saturating_sub(bytes);
        match self.file.set_len(whole) {
            Ok(()) => self.bytes = whole,
            Err(_) => self.is_torn = true,
        }
    }
}

/// Makes the directory, and makes sure that files in it can be made and renamed.
fn prepare(archive: &Archive) -> io::Result<()> {
    let directory = directory(&archive.path);
    fs::create_dir_all(directory)?;
    // Nothing is made beside a device.
    if fs::metadata(&archive.path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return Ok(());
    }
    let mut probe = archive.path.clone().into_os_string();
    probe.push(".probe");
    match open::create_new(probe.as_ref(), archive.mode) {
        Ok(_) => fs::remove_file(probe),
        // Left by a process that died right here.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::remove_file(probe),
        Err(error) => Err(error),
    }
}

fn ends_with_line_break(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
