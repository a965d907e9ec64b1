//! A clock that moves only when a test says so.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::clock::Clock;

/// Drives beacon's schedule delays, pauses, timeouts and intervals by hand.
///
/// Clones share one time. Timestamps of spans are not affected: `tracing-opentelemetry` takes those
/// from the machine.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use beacon::testing::ManualClock;
///
/// let clock = ManualClock::new();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.elapsed(), Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    /// By time, then by the order of asking.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    next_sleeper: u64,
}

impl ManualClock {
    /// Returns a clock that stands at zero, which is a moment in the year 2020.
    pub fn new() -> Self {
        Self::default()
    }

    /// Moves time on and wakes whoever waited for a moment that is now reached.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.now = state.now.saturating_add(by);
        let now = state.now;
        let later = state.sleepers.split_off(&(now.saturating_add(Duration::from_nanos(1)), 0));
        let woken = std::mem::replace(&mut state.sleepers, later);
        drop(state);
        for waker in woken.into_values() {
            waker.wake();
        }
    }

    /// Returns the time since the clock was made.
    pub fn elapsed(&self) -> Duration {
        self.lock().now
    }

    /// Returns how far away the next moment is that someone waits for.
    pub fn next_wake_up(&self) -> Option<Duration> {
        let state = self.lock();
        state.sleepers.keys().next().map(|(at, _)| at.saturating_sub(state.now))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Duration {
        self.elapsed()
    }

    fn wall(&self) -> SystemTime {
        UNIX_EPOCH.checked_add(EPOCH_OFFSET.saturating_add(self.elapsed())).unwrap_or(UNIX_EPOCH)
    }

    fn sleep_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut sleeper = Sleeper { clock: self.clone(), at, key: None };
        Box::pin(poll_fn(move |context| sleeper.poll(context.waker())))
    }
}

/// 2020-01-01T00:00:00Z: wall-clock times of a test are recognisable and the same in each run.
const EPOCH_OFFSET: Duration = Duration::from_hours(438_288);

#[derive(Debug)]
struct Sleeper {
    clock: ManualClock,
    at: Duration,
    key: Option<(Duration, u64)>,
}

impl Sleeper {
    fn poll(&mut self, waker: &Waker) -> Poll<()> {
        let mut state = self.clock.lock();
        if state.now >= self.at {
            return Poll::Ready(());
        }
        let key = *self.key.get_or_insert_with(|| {
            state.next_sleeper = state.next_sleeper.saturating_add(1);
            (self.at, state.next_sleeper)
        });
        state.sleepers.insert(key, waker.clone());
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.clock.lock().sleepers.remove(&key);
        }
    }
}
