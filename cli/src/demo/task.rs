//! Work on other tasks and threads that stays in the span of its spawner.

pub(super) use beacon::task::named;
use beacon::tracing::{Instrument as _, Span};
use tokio::task::JoinHandle;

/// Runs a future as a task, inside the span that is current now.
pub(super) fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    #[expect(clippy::disallowed_methods, reason = "the span goes with the future")]
    tokio::spawn(future.instrument(Span::current()))
}

/// Runs a closure on a thread that may block, inside the span that is current now.
pub(super) fn spawn_blocking<T>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T>
where
    T: Send + 'static,
{
    let span = Span::current();
    #[expect(clippy::disallowed_methods, reason = "the span goes with the closure")]
    tokio::task::spawn_blocking(move || span.in_scope(work))
}
