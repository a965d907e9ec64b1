//! Tasks under keys, collected as they end.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, Id, JoinError};

use crate::task::JoinSet;

/// Tasks under keys; they belong to the span of whoever spawned them.
///
/// Behaves like `tokio_util::task::JoinMap`: a task that is spawned under a key in use aborts the
/// task before it, of which nothing is returned. Dropping the map aborts all tasks.
///
/// # Examples
///
/// ```
/// use beacon::task::JoinMap;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let mut map = JoinMap::new();
/// map.spawn("one", async { 1 });
/// let (key, output) = map.join_next().await.ok_or("empty")?;
/// assert_eq!((key, output?), ("one", 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JoinMap<K, V> {
    tasks: JoinSet<V>,
    by_key: HashMap<K, AbortHandle>,
    by_id: HashMap<Id, K>,
}

impl<K, V> JoinMap<K, V> {
    /// Returns an empty map.
    pub fn new() -> Self {
        Self { tasks: JoinSet::new(), by_key: HashMap::new(), by_id: HashMap::new() }
    }

    /// Returns how many keys have a task that was not collected.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Returns whether no key has a task.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Returns the keys that have a task, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.by_key.keys()
    }
}

impl<K, V> JoinMap<K, V>
where
    K: Clone + Eq + Hash,
    V: 'static,
{
    /// Spawns a task under a key, as [`task::spawn`](super::spawn()).
    #[track_caller]
    pub fn spawn<F>(&mut self, key: K, task: F)
    where
        F: Future<Output = V> + Send + 'static,
        V: Send,
    {
        let task = self.tasks.spawn(task);
        self.insert(key, task);
    }

    /// Spawns a task under a key, as [`task::spawn_on`](super::spawn_on).
    #[track_caller]
    pub fn spawn_on<F>(&mut self, key: K, task: F, handle: &Handle)
    where
        F: Future<Output = V> + Send + 'static,
        V: Send,
    {
        let task = self.tasks.spawn_on(task, handle);
        self.insert(key, task);
    }

    /// Spawns a task under a key, as [`task::spawn_local`](super::spawn_local).
    #[track_caller]
    pub fn spawn_local<F>(&mut self, key: K, task: F)
    where
        F: Future<Output = V> + 'static,
    {
        let task = self.tasks.spawn_local(task);
        self.insert(key, task);
    }

    /// Runs a function under a key, as [`task::spawn_blocking`](super::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, key: K, work: F)
    where
        F: FnOnce() -> V + Send + 'static,
        V: Send,
    {
        let task = self.tasks.spawn_blocking(work);
        self.insert(key, task);
    }

    /// Waits for the next task to end; `None` when there is none. Can be cancelled: no output is lost.
    pub async fn join_next(&mut self) -> Option<(K, Result<V, JoinError>)> {
        loop {
            let ended = self.tasks.join_next_with_id().await?;
            if let Some(collected) = self.collect(ended) {
                return Some(collected);
            }
        }
    }

    /// Returns a task that has ended, if there is one.
    pub fn try_join_next(&mut self) -> Option<(K, Result<V, JoinError>)> {
        loop {
            let ended = self.tasks.try_join_next_with_id()?;
            if let Some(collected) = self.collect(ended) {
                return Some(collected);
            }
        }
    }

    /// Returns whether a key has a task.
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.by_key.contains_key(key)
    }

    /// Aborts the task of a key; [`join_next`](Self::join_next) returns it as cancelled. Returns
    /// whether there was one.
    pub fn abort<Q>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let task = self.by_key.get(key);
        task.inspect(|task| task.abort()).is_some()
    }

    /// Aborts all tasks; [`join_next`](Self::join_next) returns them as cancelled.
    pub fn abort_all(&mut self) {
        self.tasks.abort_all();
    }

    /// Aborts all tasks and waits until they have ended.
    pub async fn shutdown(&mut self) {
        self.tasks.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Lets all tasks run on and forgets them.
    pub fn detach_all(&mut self) {
        self.tasks.detach_all();
        self.by_key.clear();
        self.by_id.clear();
    }

    fn insert(&mut self, key: K, task: AbortHandle) {
        let id = task.id();
        if let Some(before) = self.by_key.insert(key.clone(), task) {
            before.abort();
            self.by_id.remove(&before.id());
        }
        self.by_id.insert(id, key);
    }

    /// `None` for a task that another one has replaced.
    fn collect(&mut self, ended: Result<(Id, V), JoinError>) -> Option<(K, Result<V, JoinError>)> {
        let (id, output) = match ended {
            Ok((id, output)) => (id, Ok(output)),
            Err(error) => (error.id(), Err(error)),
        };
        let key = self.by_id.remove(&id)?;
        self.by_key.remove(&key);
        Some((key, output))
    }
}

impl<K, V> Default for JoinMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V> fmt::Debug for JoinMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.by_key.keys()).finish()
    }
}
