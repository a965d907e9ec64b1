//! Waiting for a future in synchronous code.

use std::error::Error;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use std::{fmt, thread};

use tokio::task::coop::{Unconstrained, unconstrained};

use crate::task::TaskContext;
use crate::task::sync::background::User;
use crate::task::sync::blocking::{Place, in_place};
use crate::wait::{wait_for, wait_until_ready};

/// Waits for a future, from wherever synchronous code is called: a plain thread, a function for
/// blocking threads, a task on any flavor of Tokio's runtime, a `LocalSet`, a destructor after the
/// runtime has ended.
///
/// The future runs in the caller's context, and may borrow from the caller. Timers and connections
/// that it makes, and tasks that it spawns, belong to a runtime of beacon's own (thread
/// `beacon-async`), which starts with the first call and ends with
/// [`Telemetry::shutdown`](crate::Telemetry::shutdown). So nothing that the future waits for needs
/// the caller's runtime, unless it brings it along: on a current-thread runtime, waiting for a task
/// of that very runtime takes for ever, because this thread would have to run it. Use
/// [`run_async_timeout`] where you cannot know.
///
/// On a worker of a runtime of several threads its other tasks go to another thread meanwhile.
///
/// # Panics
///
/// When the future does.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// fn read_slowly() -> u32 {
///     beacon::task::run_async(async {
///         tokio::time::sleep(Duration::from_millis(1)).await;
///         42
///     })
/// }
///
/// assert_eq!(read_slowly(), 42);
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// assert_eq!(runtime.block_on(async { read_slowly() }), 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn run_async<F>(future: F) -> F::Output
where
    F: Future<Output: Send> + Send,
{
    wait(future, wait_until_ready)
}

/// As [`run_async`], for at most this time. The future is dropped then, in its context.
///
/// # Errors
///
/// When the time is over.
///
/// # Examples
///
/// ```
/// use std::future::pending;
/// use std::time::Duration;
///
/// let output = beacon::task::run_async_timeout(Duration::from_millis(1), pending::<()>());
/// assert_eq!(output.unwrap_err().to_string(), "not done within 1ms");
/// ```
pub fn run_async_timeout<F>(limit: Duration, future: F) -> Result<F::Output, TimedOut>
where
    F: Future<Output: Send> + Send,
{
    wait(future, |future| wait_for(future, limit)).ok_or(TimedOut { limit })
}

/// As [`run_async`], until `end` is ready: a signal, a token, the end of a request. The future is
/// dropped then, in its context, and nothing is returned.
///
/// # Examples
///
/// ```
/// use std::future::{pending, ready};
///
/// assert_eq!(beacon::task::run_async_until(ready(()), pending::<u8>()), None);
/// assert_eq!(beacon::task::run_async_until(pending(), async { 1 }), Some(1));
/// ```
pub fn run_async_until<F>(end: impl Future<Output = ()> + Send, future: F) -> Option<F::Output>
where
    F: Future<Output: Send> + Send,
{
    run_async(async {
        let (mut end, mut future) = (pin!(end), pin!(future));
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => end.as_mut().poll(cx).map(|()| None),
        })
        .await
    })
}

/// Polls the future where this thread may be blocked, by means of `poll`.
fn wait<F, T>(future: F, poll: impl FnOnce(Unconstrained<F>) -> T + Send) -> T
where
    F: Future + Send,
    T: Send,
{
    // Without the runtime the future fails where it needs one, and does not where it does not.
    let user = User::new().ok();
    let run = move || {
        let _entered = user.as_ref().map(|user| user.handle.enter());
        // In a task the budget for cooperation is that of the task, and nobody would renew it.
        poll(unconstrained(future))
    };
    match Place::current() {
        Place::Ending | Place::OnlyThread => aside(run),
        Place::Outside => run(),
        Place::Worker => in_place(run),
    }
}

/// Runs on a thread of its own. On the only thread of a runtime a future would find that runtime,
/// and things that this thread has yet to do for it: wake a task that yields, run one that was
/// spawned locally. On a thread that ends nothing can be entered.
fn aside<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    let context = TaskContext::current();
    let run = Mutex::new(Some(run));
    let take = || run.lock().unwrap_or_else(PoisonError::into_inner).take();
    thread::scope(|scope| {
        let builder = thread::Builder::new().name(THREAD_NAME.to_owned());
        let thread = builder.spawn_scoped(scope, || take().map(|run| context.run(run)));
        match thread.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(output)) => output,
            Ok(Err(panic)) => resume_unwind(panic),
            // Without a thread, what does not need this runtime works here as well.
            Err(_) => take().map(|run| run()),
        }
    })
    .unwrap_or_else(|| resume_unwind(Box::new("the future was taken twice")))
}

/// A future was not ready in time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct TimedOut {
    /// How long it was waited for.
    pub limit: Duration,
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not done within {:?}", self.limit)
    }
}

impl Error for TimedOut {}

const THREAD_NAME: &str = "beacon-sync";
