//! Which runtimes are observed.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::{Handle, Id, RuntimeFlavor, RuntimeMetrics, worker_index};

use crate::clock::SharedClock;
use crate::task::runtime::judge::WorkerCounts;
use crate::task::runtime::probe::{Probe, answers};

/// A runtime, for as long as it lives.
#[derive(Debug)]
pub(super) struct Observed {
    pub(super) name: Arc<str>,
    pub(super) id: Id,
    pub(super) is_single: bool,
    /// Whether somebody drives it, or did.
    is_driven: AtomicBool,
    /// Of its first worker, when it was observed.
    first_counts: WorkerCounts,
    pub(super) metrics: RuntimeMetrics,
    pub(super) probe: Arc<Probe>,
    /// Billionths; [`UNKNOWN`] before it is known.
    utilization: AtomicU64,
    pub(super) stalls: AtomicU64,
    pub(super) stalled_workers: AtomicU64,
}

impl Observed {
    fn new(name: &str, handle: &Handle, probe: Arc<Probe>) -> Self {
        let is_single = handle.runtime_flavor() == RuntimeFlavor::CurrentThread;
        let mut observed = Self {
            name: Arc::from(name),
            id: handle.id(),
            is_single,
            is_driven: AtomicBool::new(!is_single || is_inside(handle)),
            first_counts: WorkerCounts::default(),
            metrics: handle.metrics(),
            probe,
            utilization: AtomicU64::new(UNKNOWN),
            stalls: AtomicU64::new(0),
            stalled_workers: AtomicU64::new(0),
        };
        observed.first_counts = observed.first_worker();
        observed
    }

    fn first_worker(&self) -> WorkerCounts {
        self.workers().next().unwrap_or_default()
    }

    /// Whether its workers should turn. Those of a pool always should; the one thread of the other
    /// flavor only while it is in `block_on`, and its counts look the same before that as when it
    /// is blocked.
    pub(super) fn is_driven(&self) -> bool {
        if self.is_driven.load(Relaxed) {
            return true;
        }
        let counts = self.first_worker();
        let has_turned = counts != self.first_counts || counts.is_parked();
        self.is_driven.store(has_turned, Relaxed);
        has_turned
    }

    pub(super) fn workers(&self) -> impl Iterator<Item = WorkerCounts> {
        (0..self.metrics.num_workers()).map(|worker| WorkerCounts {
            park_edges: self.metrics.worker_park_unpark_count(worker),
            busy: self.metrics.worker_total_busy_duration(worker),
        })
    }

    pub(super) fn busy(&self) -> Duration {
        self.workers().map(|worker| worker.busy).fold(Duration::ZERO, Duration::saturating_add)
    }

    pub(super) fn parks(&self) -> u64 {
        let workers = 0..self.metrics.num_workers();
        workers.map(|worker| self.metrics.worker_park_count(worker)).fold(0, u64::saturating_add)
    }

    /// Tasks that are alive, without the probe.
    pub(super) fn tasks(&self) -> u64 {
        let tasks = u64::try_from(self.metrics.num_alive_tasks()).unwrap_or(u64::MAX);
        tasks.saturating_sub(1)
    }

    pub(super) fn set_utilization(&self, billionths: u64) {
        self.utilization.store(billionths.min(UNKNOWN.saturating_sub(1)), Relaxed);
    }

    /// In billionths.
    pub(super) fn utilization(&self) -> Option<u64> {
        let utilization = self.utilization.load(Relaxed);
        (utilization != UNKNOWN).then_some(utilization)
    }
}

/// Whether the caller runs on the runtime, and is not only in its scope.
fn is_inside(handle: &Handle) -> bool {
    let is_current = || Handle::try_current().is_ok_and(|current| current.id() == handle.id());
    worker_index().is_some() && is_current()
}

const UNKNOWN: u64 = u64::MAX;

/// A few runtimes.
#[derive(Clone, Debug, Default)]
pub(super) struct List(Vec<Arc<Observed>>);

