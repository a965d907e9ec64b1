//! Tasks with a name, counted.
#![expect(clippy::disallowed_methods, reason = "these are the functions that others use instead")]

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Span;

use crate::task::counts::{Counts, Life, counts_of};
use crate::task::message::MessageContext;
use crate::task::spawn::in_current_context;
use crate::task::{ContextExt as _, Counted};

/// Returns a spawner of tasks that are counted under this name, in [`task_counts`](super::task_counts).
///
/// # Examples
///
/// ```
/// use beacon::task;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// task::named("indexer").spawn(async {}).await?;
/// let counts = task::task_counts();
/// let indexer = counts.iter().find(|counts| counts.name == "indexer");
/// assert_eq!(indexer.map(|counts| (counts.live, counts.finished)), Some((0, 1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn named(name: &'static str) -> NamedTask {
    NamedTask { counts: counts_of(name) }
}

/// Spawns tasks under a name. Keep it where many are spawned: making one takes a lock.
#[must_use = "nothing is spawned yet"]
#[derive(Clone, Debug)]
pub struct NamedTask {
    counts: Arc<Counts>,
}

impl NamedTask {
    /// As [`task::spawn`](super::spawn()).
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        tokio::spawn(self.counted(future).with_current_context())
    }

    /// As [`task::spawn_on`](super::spawn_on).
    #[track_caller]
    pub fn spawn_on<F>(&self, runtime: &Handle, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        runtime.spawn(self.counted(future).with_current_context())
    }

    /// As [`task::spawn_local`](super::spawn_local).
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: 'static> + 'static,
    {
        tokio::task::spawn_local(self.counted(future).with_current_context())
    }

    /// As [`task::spawn_linked`](super::spawn_linked).
    #[track_caller]
    pub fn spawn_linked<F>(&self, span: Span, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let span = MessageContext::current().detach(span);
        tokio::spawn(self.counted(future).in_span(span))
    }

    /// As [`task::spawn_blocking`](super::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<T, F>(&self, work: F) -> JoinHandle<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let life = Life::begin(Arc::clone(&self.counts));
        tokio::task::spawn_blocking(in_current_context(move || life.run(work)))
    }

    fn counted<F>(&self, future: F) -> Counted<F> {
        Counted::new(future, Life::begin(Arc::clone(&self.counts)))
    }
}
