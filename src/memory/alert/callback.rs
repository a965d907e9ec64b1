//! The user's callback: never on a thread that has other work.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::memory::alert::LeakAlert;
use crate::memory::hooks::{self, HookCounts, HookFailure, HookKind};

/// What a user wants done about an alert.
pub(crate) type LeakCallback = Arc<dyn Fn(&LeakAlert) + Send + Sync>;

/// Calls it with one alert after the other, on a thread that lives while there are any.
pub(crate) struct LeakCallbacks {
    callback: LeakCallback,
    counts: Arc<HookCounts>,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<LeakAlert>,
    /// Whether a thread takes from it.
    is_served: bool,
}

impl LeakCallbacks {
    pub(crate) fn new(callback: LeakCallback, counts: &Arc<HookCounts>) -> Arc<Self> {
        let counts = Arc::clone(counts);
        Arc::new(Self { callback, counts, queue: Mutex::default() })
    }

    /// Has the callback called, and does not wait. While one call runs, 16 alerts wait; then the
    /// newest is dropped and counted.
    pub(crate) fn call(self: &Arc<Self>, alert: &LeakAlert) {
        let mut queue = self.queue();
        if queue.waiting.len() >= WAITING_MAX {
            drop(queue);
            self.counts.count(HookKind::LeakCallback, HookFailure::QueueFull);
            return;
        }
        queue.waiting.push_back(alert.clone());
        if std::mem::replace(&mut queue.is_served, true) {
            return;
        }
        drop(queue);
        let own = Arc::clone(self);
        let serve = move || own.serve();
        // Detached: a callback that hangs holds nobody up, not even the end of telemetry.
        if thread::Builder::new().name(THREAD_NAME.to_owned()).spawn(serve).is_err() {
            let mut queue = self.queue();
            queue.is_served = false;
            let lost = queue.waiting.drain(..).count();
            drop(queue);
            for _ in 0..lost {
                self.counts.count(HookKind::LeakCallback, HookFailure::Thread);
            }
        }
    }

    fn serve(&self) {
        while let Some(alert) = self.next() {
            if let Err(failure) = hooks::call(|| (self.callback)(&alert)) {
                self.counts.count(HookKind::LeakCallback, failure);
            }
        }
    }

    fn next(&self) -> Option<LeakAlert> {
        let mut queue = self.queue();
        let next = queue.waiting.pop_front();
        queue.is_served = next.is_some();
        next
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LeakCallbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeakCallbacks").field("queue", &self.queue).finish_non_exhaustive()
    }
}

const WAITING_MAX: usize = 16;

const THREAD_NAME: &str = "beacon-memory-callback";
