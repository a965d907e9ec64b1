//! Work on a pool of rayon that stays in the trace of whoever asked for it (feature `rayon`).
//!
//! For parallel iterators there is [`TaskContext::carry`](super::TaskContext::carry):
//! `numbers.par_iter().map(TaskContext::current().carry(work))`.

use crate::task::TaskContext;
use crate::task::spawn::in_current_context;

/// Runs a function on the current pool, without waiting for it, as [`rayon::spawn`].
///
/// # Examples
///
/// ```
/// let (sender, receiver) = std::sync::mpsc::channel();
/// beacon::task::rayon::spawn(move || sender.send(42).unwrap_or_default());
/// assert_eq!(receiver.recv(), Ok(42));
/// ```
pub fn spawn(work: impl FnOnce() + Send + 'static) {
    rayon::spawn(in_current_context(work));
}

/// Runs two functions, at the same time where there are threads for it, as [`rayon::join`].
///
/// # Examples
///
/// ```
/// assert_eq!(beacon::task::rayon::join(|| 1, || 2), (1, 2));
/// ```
pub fn join<A: Send, B: Send>(
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B + Send,
) -> (A, B) {
    let context = TaskContext::current();
    let other = context.clone();
    rayon::join(move || context.run(a), move || other.run(b))
}

/// Runs a function on a pool and waits for it, as [`rayon::ThreadPool::install`].
pub fn install<T: Send>(pool: &rayon::ThreadPool, work: impl FnOnce() -> T + Send) -> T {
    pool.install(in_current_context(work))
}

/// Runs a function that may spawn work which borrows from the caller, as [`rayon::scope`].
///
/// # Examples
///
/// ```
/// use beacon::task::rayon;
///
/// let (mut one, mut two) = (0, 0);
/// rayon::scope(|scope| {
///     rayon::spawn_in(scope, |_| one = 1);
///     rayon::spawn_in(scope, |_| two = 2);
/// });
/// assert_eq!((one, two), (1, 2));
/// ```
pub fn scope<'scope, T: Send>(work: impl FnOnce(&rayon::Scope<'scope>) -> T + Send) -> T {
    let context = TaskContext::current();
    rayon::scope(move |scope| context.run(|| work(scope)))
}

/// Spawns work in a scope, as [`rayon::Scope::spawn`].
pub fn spawn_in<'scope>(
    scope: &rayon::Scope<'scope>,
    work: impl FnOnce(&rayon::Scope<'scope>) + Send + 'scope,
) {
    let context = TaskContext::current();
    scope.spawn(move |scope| context.run(|| work(scope)));
}
