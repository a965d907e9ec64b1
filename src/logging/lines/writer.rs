//! Lines on their way from the threads that log to the one that writes.
//!
//! A caller copies its line into one buffer, under a lock that is held for that copy alone. The
//! thread takes the whole buffer at once, so a burst becomes a few large writes. To wake the thread
//! costs a caller more than the line does, so after it was woken it looks again a moment later by
//! itself: in a steady flow of lines nobody wakes it.

use std::io;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::diagnostics::{DiagnosticLevel, Diagnostics, Topic};
use crate::error::InitError;
use crate::export::processors::{LogDropReason, LogSink, RecordingCounters};
use crate::logging::lines::batch::Batch;
use crate::suppression::suppress_thread;

/// What lines are written to. Only the thread of its [`LineWriter`] touches it.
pub(super) trait LineTarget: Send + 'static {
    /// Writes all lines.
    ///
    /// # Errors
    ///
    /// How many lines were lost, and why. The next call begins on a line of its own.
    fn write(&mut self, lines: &Batch) -> Result<(), LineLoss>;

    /// Ends what goes on besides. Called once, after the last line; must not wait for long.
    fn end(&mut self) {}
}

/// Lines that could not be written.
#[derive(Debug)]
pub(super) struct LineLoss {
    pub(super) lines: u64,
    pub(super) cause: io::Error,
}

/// How a [`LineWriter`] is set up.
#[derive(Clone, Debug)]
pub(super) struct WriterParts {
    pub(super) sink: LogSink,
    pub(super) thread: &'static str,
    /// What messages call the target.
    pub(super) target: String,
    /// Bytes that wait, those that are being written included.
    pub(super) bytes_max: usize,
    pub(super) is_lossy: bool,
    pub(super) counters: Arc<RecordingCounters>,
    pub(super) voice: Arc<Diagnostics>,
}

/// What became of the lines of one sink.
#[cfg(test)]
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct LineCounts {
    pub(crate) written: u64,
    /// The buffer was full, or the sink had ended.
    pub(crate) dropped: u64,
    /// Taken, but the target did not.
    pub(crate) failed: u64,
}

/// The way to one target. Ends its thread when dropped, without waiting.
#[derive(Debug)]
pub(super) struct LineWriter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    parts: WriterParts,
    state: Mutex<State>,
    /// There is something to write, or it is the end.
    arrived: Condvar,
    /// Something was written, or it is the end.
    settled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Batch,
    /// Bytes that the thread has taken and not yet written.
    taken_bytes: usize,
    phase: Phase,
    rest: Rest,
    /// Lines that were ever taken in, and those of them that were written or lost.
    accepted: u64,
    done: u64,
}

/// What the thread does while it has no lines.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Rest {
    /// It writes, or is about to look.
    #[default]
    None,
    /// It will look by itself in a moment.
    Pause,
    /// It sleeps until somebody wakes it.
    Sleep,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Phase {
    #[default]
    Running,
    /// Takes nothing more; what is there is written.
    Ending,
    Ended,
}

impl LineWriter {
    /// # Errors
    ///
    /// The system gave no thread.
    pub(super) fn start(parts: WriterParts, target: impl LineTarget) -> Result<Self, InitError> {
        let name = parts.thread;
        let shared = Arc::new(Shared {
            parts,
            state: Mutex::default(),
            arrived: Condvar::new(),
            settled: Condvar::new(),
        });
        let own = Arc::clone(&shared);
        // Detached: a target that hangs must not hang whoever ends telemetry. `end` waits for the
        // phase instead.
        let spawned = thread::Builder::new().name(name.to_owned()).spawn(move || own.run(target));
        match spawned {
            Ok(_detached) => Ok(Self { shared }),
            Err(source) => Err(InitError::Thread { name, source }),
        }
    }

    /// Takes a line, line break included. Without room it is dropped and counted, or the caller
    /// waits, as the settings say.
    pub(super) fn push(&self, line: &str) {
        self.shared.push(line);
    }

    #[cfg(test)]
    pub(super) fn counts(&self) -> LineCounts {
        let done = self.shared.state().done;
        let failed = self.shared.lost(LogDropReason::IoError);
        let dropped = self.shared.lost(LogDropReason::QueueFull);
        LineCounts { written: done.saturating_sub(failed), dropped, failed }
    }

