//! Blocking where Tokio does not want to be blocked.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tokio::runtime::{Handle, RuntimeFlavor, TryCurrentError, worker_index};

/// What this thread is for a runtime.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// A thread that destroys its thread-local values, Tokio's among them.
    Ending,
    /// The only thread of its runtime: what is not done while it blocks is not done at all.
    OnlyThread,
    /// No runtime waits for it: a plain thread, one for blocking functions, the thread in `block_on`
    /// of a runtime that has workers.
    Outside,
    /// One of several: another thread can take over its work.
    Worker,
}

impl Place {
    pub(crate) fn current() -> Self {
        let current = Handle::try_current();
        if current.as_ref().is_err_and(TryCurrentError::is_thread_local_destroyed) {
            return Self::Ending;
        }
        if worker_index().is_none() {
            return Self::Outside;
        }
        match current.map(|handle| handle.runtime_flavor()) {
            Ok(RuntimeFlavor::MultiThread) => Self::Worker,
            _ => Self::OnlyThread,
        }
    }
}

/// Tells whether tasks do not run while this thread waits.
pub(crate) fn is_only_thread() -> bool {
    Place::current() == Place::OnlyThread
}

/// Runs a function that blocks, with as little harm as possible: on a worker of a runtime of several
/// threads its other tasks go to another thread first, as with `tokio::task::block_in_place`.
/// Elsewhere it is just called, without a panic: on a current-thread runtime or in a `LocalSet`
/// everything else waits meanwhile. It stays in its span.
///
/// # Examples
///
/// ```
/// use beacon::task::block_in_place_if_possible;
///
/// let lines = block_in_place_if_possible(|| std::fs::read_to_string("Cargo.toml"))?.lines().count();
/// assert!(lines > 0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn block_in_place_if_possible<T>(work: impl FnOnce() -> T) -> T {
    if Place::current() == Place::Worker { in_place(work) } else { work() }
}

/// As `tokio::task::block_in_place`, and just calls the function where that is refused: on a thread
/// with more than one runtime the place is a guess.
pub(crate) fn in_place<T>(work: impl FnOnce() -> T) -> T {
    let work = Cell::new(Some(work));
    let run = || work.take().map(|work| work());
    let ended = catch_unwind(AssertUnwindSafe(|| tokio::task::block_in_place(run)));
    match (ended, work.take()) {
        (Ok(Some(output)), _) => output,
        (_, Some(work)) => work(),
        (Err(panic), None) => resume_unwind(panic),
        // Taken and not run: only a bug of this function could do that.
        (Ok(None), None) => resume_unwind(Box::new("the function was called twice")),
    }
}
