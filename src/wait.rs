//! Waiting for a future from a plain thread, for a bounded time, in whatever runtime or none.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clock::{Clock as _, SystemClock};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Wakes the calling thread.
pub(crate) fn unpark_current() -> Waker {
    Waker::from(Arc::new(Unpark(thread::current())))
}

/// Polls the future on this thread until it is ready or the time is over.
///
/// The time is the machine's, never a test's clock: it is the last resort that keeps a caller
/// from waiting for ever.
pub(crate) fn wait_for<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = unpark_current();
    let mut context = Context::from_waker(&waker);
    let clock = SystemClock::new();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
        let left = limit.saturating_sub(clock.now());
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

/// Polls the future on this thread until it is ready, however long that takes.
pub(crate) fn wait_until_ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        thread::park();
    }
}

/// Like [`wait_for`], for a caller that must not block: a thread of its own waits, because the
/// caller's runtime may have no timer, or not run it.
///
/// # Errors
///
/// The system gave no thread. The future was dropped.
pub(crate) async fn wait_aside<F>(future: F, limit: Duration) -> io::Result<Option<F::Output>>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let (done, output) = oneshot::channel();
    let thread = thread::Builder::new().name("beacon-wait".to_owned()).spawn(move || {
        // A caller that has stopped waiting needs no answer.
        drop(done.send(wait_for(future, limit)));
    })?;
    let output = output.await.ok().flatten();
    // It has nothing left to do. A panic on it was reported where it happened.
    drop(thread.join());
    Ok(output)
}
