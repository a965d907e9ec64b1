//! Time as a value, so that tests can drive it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::wait::unpark_current;

/// Where beacon's own threads take time from.
///
/// `now` counts from an origin that the clock chooses; only differences mean anything.
pub(crate) trait Clock: fmt::Debug + Send + Sync {
    /// Monotonic time since the clock's origin.
    fn now(&self) -> Duration;

    /// Wall-clock time.
    fn wall(&self) -> SystemTime;

    /// Completes when `now()` has reached `at`. Polled on beacon's own runtime only.
    fn sleep_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;

    /// Blocks the calling thread until `now()` has reached `at` or the thread is unparked. May
    /// return early, as parking does. For threads of beacon's own without a runtime.
    fn park_until(&self, at: Duration) {
        let waker = unpark_current();
        let mut sleep = self.sleep_until(at);
        if sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            thread::park();
        }
    }
}

pub(crate) type SharedClock = Arc<dyn Clock>;

/// The machine's clocks, with tokio's timer.
#[derive(Debug)]
pub(crate) struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that others take time from")]
    pub(crate) fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that others take time from")]
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let left = at.saturating_sub(self.now());
        Box::pin(tokio::time::sleep(left))
    }

    /// Without a timer of a runtime, and without an allocation.
    fn park_until(&self, at: Duration) {
        let left = at.saturating_sub(self.now());
        if !left.is_zero() {
            thread::park_timeout(left);
        }
    }
}
