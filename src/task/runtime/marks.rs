//! What each thread polls, for whoever looks on from outside.
//!
//! A thread writes three words of its own when a task is polled and when the poll is over. No clock
//! is read and no lock is taken: whoever looks on has the time.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::runtime::{Handle, Id};
use tracing::Span;

use crate::task::names::NameNumber;

/// Whether anybody looks on. It stays, once somebody did.
static IS_WATCHED: AtomicBool = AtomicBool::new(false);

/// Threads that have polled something since somebody looks on.
static THREADS: Mutex<Vec<Weak<Marks>>> = Mutex::new(Vec::new());

thread_local! {
    static OWN: Arc<Marks> = Marks::of_new_thread();
}

/// The marks of one thread.
#[derive(Debug)]
struct Marks {
    /// The runtime that the thread was last seen on. Threads of a pool stay on theirs, so it is looked
    /// after now and then: to ask is a write to what all threads of a runtime share.
    runtime: Mutex<Option<Id>>,
    /// Begun and ended polls of tasks, together: odd within one.
    edges: AtomicU64,
    /// The innermost span that was handed over; 0: none.
    span: AtomicU64,
    name: AtomicU16,
}

impl Marks {
    fn of_new_thread() -> Arc<Self> {
        let marks = Arc::new(Self {
            runtime: Mutex::new(None),
            edges: AtomicU64::new(0),
            span: AtomicU64::new(0),
            name: AtomicU16::new(0),
        });
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        // So it holds no more than there are threads.
        threads.retain(|known| known.strong_count() > 0);
        threads.push(Arc::downgrade(&marks));
        marks
    }

    fn step(&self) {
        // Nobody else writes.
        self.edges.store(self.edges.load(Relaxed).wrapping_add(1), Relaxed);
    }

    fn begin(&self) {
        if self.edges.load(Relaxed).is_multiple_of(EDGES_OF_RUNTIME) {
            self.find_runtime();
        }
        self.step();
    }

    #[cold]
    fn find_runtime(&self) {
        *self.runtime() = Handle::try_current().ok().map(|handle| handle.id());
    }

    fn runtime(&self) -> MutexGuard<'_, Option<Id>> {
        self.runtime.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From now on polls are marked.
pub(crate) fn begin_to_watch() {
    IS_WATCHED.store(true, Relaxed);
}

/// Marks that this span's work is polled, until the mark is dropped.
#[inline]
pub(crate) fn mark_span(span: &Span) -> Mark {
    if !IS_WATCHED.load(Relaxed) {
        return Mark(None);
    }
    let id = span.id().map_or(0, |id| id.into_u64());
    mark(|marks| {
        if id != 0 {
            marks.span.store(id, Relaxed);
        }
    })
}

/// Marks that the task of this name is polled, until the mark is dropped.
#[inline]
pub(crate) fn mark_name(name: NameNumber) -> Mark {
    if !IS_WATCHED.load(Relaxed) {
        return Mark(None);
    }
    mark(|marks| marks.name.store(name.into_u16(), Relaxed))
}

fn mark(write: impl FnOnce(&Marks)) -> Mark {
    let before = OWN.try_with(|marks| {
        let before = Before {
            span: marks.span.load(Relaxed),
            name: marks.name.load(Relaxed),
            is_outermost: marks.edges.load(Relaxed).is_multiple_of(2),
        };
        write(marks);
        if before.is_outermost {
            marks.begin();
        }
        before
    });
    // Where the thread ends there is nothing to mark.
    Mark(before.ok())
}

/// What was marked before.
#[derive(Debug)]
struct Before {
    span: u64,
    name: u16,
    is_outermost: bool,
}

/// A poll that goes on.
#[must_use = "the poll ends when this is dropped"]
#[derive(Debug)]
pub(crate) struct Mark(Option<Before>);

impl Drop for Mark {
    fn drop(&mut self) {
        let Some(before) = &self.0 else { return };
        OWN.try_with(|marks| {
            if before.is_outermost {
                marks.step();
            }
            marks.span.store(before.span, Relaxed);
            marks.name.store(before.name, Relaxed);
        })
        // As above.
        .unwrap_or_default();
    }
}

/// A poll of a task, as it is seen from outside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct SeenPoll {
    pub(super) runtime: Id,
    /// Tells polls of a thread apart.
    pub(super) edges: u64,
    /// Tells threads apart.
    pub(super) thread: usize,
    pub(super) span: u64,
    pub(super) name: NameNumber,
}

/// The polls that go on now.
pub(super) fn polls() -> Vec<SeenPoll> {
    let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = threads.iter().filter_map(Weak::upgrade).filter_map(|marks| {
        let edges = marks.edges.load(Relaxed);
        let poll = SeenPoll {
            runtime: (*marks.runtime())?,
            edges,
            thread: Arc::as_ptr(&marks).addr(),
            span: marks.span.load(Relaxed),
            name: NameNumber::from_u16(marks.name.load(Relaxed)),
        };
        (!edges.is_multiple_of(2)).then_some(poll)
    });
    seen.collect()
}

/// After how many begun and ended polls a thread looks again which runtime it is on. Even, since it
/// looks where a poll begins.
const EDGES_OF_RUNTIME: u64 = 64;
