//! Waiting for a future from a plain thread, for a bounded time, in whatever runtime or none.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::clock::{Clock as _, SystemClock};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Polls the future on this thread until it is ready or the time is over.
///
/// The time is the machine's, never a test's clock: it is the last resort that keeps a caller
/// from waiting for ever.
pub(crate) fn wait_for<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
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
