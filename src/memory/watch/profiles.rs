//! Heap profiles written with alerts.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crate::diagnostics::{DiagnosticLevel, Diagnostics};

/// What makes a profile: its bytes, or why there is none.
pub(crate) type MakeProfile = Arc<dyn Fn() -> Result<Vec<u8>, String> + Send + Sync>;

/// Writes profiles into one directory, at most one an hour, and keeps the newest.
pub(crate) struct ProfileWriter {
    directory: PathBuf,
    keep_max: usize,
    make: MakeProfile,
    voice: Arc<Diagnostics>,
    last_minute: Option<f64>,
}

impl ProfileWriter {
    pub(crate) const fn new(
        directory: PathBuf,
        keep_max: usize,
        make: MakeProfile,
        voice: Arc<Diagnostics>,
    ) -> Self {
        Self { directory, keep_max, make, voice, last_minute: None }
    }

    /// Has a profile written on a thread of its own. Returns its name; `None`: not now.
    pub(crate) fn write(&mut self, minute: f64, alert_id: &str) -> Option<String> {
        if self.last_minute.is_some_and(|last| minute - last < PAUSE_MINUTES) {
            return None;
        }
        let name = format!("{PREFIX}{alert_id}{SUFFIX}");
        let path = self.directory.join(&name);
        let (make, voice, keep_max) =
            (Arc::clone(&self.make), Arc::clone(&self.voice), self.keep_max);
        let work = move || {
            let result = make().and_then(|bytes| {
                write_whole(&path, &bytes, keep_max).map_err(|error| error.to_string())
            });
            let path = path.display();
            match result {
                Ok(()) => voice
                    .say_now(DiagnosticLevel::Info, &format!("wrote the heap profile `{path}`")),
                Err(error) => voice.say_now(
                    DiagnosticLevel::Warn,
                    &format!("cannot write the heap profile `{path}`: {error}"),
                ),
            }
        };
        // Detached: it ends by itself.
        thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(work).ok()?;
        self.last_minute = Some(minute);
        Some(name)
    }
}

impl std::fmt::Debug for ProfileWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProfileWriter").field("directory", &self.directory).finish_non_exhaustive()
    }
}

/// Under its name is only ever a whole profile.
fn write_whole(path: &Path, bytes: &[u8], keep_max: usize) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    remove_oldest(directory, keep_max.saturating_sub(1))?;
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, bytes)?;
    fs::rename(&unfinished, path)
}

/// Removes our own files until `keep_max` are left.
fn remove_oldest(directory: &Path, keep_max: usize) -> io::Result<()> {
    let mut own = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_own =
            name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_own {
            own.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    own.sort();
    let surplus = own.len().saturating_sub(keep_max);
    for (_, path) in own.into_iter().take(surplus) {
        fs::remove_file(path)?;
    }
    Ok(())
}

const PREFIX: &str = "beacon-heap-";
const SUFFIX: &str = ".pb.gz";

const THREAD_NAME: &str = "beacon-profile";

/// A profile takes time and space.
const PAUSE_MINUTES: f64 = 60.0;
