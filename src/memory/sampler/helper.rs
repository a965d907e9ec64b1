//! The thread that asks the sources, so that one that hangs holds up nobody but this thread.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use crate::clock::{Clock as _, SystemClock};
use crate::memory::sampler::probe::Probe;
use crate::suppression::suppress_thread;

/// A thread that asks one source at a time.
#[derive(Debug)]
pub(super) struct Helper {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    /// The machine's, never a test's: what hangs is the machine.
    clock: SystemClock,
}

#[derive(Debug)]
struct Shared {
    turn: Mutex<Turn>,
    changed: Condvar,
    /// Whom to wake when a source has answered.
    asker: Thread,
}

#[derive(Debug)]
enum Turn {
    Asked(Arc<Probe>, Duration),
    Busy,
    Ended,
    Idle,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    Given,
    /// The source has not come back. The helper is stuck in it, and must be retired.
    Missing,
}

impl Helper {
    /// Starts a thread that works for the calling one.
    pub(super) fn start() -> io::Result<Self> {
        let shared = Arc::new(Shared {
            turn: Mutex::new(Turn::Idle),
            changed: Condvar::new(),
            asker: thread::current(),
        });
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || work(&own))?;
        Ok(Self { shared, thread, clock: SystemClock::new() })
    }

    /// Asks a source, and waits for it no longer than `limit`, nor when `is_stopping`.
    pub(super) fn ask(
        &self,
        probe: &Arc<Probe>,
        now: Duration,
        limit: Duration,
        is_stopping: &AtomicBool,
    ) -> Answer {
        probe.set_running();
        *self.shared.lock() = Turn::Asked(Arc::clone(probe), now);
        self.shared.changed.notify_one();
        let deadline = self.clock.now().saturating_add(limit);
        loop {
            if matches!(*self.shared.lock(), Turn::Idle) {
                return Answer::Given;
            }
            if self.clock.now() >= deadline || is_stopping.load(Ordering::Acquire) {
                return self.give_up();
            }
            self.clock.park_until(deadline);
        }
    }

    fn give_up(&self) -> Answer {
        let mut turn = self.shared.lock();
        // It may have come back at the last moment.
        if matches!(*turn, Turn::Idle) {
            return Answer::Given;
        }
        *turn = Turn::Ended;
        Answer::Missing
    }

    /// Ends the thread: now, or when the source that it is stuck in comes back.
    pub(super) fn retire(self) {
        let was_idle = {
            let mut turn = self.shared.lock();
            let was_idle = matches!(*turn, Turn::Idle);
            *turn = Turn::Ended;
            was_idle
        };
        self.shared.changed.notify_one();
        if was_idle {
            // It has nothing left to do, and a panic on it was caught.
            drop(self.thread.join());
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next question; `None`: the end.
    fn next(&self) -> Option<(Arc<Probe>, Duration)> {
        let mut turn = self.lock();
        loop {
            match &*turn {
                Turn::Asked(probe, now) => {
                    let question = (Arc::clone(probe), *now);
                    *turn = Turn::Busy;
                    return Some(question);
                }
                Turn::Ended => return None,
                Turn::Busy | Turn::Idle => {}
            }
            turn = self.changed.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Returns whether there may be a next question.
    fn finish(&self) -> bool {
        let mut turn = self.lock();
        if matches!(*turn, Turn::Ended) {
            return false;
        }
        *turn = Turn::Idle;
        drop(turn);
        self.asker.unpark();
        true
    }
}

fn work(shared: &Shared) {
    let _suppressed = suppress_thread();
    while let Some((probe, now)) = shared.next() {
        probe.run(now);
        drop(probe);
        if !shared.finish() {
            return;
        }
    }
}

/// The name of the thread that asks the sources.
const THREAD_NAME: &str = "beacon-probe";

/// Sources read small files; what they call of the system needs little.
const STACK_BYTES: usize = 256 << 10;
