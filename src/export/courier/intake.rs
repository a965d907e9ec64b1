//! Where the application's threads leave finished items: bounded, never blocking.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Signal;
use crate::export::courier::Scope;

/// Takes finished items from any thread.
#[derive(Debug, Default)]
pub(crate) struct Intake {
    items: Mutex<Vec<(Signal, Arc<Scope>, Vec<u8>, u32)>>,
}

impl Intake {
    /// Takes one finished item: an entry of field 2 of `ScopeSpans`, `ScopeLogs` or
    /// `ScopeMetrics`, with tag and length. Never blocks on anything but a memcpy of another
    /// thread; when there is no room the item is dropped and counted.
    pub(crate) fn push(&self, signal: Signal, scope: &Arc<Scope>, item: &[u8]) {
        self.push_counted(signal, scope, item, 1);
    }

    /// Like [`push`](Self::push) for an entry that counts as several items: a metric with its
    /// data points.
    pub(crate) fn push_counted(&self, signal: Signal, scope: &Arc<Scope>, item: &[u8], count: u32) {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.push((signal, Arc::clone(scope), item.to_vec(), count));
    }

    /// Takes everything out.
    #[cfg(test)]
    pub(crate) fn drain(&self) -> Vec<(Signal, Arc<Scope>, Vec<u8>, u32)> {
        std::mem::take(&mut *self.items.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