    /// Returns whether every line that was taken before was written or lost.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.shared.state();
        state.done == state.accepted
    }

    /// Waits for that. The time is the machine's.
    pub(super) fn flush(&self, limit: Duration) -> bool {
        let state = self.shared.state();
        let accepted = state.accepted;
        self.shared.arrived.notify_all();
        self.shared.wait(state, limit, |state| state.done < accepted)
    }

    /// Takes nothing more, and leaves it to the thread to write what is there.
    pub(super) fn close(&self) {
        let mut state = self.shared.state();
        if state.phase == Phase::Running {
            state.phase = Phase::Ending;
        }
        drop(state);
        self.shared.arrived.notify_all();
        self.shared.settled.notify_all();
    }

    /// Closes and waits for the thread to be done. The time is the machine's.
    pub(super) fn end(&self, limit: Duration) -> bool {
        self.close();
        self.shared.wait(self.shared.state(), limit, |state| state.phase != Phase::Ended)
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that runs under the lock can leave it half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(
        &self,
        state: MutexGuard<'_, State>,
        limit: Duration,
        is_pending: impl Fn(&State) -> bool,
    ) -> bool {
        let waited = self.settled.wait_timeout_while(state, limit, |state| is_pending(state));
        let (_state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        !timeout.timed_out()
    }

    fn push(&self, line: &str) {
        let bytes_max = self.parts.bytes_max;
        let mut state = self.state();
        let has_no_room = |state: &State| {
            let held = state.taken_bytes.saturating_add(state.waiting.bytes().len());
            held.saturating_add(line.len()) > bytes_max
        };
        if !self.parts.is_lossy && line.len() <= bytes_max {
            if has_no_room(&state) {
                self.arrived.notify_one();
            }
            let is_held_up =
                |state: &mut State| state.phase == Phase::Running && has_no_room(state);
            state =
                self.settled.wait_while(state, is_held_up).unwrap_or_else(PoisonError::into_inner);
        }
        if state.phase != Phase::Running || has_no_room(&state) {
            drop(state);
            self.lose(LogDropReason::QueueFull, 1);
            return;
        }
        state.waiting.push(line);
        state.accepted = state.accepted.saturating_add(1);
        let must_wake = match state.rest {
            Rest::None => false,
            Rest::Pause => self.ends_pause(&state),
            Rest::Sleep => true,
        };
        if must_wake {
            state.rest = Rest::None;
        }
        drop(state);
        if must_wake {
            self.arrived.notify_one();
        }
    }

    /// Half of the buffer is left for what comes until the thread has woken.
    fn ends_pause(&self, state: &State) -> bool {
        state.waiting.bytes().len() >= PAUSE_BYTES_MAX.min(self.parts.bytes_max / 2)
    }

    fn lose(&self, reason: LogDropReason, lines: u64) {
        self.parts.counters.logs.add_dropped(self.parts.sink, reason, lines);
    }

    fn lost(&self, reason: LogDropReason) -> u64 {
        self.parts.counters.logs.dropped(self.parts.sink, reason)
    }

    /// The thread.
    fn run(&self, mut target: impl LineTarget) {
        let _suppressed = suppress_thread();
        let mut batch = Batch::default();
        let mut said = Said::default();
        while self.take(&mut batch) {
            let outcome = target.write(&batch);
            let lines = batch.len();
            let lost = outcome.as_ref().map_or_else(|loss| loss.lines.min(lines), |()| 0);
            self.lose(LogDropReason::IoError, lost);
            batch.clear();
            let mut state = self.state();
            state.taken_bytes = 0;
            state.done = state.done.saturating_add(lines);
            drop(state);
            self.settled.notify_all();
            self.speak(&mut said, outcome);
        }
        target.end();
        self.state().phase = Phase::Ended;
        self.settled.notify_all();
    }

    /// Waits for lines and takes all of them; false when there are none and none will come.
    fn take(&self, batch: &mut Batch) -> bool {
        let mut state = self.state();
        let was_woken = state.accepted > 0;
        if was_woken && state.phase == Phase::Running && !self.ends_pause(&state) {
            state.rest = Rest::Pause;
            let paused = self.arrived.wait_timeout(state, PAUSE);
            state = paused.unwrap_or_else(PoisonError::into_inner).0;
        }
        while state.waiting.is_empty() {
            if state.phase != Phase::Running {
                return false;
            }
            state.rest = Rest::Sleep;
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.rest = Rest::None;
        mem::swap(&mut state.waiting, batch);
        state.taken_bytes = batch.bytes().len();
        true
    }

    /// Says what is lost, and that it is over, on this thread and after the lock.
    fn speak(&self, said: &mut Said, outcome: Result<(), LineLoss>) {
        let WriterParts { sink, target, voice, .. } = &self.parts;
        match outcome {
            Err(LineLoss { cause, .. }) => {
                let failed = self.lost(LogDropReason::IoError);
                let message = format!("cannot write to {target}: {cause}; {failed} lines are lost");
                voice.say(Topic::LineLoss(sink.name()), DiagnosticLevel::Error, &message);
                said.is_failing = true;
            }
            Ok(()) if said.is_failing => {
                said.is_failing = false;
                voice.recovered(
                    Topic::LineLoss(sink.name()),
                    &format!("{target} can be written again"),
                );
            }
            Ok(()) => {}
        }
        let dropped = self.lost(LogDropReason::QueueFull);
        if dropped > said.dropped {
            said.dropped = dropped;
            let message = format!("{target} is slower than the log; {dropped} lines were dropped");
            voice.say(Topic::LineOverflow(sink.name()), DiagnosticLevel::Warn, &message);
        }
    }
}

#[derive(Debug, Default)]
struct Said {
    is_failing: bool,
    dropped: u64,
}

/// How long lines wait at most while there are more of them: too short to be seen, and long enough
/// for hundreds of lines.
const PAUSE: Duration = Duration::from_millis(1);
/// So many bytes end a pause.
const PAUSE_BYTES_MAX: usize = 64 << 10;
