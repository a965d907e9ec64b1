//! Tasks that are collected as they end.
#![expect(clippy::disallowed_types, reason = "this is the type that others use instead")]

use std::fmt;
use std::ops::{Deref, DerefMut};

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, LocalSet};

use crate::task::ContextExt as _;
use crate::task::spawn::in_current_context;

/// Tokio's [`JoinSet`](tokio::task::JoinSet), whose tasks belong to the span of whoever spawned them.
///
/// Whatever does not spawn is that of Tokio's set, to which this one dereferences.
///
/// # Examples
///
/// ```
/// use beacon::task::JoinSet;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let mut set = JoinSet::new();
/// for number in 1..=3 {
///     set.spawn(async move { number * 2 });
/// }
/// let mut doubled = set.join_all().await;
/// doubled.sort_unstable();
/// assert_eq!(doubled, [2, 4, 6]);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct JoinSet<T> {
    set: tokio::task::JoinSet<T>,
}

impl<T> JoinSet<T> {
    /// Returns an empty set.
    pub fn new() -> Self {
        Self { set: tokio::task::JoinSet::new() }
    }

    /// Returns Tokio's set with all tasks in it.
    pub fn into_inner(self) -> tokio::task::JoinSet<T> {
        self.set
    }
}

impl<T: 'static> JoinSet<T> {
    /// As [`task::spawn`](super::spawn()).
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.set.spawn(task.with_current_context())
    }

    /// As [`task::spawn_on`](super::spawn_on).
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.set.spawn_on(task.with_current_context(), handle)
    }

    /// As [`task::spawn_local`](super::spawn_local).
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.set.spawn_local(task.with_current_context())
    }

    /// As [`task::spawn_local`](super::spawn_local), on a set of local tasks that need not be running.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.set.spawn_local_on(task.with_current_context(), local_set)
    }

    /// As [`task::spawn_blocking`](super::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, work: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.set.spawn_blocking(in_current_context(work))
    }

    /// As [`task::spawn_blocking_on`](super::spawn_blocking_on).
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, work: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.set.spawn_blocking_on(in_current_context(work), handle)
    }

    /// Waits for all tasks and returns what they returned, in the order in which they ended.
    ///
    /// # Panics
    ///
    /// When a task has panicked, as `tokio::task::JoinSet::join_all`. The other tasks are aborted.
    pub async fn join_all(self) -> Vec<T> {
        self.set.join_all().await
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = tokio::task::JoinSet<T>;

    fn deref(&self) -> &Self::Target {
        &self.set
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.set
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Spawns each future.
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        set.extend(futures);
        set
    }
}

/// Spawns each future.
impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn extend<I: IntoIterator<Item = F>>(&mut self, futures: I) {
        for future in futures {
            self.spawn(future);
        }
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.set, f)
    }
}
