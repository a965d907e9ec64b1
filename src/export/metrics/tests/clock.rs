//! A clock that stands still until a test moves it.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use crate::clock::{Clock, SharedClock};

#[derive(Debug, Default)]
pub(super) struct DrivenClock {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    now: Duration,
    next_id: u64,
    sleepers: BTreeMap<u64, (Duration, Waker)>,
}

/// The clock as the test moves it and as the code under test sees it.
pub(super) fn driven_clock() -> (Arc<DrivenClock>, SharedClock) {
    let clock = Arc::new(DrivenClock::default());
    let shared = Arc::<DrivenClock>::clone(&clock);
    (clock, shared)
}

impl DrivenClock {
    pub(super) fn advance(&self, by: Duration) {
        let mut state = self.state.lock().unwrap();
        state.now += by;
        for (_, waker) in state.sleepers.values() {
            waker.wake_by_ref();
        }
    }

    /// The times at which somebody wants to be woken, ascending.
    pub(super) fn wake_times(&self) -> Vec<Duration> {
        let state = self.state.lock().unwrap();
        let mut times: Vec<_> = state.sleepers.values().map(|(at, _)| *at).collect();
        times.sort_unstable();
        times
    }
}

impl Clock for DrivenClock {
    fn now(&self) -> Duration {
        self.state.lock().unwrap().now
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.now()
    }

    fn sleep_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut state = self.state.lock().unwrap();
        state.next_id += 1;
        Box::pin(Sleep { at, id: state.next_id, state: Arc::clone(&self.state) })
    }
}

struct Sleep {
    at: Duration,
    id: u64,
    state: Arc<Mutex<State>>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock().unwrap();
        if state.now >= self.at {
            return Poll::Ready(());
        }
        state.sleepers.insert(self.id, (self.at, cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.state.lock().unwrap().sleepers.remove(&self.id);
    }
}
