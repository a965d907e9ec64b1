//! Where the application's threads leave finished items: bounded, never blocking.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Signal;
use crate::export::courier::Scope;
use crate::export::courier::lane::Lane;
#[cfg(test)]
use crate::export::courier::request::Batch;
use crate::report::DropReason;
use crate::signal::PerSignal;

/// Takes finished items from any thread. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    lanes: PerSignal<Arc<Lane>>,
}

impl Intake {
    pub(crate) fn new(lanes: PerSignal<Arc<Lane>>) -> Self {
        Self { lanes }
    }

    /// Takes one finished item: an entry of field 2 of `ScopeSpans`, `ScopeLogs` or
    /// `ScopeMetrics`, with tag and length. Never waits for anything but the memcpy of another
    /// thread; when there is no room the item is dropped and counted.
    pub(crate) fn push(&self, signal: Signal, scope: &Arc<Scope>, item: &[u8]) {
        self.lanes.get(signal).push(thread_index(), scope, item, 1);
    }

    /// Like [`push`](Self::push) for an entry that counts as several items: a metric with its
    /// data points.
    pub(crate) fn push_counted(&self, signal: Signal, scope: &Arc<Scope>, item: &[u8], count: u32) {
        self.lanes.get(signal).push(thread_index(), scope, item, u64::from(count));
    }

    /// Counts one item that was given up before it became bytes.
    pub(crate) fn count_invalid(&self, signal: Signal) {
        self.lanes.get(signal).count_unencodable(thread_index(), DropReason::Invalid, 1);
    }
}

/// An intake that nobody empties.
#[cfg(test)]
impl Default for Intake {
    fn default() -> Self {
        let settings = crate::config::QueueSettings::for_tests();
        Self::new(PerSignal::from_fn(|_| Arc::new(Lane::new(&settings, 2))))
    }
}

#[cfg(test)]
impl Intake {
    pub(crate) fn dropped(&self, signal: Signal, reason: DropReason) -> u64 {
        self.lanes.get(signal).snapshot().dropped.get(reason)
    }

    /// What was left here so far: scope and entries of each run, in order of hand-over.
    pub(crate) fn drain(&self, signal: Signal) -> Vec<(Arc<Scope>, Vec<u8>)> {
        let lane = self.lanes.get(signal);
        lane.take_open();
        std::iter::from_fn(|| lane.next_batch(true)).flat_map(Batch::into_runs).collect()
    }
}

/// A small number for the calling thread; neighbours in time get different ones.
fn thread_index() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static INDEX: Cell<Option<usize>> = const { Cell::new(None) };
    }
    let own = INDEX.try_with(|index| {
        index.get().unwrap_or_else(|| {
            let new = NEXT.fetch_add(1, Ordering::Relaxed);
            index.set(Some(new));
            new
        })
    });
    // A thread that is being torn down still gets its item away.
    own.unwrap_or_default()
}
