//! The thread that compresses and removes closed files, so that the one that writes need not.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::diagnostics::{DiagnosticLevel, Diagnostics, Topic};
use crate::error::InitError;
use crate::logging::lines::file::archive::Archive;
use crate::suppression::suppress_thread;

/// Owns the thread. [`end`](Self::end) waits for what is under way.
#[derive(Debug)]
pub(super) struct Archivist {
    wish: Arc<Wish>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Wish {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_untidy: bool,
    is_ending: bool,
}

impl Archivist {
    /// # Errors
    ///
    /// The system gave no thread.
    pub(super) fn start(archive: Archive, voice: Arc<Diagnostics>) -> Result<Self, InitError> {
        let wish = Arc::<Wish>::default();
        let own = Arc::clone(&wish);
        let thread = thread::Builder::new().name(NAME.to_owned()).spawn(move || {
            let _suppressed = suppress_thread();
            while own.next() {
                if let Err(error) = archive.tidy() {
                    let path = archive.path.display();
                    let message = format!("cannot tidy up behind the log file `{path}`: {error}");
                    voice.say(Topic::LineArchive, DiagnosticLevel::Warn, &message);
                } else {
                    voice.recovered(Topic::LineArchive, "closed log files are tidy again");
                }
            }
        });
        let thread = thread.map_err(|source| InitError::Thread { name: NAME, source })?;
        Ok(Self { wish, thread: Some(thread) })
    }

    /// Has the thread look at the directory.
    pub(super) fn wake(&self) {
        self.wish.state().is_untidy = true;
        self.wish.changed.notify_one();
    }

    /// Waits for the thread. Who ends telemetry waits for this one with a deadline.
    pub(super) fn end(&mut self) {
        self.close();
        if let Some(thread) = self.thread.take() {
            // A panic on it was reported where it happened.
            drop(thread.join());
        }
    }

    fn close(&self) {
        self.wish.state().is_ending = true;
        self.wish.changed.notify_one();
    }
}

impl Drop for Archivist {
    fn drop(&mut self) {
        self.close();
    }
}

impl Wish {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for something to do; false at the end.
    fn next(&self) -> bool {
        let is_idle = |state: &mut State| !state.is_untidy && !state.is_ending;
        let state = self.changed.wait_while(self.state(), is_idle);
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.is_untidy)
    }
}

const NAME: &str = "beacon-archive";
