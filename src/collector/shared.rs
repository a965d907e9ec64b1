//! What the collector's thread and its owner share.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::attempt::ReceivedAttempt;
use super::fault::{FaultScript, Verdict};
use super::store::{CollectorStore, StoreLimits};
use crate::Signal;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: SharedOptions,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SharedOptions {
    pub(super) count_only: bool,
    pub(super) request_bytes_max: usize,
    pub(super) limits: StoreLimits,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) store: CollectorStore,
    pub(super) faults: FaultScript,
}

impl Shared {
    pub(super) fn new(options: SharedOptions) -> Self {
        let state =
            State { store: CollectorStore::new(options.limits), faults: FaultScript::default() };
        Self { options, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Notes a request and takes what the script has for it.
    pub(super) fn begin(&self, attempt: ReceivedAttempt, signal: Option<Signal>) -> (u64, Verdict) {
        self.update(|state| (state.store.begin(attempt), state.faults.next(signal)))
    }

    /// Changes the state and wakes those who wait for it to change.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.lock())
    }

    /// Waits until the condition holds. Returns whether it did within the limit, as `read` sees
    /// the state at that moment.
    pub(super) fn wait_for<T>(
        &self,
        limit: Duration,
        mut condition: impl FnMut(&CollectorStore) -> bool,
        read: impl FnOnce(bool, &CollectorStore) -> T,
    ) -> T {
        let mut holds = false;
        let waited = self.changed.wait_timeout_while(self.lock(), limit, |state| {
            holds = condition(&state.store);
            !holds
        });
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        read(holds, &state.store)
    }

    /// A condition that panicked under the lock has changed nothing.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
