//! A file with the filter of events, read at start and again when the process is told to.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(unix)]
use crate::diagnostics::DiagnosticLevel;
use crate::diagnostics::Diagnostics;
use crate::export::courier::Spawner;
#[cfg(unix)]
use crate::logging::live::Filtered;
use crate::logging::live::{LiveFilters, canonical};

/// The file: directives with commas or line breaks between. A line that begins with `#` is a
/// comment.
#[derive(Clone, Debug)]
pub(crate) struct FilterFile(PathBuf);

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilterFileError {
    #[error("{0}")]
    Directives(String),
    #[error("it is no regular file of at most {BYTES_MAX} bytes")]
    Kind,
    #[error("it cannot be read: {0}")]
    Read(#[from] io::Error),
}

impl FilterFile {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Reads the directives and checks them. `None`: there is no such file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or has a bad directive or none at all: one that is just being
    /// written shall not mute everything.
    pub(crate) fn read(&self) -> Result<Option<String>, FilterFileError> {
        let file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() > BYTES_MAX {
            return Err(FilterFileError::Kind);
        }
        let mut text = String::new();
        file.take(BYTES_MAX).read_to_string(&mut text)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        let directives = lines.collect::<Vec<_>>().join(",");
        let directives = canonical(&directives);
        directives.map(Some).map_err(|error| FilterFileError::Directives(error.to_string()))
    }

    /// Reads it again, whenever the process gets a hang-up signal. The handler stays for the life
    /// of the process.
    ///
    /// # Errors
    ///
    /// When the system refuses the handler.
    #[cfg(unix)]
    pub(crate) fn watch(
        self,
        filters: &Arc<LiveFilters>,
        voice: &Arc<Diagnostics>,
        spawner: &Spawner,
    ) -> io::Result<()> {
        let mut hang_ups = spawner.hang_ups()?;
        let (filters, voice, blocking) = (Arc::clone(filters), Arc::clone(voice), spawner.clone());
        spawner.spawn(async move {
            while hang_ups.recv().await.is_some() {
                let (file, filters, voice) =
                    (self.clone(), Arc::clone(&filters), Arc::clone(&voice));
                // A file can lie on a disk that hangs.
                blocking.run_blocking(move || file.take_over(&filters, &voice));
            }
        });
        Ok(())
    }

    #[cfg(not(unix))]
    pub(crate) fn watch(
        self,
        _filters: &Arc<LiveFilters>,
        _voice: &Arc<Diagnostics>,
        _spawner: &Spawner,
    ) -> io::Result<()> {
        Ok(())
    }

    /// Makes the file's directives those in force, and says what came of it.
    #[cfg(unix)]
    fn take_over(&self, filters: &Arc<LiveFilters>, voice: &Diagnostics) {
        let path = self.0.display();
        let refused = |reason: &str| {
            let current = filters.get(Filtered::Events);
            let message = format!("the filter stays `{current}`; the file `{path}`: {reason}");
            voice.say_now(DiagnosticLevel::Warn, &message);
        };
        let directives = match self.read() {
            Ok(Some(directives)) => directives,
            Ok(None) => return refused("it does not exist"),
            Err(error) => return refused(&error.to_string()),
        };
        match filters.set(Filtered::Events, &directives) {
            Ok(old) => {
                let message = format!("the filter is `{directives}`, was `{old}`; read `{path}`");
                voice.say_now(DiagnosticLevel::Info, &message);
            }
            Err(error) => refused(&error.to_string()),
        }
    }
}

/// Far more than any filter.
const BYTES_MAX: u64 = 64 << 10;
