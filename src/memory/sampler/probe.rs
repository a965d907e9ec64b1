//! A source and its last answer, handed to a thread that may hang.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::memory::counts::{FailureReason, SourceName};
use crate::memory::reading::Readings;

/// Fills in what it can read. What it reports beside that is the first thing that went wrong.
pub(crate) type Read = Box<dyn FnMut(Duration, &mut Readings) -> Result<(), FailureReason> + Send>;

/// Something that can be read.
pub(crate) struct Source {
    pub(crate) name: SourceName,
    pub(crate) read: Read,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.name).finish()
    }
}

/// A source, and what it read last.
#[derive(Debug)]
pub(super) struct Probe {
    pub(super) name: SourceName,
    is_running: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    source: Source,
    readings: Readings,
    outcome: Result<(), FailureReason>,
}

impl Probe {
    pub(super) fn new(source: Source) -> Self {
        let state = State { readings: Readings::unknown(), outcome: Ok(()), source };
        Self {
            name: state.source.name,
            is_running: AtomicBool::new(false),
            state: Mutex::new(state),
        }
    }

    /// Whether a thread is inside of the source. While it is, nobody else may ask it.
    pub(super) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    pub(super) fn set_running(&self) {
        self.is_running.store(true, Ordering::Release);
    }

    /// Asks the source, for as long as it pleases.
    pub(super) fn run(&self, now: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { source, readings, outcome } = &mut *state;
        *readings = Readings::unknown();
        // A panic was reported where it happened. What it read before is as likely wrong as not.
        *outcome = catch_unwind(AssertUnwindSafe(|| (source.read)(now, readings))).unwrap_or_else(
            |_payload| {
                *readings = Readings::unknown();
                Err(FailureReason::Panic)
            },
        );
        drop(state);
        self.is_running.store(false, Ordering::Release);
    }

    /// Adds what was read. To be called when nobody is inside of the source.
    pub(super) fn answer(&self, readings: &mut Readings) -> Result<(), FailureReason> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        readings.merge(&state.readings);
        state.outcome
    }
}
