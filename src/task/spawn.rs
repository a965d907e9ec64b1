//! Tasks of Tokio that stay in the trace of whoever spawned them.
#![expect(clippy::disallowed_methods, reason = "these are the functions that others use instead")]

use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::Span;

use crate::task::message::MessageContext;
use crate::task::{ContextExt as _, TaskContext};

/// Spawns a task that belongs to the caller's span, as `tokio::spawn` otherwise.
///
/// The task keeps the span open until it ends. For work that outlives its request there is
/// [`spawn_linked`].
///
/// # Panics
///
/// Outside of a Tokio runtime, as `tokio::spawn`.
///
/// # Examples
///
/// ```
/// use beacon::task;
/// use beacon::testing::TestTelemetry;
/// use tracing::{Instrument as _, info, info_span};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let test = TestTelemetry::start()?;
/// let _entered = test.enter();
/// async {
///     task::spawn(async { info!("in the trace") }).await
/// }
/// .instrument(info_span!("request"))
/// .await?;
/// test.span("request")?.log("in the trace")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let context = TaskContext::current();
    if context.is_none() {
        return tokio::spawn(future);
    }
    tokio::spawn(future.with_context(context))
}

/// Spawns a task on the runtime of the handle; it belongs to the caller's span. As
/// [`Handle::spawn`] otherwise, and from any thread.
#[track_caller]
pub fn spawn_on<F>(runtime: &Handle, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let context = TaskContext::current();
    if context.is_none() {
        return runtime.spawn(future);
    }
    runtime.spawn(future.with_context(context))
}

/// Spawns a task that need not be [`Send`] and belongs to the caller's span, as
/// `tokio::task::spawn_local` otherwise.
///
/// # Panics
///
/// Outside of a `LocalSet` and a `LocalRuntime`, as `tokio::task::spawn_local`.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    let context = TaskContext::current();
    if context.is_none() {
        return tokio::task::spawn_local(future);
    }
    tokio::task::spawn_local(future.with_context(context))
}

/// Runs a function that blocks on a thread for such functions; it belongs to the caller's span. As
/// `tokio::task::spawn_blocking` otherwise.
///
/// # Panics
///
/// Outside of a Tokio runtime, as `tokio::task::spawn_blocking`.
#[track_caller]
pub fn spawn_blocking<T, F>(work: F) -> JoinHandle<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    tokio::task::spawn_blocking(in_current_context(work))
}

/// Runs a function that blocks on a thread of the handle's runtime; it belongs to the caller's span.
/// As [`Handle::spawn_blocking`] otherwise, and from any thread.
#[track_caller]
pub fn spawn_blocking_on<T, F>(runtime: &Handle, work: F) -> JoinHandle<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    runtime.spawn_blocking(in_current_context(work))
}

/// Spawns a task in a trace of its own, with a link to the caller's span: for work that outlives its
/// request, such as a clean-up or a cache that is filled.
///
/// `span` becomes the root of the new trace. Make it with `parent: None`: then the caller's span can
/// end, and is delivered, before the task is done. The caller's baggage goes along.
///
/// # Panics
///
/// Outside of a Tokio runtime, as `tokio::spawn`.
///
/// # Examples
///
/// ```
/// use beacon::task;
/// use beacon::testing::TestTelemetry;
/// use tracing::{Instrument as _, info_span};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let test = TestTelemetry::start()?;
/// let _entered = test.enter();
/// async {
///     let span = info_span!(parent: None, "reindex", shard = 3);
///     task::spawn_linked(span, async { /* takes minutes */ }).await
/// }
/// .instrument(info_span!("request"))
/// .await?;
///
/// let (request, reindex) = (test.span("request")?, test.span("reindex")?);
/// assert_ne!(reindex.span().trace_id, request.span().trace_id);
/// assert_eq!(reindex.span().links[0].span_id, request.span().span_id);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn spawn_linked<F>(span: Span, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(future.in_span(MessageContext::current().detach(span)))
}

/// Returns the function, running where the caller is.
pub(crate) fn in_current_context<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let context = TaskContext::current();
    move || context.run(work)
}
