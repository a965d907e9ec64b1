//! Closed files: what they are called, how they are compressed, which ones stay.
//!
//! `app.log` becomes `app.log.20260131T235959Z.0000`, and `….gz` when compressed: the time at which
//! it was closed, and a number for files of the same second. The names sort by age, whatever
//! the clock does. Everything that has to be done is read from the directory, so that what one run
//! did not finish, the next one does.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::civil_time::Utc;
use crate::logging::lines::file::open::create_new;

/// How many closed files stay, and how.
#[derive(Clone, Debug)]
pub(super) struct Archive {
    pub(super) path: PathBuf,
    pub(super) keep_files_max: usize,
    pub(super) keep_bytes_max: Option<u64>,
    pub(super) compress: bool,
    pub(super) mode: u32,
}

/// A closed file.
#[derive(Clone, Debug)]
struct Closed {
    /// What the name has behind that of the open file, without `.gz`.
    suffix: String,
    is_compressed: bool,
    path: PathBuf,
    bytes: u64,
}

impl Archive {
    /// Compresses what is not compressed and removes what is too much, the oldest first.
    ///
    /// # Errors
    ///
    /// The first thing that could not be done; the rest was done all the same.
    pub(super) fn tidy(&self) -> io::Result<()> {
        let mut outcome = self.prune();
        if self.compress {
            let closed = self.list()?;
            for (index, file) in closed.iter().enumerate() {
                if file.is_compressed {
                    continue;
                }
                // A file with a finished copy was only not removed yet.
                let is_done = closed.iter().enumerate().any(|(other, copy)| {
                    other != index && copy.is_compressed && copy.suffix == file.suffix
                });
                let done = if is_done { fs::remove_file(&file.path) } else { self.pack(file) };
                // Whatever takes as long as this may have made an older file one too many.
                outcome = outcome.and(ignore_missing(done)).and(self.prune());
            }
            outcome = outcome.and(self.prune());
        }
        outcome
    }

    /// The name for a file that is closed now, after `last`.
    pub(super) fn next_name(&self, now: SystemTime, last: &mut Option<String>) -> PathBuf {
        let stamp = stamp(now);
        let suffix = match last.as_deref().and_then(|last| last.split_once('.')) {
            // Not by the clock alone: it may stand still, or go back.
            Some((second, number)) if *second >= *stamp => {
                let number = number.parse::<u64>().unwrap_or_default().saturating_add(1);
                format!("{second}.{number:04}")
            }
            _ => format!("{stamp}.0000"),
        };
        let path = self.path_with(&suffix);
        *last = Some(suffix);
        path
    }

    /// The newest suffix in the directory.
    pub(super) fn newest(&self) -> io::Result<Option<String>> {
        Ok(self.list()?.pop().map(|closed| closed.suffix))
    }

    fn prune(&self) -> io::Result<()> {
        let mut outcome = Ok(());
        let (mut files, mut bytes) = (0_usize, 0_u64);
        let mut last_suffix = None;
        for (index, closed) in self.list()?.into_iter().rev().enumerate() {
            // The newest is judged by what is left of it when it is compressed.
            if index > 0 || closed.is_compressed || !self.compress {
                bytes = bytes.saturating_add(closed.bytes);
            }
            // A file and its copy count once.
            if last_suffix.as_ref() != Some(&closed.suffix) {
                files = files.saturating_add(1);
            }
            let is_too_much = self.keep_bytes_max.is_some_and(|max| bytes > max);
            if files > self.keep_files_max || is_too_much {
                outcome = outcome.and(ignore_missing(fs::remove_file(&closed.path)));
            }
            last_suffix = Some(closed.suffix);
        }
        outcome
    }

    /// A copy that is not whole never has the name of one that is.
    fn pack(&self, file: &Closed) -> io::Result<()> {
        let unfinished = self.path_with(UNFINISHED);
        ignore_missing(fs::remove_file(&unfinished))?;
        let mut name = file.path.clone().into_os_string();
        name.push(".gz");
        let packed = gzip(&file.path, &unfinished, self.mode);
        if let Err(error) = packed.and_then(|()| fs::rename(&unfinished, name)) {
            ignore_missing(fs::remove_file(&unfinished))?;
            return Err(error);
        }
        ignore_missing(fs::remove_file(&file.path))
    }

    /// All closed files, the oldest first.
    fn list(&self) -> io::Result<Vec<Closed>> {
        let Some(name) = self.path.file_name().and_then(|name| name.to_str()) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        let entries = match fs::read_dir(directory(&self.path)) {
            // Removed underneath. The next line makes it again.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let file_name = entry.file_name();
            let Some(suffix) = file_name.to_str().and_then(|other| other.strip_prefix(name)) else {
                continue;
            };
            let Some(suffix) = suffix.strip_prefix('.') else { continue };
            let (suffix, is_compressed) = match suffix.strip_suffix(".gz") {
                Some(suffix) => (suffix, true),
                None => (suffix, false),
            };
            if is_suffix(suffix) {
                // One that has gone in the meantime is none.
                let Ok(metadata) = entry.metadata() else { continue };
                let (suffix, path) = (suffix.to_owned(), entry.path());
                found.push(Closed { suffix, is_compressed, path, bytes: metadata.len() });
            }
        }
        // A number of five digits comes after one of four.
        found.sort_by(|a, b| age(&a.suffix).cmp(&age(&b.suffix)));
        Ok(found)
    }

    fn path_with(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.path);
        name.push(".");
        name.push(suffix);
        name.into()
    }
}

/// The directory of a file, which may be named without one.
pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// `20260131T235959Z`
fn stamp(now: SystemTime) -> String {
    let nanos = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let utc = Utc(u64::try_from(nanos).unwrap_or(u64::MAX)).to_string();
    let second = utc.split('.').next().unwrap_or_default();
    format!("{}Z", second.replace(['-', ':'], ""))
}

fn is_suffix(text: &str) -> bool {
    let Some((stamp, number)) = text.split_once('.') else { return false };
    let is_number = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let digits = stamp.bytes().filter(u8::is_ascii_digit).count();
    is_number && stamp.len() == 16 && digits == 14 && stamp.ends_with('Z')
}

fn age(suffix: &str) -> (&str, u64) {
    let (stamp, number) = suffix.split_once('.').unwrap_or((suffix, ""));
    (stamp, number.parse().unwrap_or_default())
}

fn ignore_missing(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(feature = "gzip")]
fn gzip(from: &Path, to: &Path, mode: u32) -> io::Result<()> {
    let mut from = fs::File::open(from)?;
    let to = create_new(to, mode)?;
    let mut encoder = flate2::write::GzEncoder::new(to, flate2::Compression::default());
    io::copy(&mut from, &mut encoder)?;
    encoder.finish()?.sync_all()
}

#[cfg(not(feature = "gzip"))]
fn gzip(_: &Path, to: &Path, mode: u32) -> io::Result<()> {
    // The settings refuse it before.
    create_new(to, mode).and(Err(io::ErrorKind::Unsupported.into()))
}

const UNFINISHED: &str = "gz.tmp";
