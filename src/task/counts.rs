//! How many tasks of a name there are, and how they ended.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::task::{Context, Poll};

use arc_swap::ArcSwap;
use pin_project_lite::pin_project;

use crate::task::names::NameNumber;
use crate::task::runtime::mark_name;

/// How many tasks of a name were spawned, and what became of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TaskCounts {
    /// The name that was given to [`named`](super::named()), or of the group.
    pub name: &'static str,
    /// Spawned and not ended. Read one after the other, so it can be off by what happens meanwhile.
    pub live: u64,
    /// Spawned so far.
    pub spawned: u64,
    /// Ended by themselves.
    pub finished: u64,
    /// Ended by a panic.
    pub panicked: u64,
    /// Dropped before they ended: aborted, or their runtime is gone.
    pub cancelled: u64,
}

impl TaskCounts {
    /// The sum of both, under the first name.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            name: self.name,
            live: self.live.saturating_add(other.live),
            spawned: self.spawned.saturating_add(other.spawned),
            finished: self.finished.saturating_add(other.finished),
            panicked: self.panicked.saturating_add(other.panicked),
            cancelled: self.cancelled.saturating_add(other.cancelled),
        }
    }

    pub(super) const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    #[cfg(test)]
    pub(super) const fn example(finished: u64) -> Self {
        Self { name: "", live: 0, spawned: finished, finished, panicked: 0, cancelled: 0 }
    }
}

/// Returns the counts of all names so far, in the order of the names.
///
/// # Examples
///
/// ```
/// assert!(beacon::task::task_counts().iter().all(|counts| counts.live <= counts.spawned));
/// ```
pub fn task_counts() -> Vec<TaskCounts> {
    NAMES.load().iter().map(|(name, counts)| counts.read(name)).collect()
}

/// Names are part of the program's text, so there is a bounded number of them. Read without a lock,
/// and exchanged as a whole when one comes.
static NAMES: LazyLock<ArcSwap<Names>> = LazyLock::new(ArcSwap::default);

/// Held while a name comes.
static CHANGES: Mutex<()> = Mutex::new(());

type Names = BTreeMap<&'static str, Arc<Counts>>;

pub(crate) fn counts_of(name: &'static str) -> Arc<Counts> {
    if let Some(counts) = NAMES.load().get(name) {
        return Arc::clone(counts);
    }
    let _changes = CHANGES.lock().unwrap_or_else(PoisonError::into_inner);
    let mut names = Names::clone(&NAMES.load());
    let counts = Arc::clone(names.entry(name).or_insert_with(|| Arc::new(Counts::new(name))));
    NAMES.store(Arc::new(names));
    counts
}

#[derive(Debug)]
pub(crate) struct Counts {
    number: NameNumber,
    spawned: AtomicU64,
    finished: AtomicU64,
    panicked: AtomicU64,
    cancelled: AtomicU64,
}

impl Counts {
    fn new(name: &'static str) -> Self {
        Self {
            number: NameNumber::of(name),
            spawned: AtomicU64::new(0),
            finished: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
        }
    }

    fn read(&self, name: &'static str) -> TaskCounts {
        // The ends first: a task that ends meanwhile is never counted as more than was spawned.
        let finished = self.finished.load(Relaxed);
        let panicked = self.panicked.load(Relaxed);
        let cancelled = self.cancelled.load(Relaxed);
        let spawned = self.spawned.load(Relaxed);
        let ended = finished.saturating_add(panicked).saturating_add(cancelled);
        let live = spawned.saturating_sub(ended);
        TaskCounts { name, live, spawned, finished, panicked, cancelled }
    }
}

/// One task, from its spawning to its end.
#[derive(Debug)]
pub(crate) struct Life {
    counts: Arc<Counts>,
    end: LifeEnd,
}

/// How a task ends if it ends now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum LifeEnd {
    Cancelled,
    Finished,
    Panicked,
}

impl Life {
    pub(crate) fn begin(counts: Arc<Counts>) -> Self {
        counts.spawned.fetch_add(1, Relaxed);
        Self { counts, end: LifeEnd::Cancelled }
    }

    /// Counts the task as ended.
    pub(crate) fn end_as(mut self, end: LifeEnd) {
        self.end = end;
    }

    /// Runs a function that is the whole task.
    pub(crate) fn run<T>(mut self, work: impl FnOnce() -> T) -> T {
        self.end = LifeEnd::Panicked;
        let output = work();
        self.end = LifeEnd::Finished;
        output
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let count = match self.end {
            LifeEnd::Cancelled => &self.counts.cancelled,
            LifeEnd::Finished => &self.counts.finished,
            LifeEnd::Panicked => &self.counts.panicked,
        };
        count.fetch_add(1, Relaxed);
    }
}

pin_project! {
    /// A future that is a whole task.
    #[derive(Debug)]
    pub(crate) struct Counted<F> {
        #[pin]
        future: F,
        life: Life,
    }
}

impl<F> Counted<F> {
    pub(crate) const fn new(future: F, life: Life) -> Self {
        Self { future, life }
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _mark = mark_name(this.life.counts.number);
        // What does not come back has panicked.
        this.life.end = LifeEnd::Panicked;
        let polled = this.future.poll(cx);
        this.life.end = if polled.is_ready() { LifeEnd::Finished } else { LifeEnd::Cancelled };
        polled
    }
}
