//! Threads that stay in the trace of whoever started them.
#![expect(clippy::disallowed_methods, reason = "these are the functions that others use instead")]

use std::thread::{JoinHandle, ScopedJoinHandle};
use std::{io, thread};

use crate::task::spawn::in_current_context;

/// Starts a thread that belongs to the caller's span, as [`std::thread::spawn`] otherwise.
///
/// # Panics
///
/// When the system gives no thread, as [`std::thread::spawn`]; [`ThreadBuilder`] does not.
///
/// # Examples
///
/// ```
/// let answer = beacon::task::thread::spawn(|| 42).join();
/// assert_eq!(answer.ok(), Some(42));
/// ```
#[track_caller]
pub fn spawn<T, F>(work: F) -> JoinHandle<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    thread::spawn(in_current_context(work))
}

/// [`std::thread::Builder`], whose threads belong to the caller's span.
///
/// # Examples
///
/// ```
/// use beacon::task::thread::ThreadBuilder;
///
/// let thread = ThreadBuilder::new().name("indexer").spawn(|| 42)?;
/// assert_eq!(thread.thread().name(), Some("indexer"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "no thread is started yet"]
#[derive(Debug)]
pub struct ThreadBuilder {
    builder: thread::Builder,
}

impl ThreadBuilder {
    /// Returns a builder of a thread without a name.
    pub fn new() -> Self {
        Self { builder: thread::Builder::new() }
    }

    /// Sets the name, without NUL in it.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { builder: self.builder.name(name.into()) }
    }

    /// Sets the size of the stack in bytes.
    pub fn stack_size(self, bytes: usize) -> Self {
        Self { builder: self.builder.stack_size(bytes) }
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn spawn<T, F>(self, work: F) -> io::Result<JoinHandle<T>>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.builder.spawn(in_current_context(work))
    }

    /// Starts the thread in a scope.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn spawn_scoped<'scope, T, F>(
        self,
        scope: Scope<'scope, '_>,
        work: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        T: Send + 'scope,
        F: FnOnce() -> T + Send + 'scope,
    {
        self.builder.spawn_scoped(scope.scope, in_current_context(work))
    }
}

impl Default for ThreadBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs a function that may start threads which borrow from the caller, as [`std::thread::scope`].
///
/// The scope is a value here: a thread that starts further threads takes it along with `move`.
///
/// # Examples
///
/// ```
/// use beacon::task::thread;
///
/// let numbers = [1, 2, 3];
/// let sum = thread::scope(|scope| scope.spawn(|| numbers.iter().sum::<i32>()).join());
/// assert_eq!(sum.ok(), Some(6));
/// ```
pub fn scope<'env, T>(work: impl for<'scope> FnOnce(Scope<'scope, 'env>) -> T) -> T {
    thread::scope(|scope| work(Scope { scope }))
}

/// The scope of [`scope()`].
#[derive(Clone, Copy, Debug)]
pub struct Scope<'scope, 'env> {
    scope: &'scope thread::Scope<'scope, 'env>,
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread that belongs to the caller's span, as [`std::thread::Scope::spawn`] otherwise.
    ///
    /// # Panics
    ///
    /// When the system gives no thread.
    #[track_caller]
    pub fn spawn<T, F>(self, work: F) -> ScopedJoinHandle<'scope, T>
    where
        T: Send + 'scope,
        F: FnOnce() -> T + Send + 'scope,
    {
        self.scope.spawn(in_current_context(work))
    }
}