impl Deref for List {
    type Target = [Arc<Observed>];

    fn deref(&self) -> &[Arc<Observed>] {
        &self.0
    }
}

/// The runtimes that one telemetry observes.
pub(crate) struct Runtimes {
    clock: SharedClock,
    list: ArcSwap<List>,
    /// Held while the list changes. Whether it changes no more.
    is_closed: Mutex<bool>,
    /// Who looks at them; woken when there is more to look at.
    watcher: OnceLock<Thread>,
}

impl fmt::Debug for Runtimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtimes").finish_non_exhaustive()
    }
}

impl Runtimes {
    pub(super) fn new(clock: &SharedClock) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(clock),
            list: ArcSwap::default(),
            is_closed: Mutex::new(false),
            watcher: OnceLock::new(),
        })
    }

    pub(super) fn set_watcher(&self, thread: Thread) {
        self.watcher.get_or_init(|| thread);
    }

    /// Takes no lock.
    pub(super) fn all(&self) -> Arc<List> {
        self.list.load_full()
    }

    #[expect(clippy::disallowed_methods, reason = "the probe is not a part of anybody's work")]
    pub(super) fn observe(&self, name: &str, handle: &Handle) -> Result<(), ObserveRuntimeError> {
        let is_closed = self.is_closed.lock().unwrap_or_else(PoisonError::into_inner);
        if *is_closed {
            return Err(ObserveRuntimeError::NotWatching);
        }
        let mut list = self.list.load().0.clone();
        list.retain(|known| !known.probe.is_gone());
        // One that is observed again gets the new name.
        let again = list.iter().position(|known| known.id == handle.id());
        let again = again.map(|place| list.swap_remove(place));
        if list.iter().any(|known| &*known.name == name) {
            return Err(ObserveRuntimeError::NameTaken { name: name.to_owned() });
        }
        if list.len() >= RUNTIMES_MAX {
            return Err(ObserveRuntimeError::TooMany);
        }
        if let Some(again) = again {
            again.probe.end();
        }
        let probe = Probe::new(&self.clock);
        drop(handle.spawn(answers(Arc::clone(&probe))));
        list.push(Arc::new(Observed::new(name, handle, probe)));
        self.list.store(Arc::new(List(list)));
        drop(is_closed);
        if let Some(watcher) = self.watcher.get() {
            watcher.unpark();
        }
        Ok(())
    }

    /// Lets go of runtimes that are gone.
    pub(super) fn forget_gone(&self) {
        let _is_closed = self.is_closed.lock().unwrap_or_else(PoisonError::into_inner);
        let list = self.list.load_full();
        if list.iter().any(|known| known.probe.is_gone()) {
            let alive = list.iter().filter(|known| !known.probe.is_gone()).cloned().collect();
            self.list.store(Arc::new(List(alive)));
        }
    }

    /// Lets go of all, for good.
    pub(super) fn close(&self) {
        *self.is_closed.lock().unwrap_or_else(PoisonError::into_inner) = true;
        for known in self.list.swap(Arc::default()).iter() {
            known.probe.end();
        }
    }
}

/// Why a runtime is not observed.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObserveRuntimeError {
    /// Another runtime that is alive has the name.
    #[error("another runtime is observed as `{name}`")]
    #[non_exhaustive]
    NameTaken {
        /// The name.
        name: String,
    },
    /// No telemetry is installed in this process. Telemetry that was built has a method of its own.
    #[error("no telemetry is installed")]
    NotInstalled,
    /// Runtimes are not watched: it is switched off, or telemetry was shut down.
    #[error("runtimes are not watched")]
    NotWatching,
    /// 16 runtimes that are alive are observed already.
    #[error("{RUNTIMES_MAX} runtimes are observed already")]
    TooMany,
}

/// How many runtimes are observed at once. Each has tens of series.
const RUNTIMES_MAX: usize = 16;
