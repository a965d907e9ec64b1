//! A task that is woken from outside and says when it was polled. Needs no timer of its runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::SharedClock;

/// What the task and the one who asks it share.
#[derive(Debug)]
pub(super) struct Probe {
    clock: SharedClock,
    wake: Notify,
    /// Nanoseconds; 0: nothing is asked.
    asked_at: AtomicU64,
    /// Nanoseconds; 0: nothing was answered.
    delay: AtomicU64,
    /// The task was dropped, and with it the runtime.
    is_gone: AtomicBool,
    is_ended: AtomicBool,
}

impl Probe {
    pub(super) fn new(clock: &SharedClock) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(clock),
            wake: Notify::new(),
            asked_at: AtomicU64::new(0),
            delay: AtomicU64::new(0),
            is_gone: AtomicBool::new(false),
            is_ended: AtomicBool::new(false),
        })
    }

    /// Wakes the task, unless it has not answered yet.
    pub(super) fn ask(&self) {
        if self.asked_at.load(Ordering::Acquire) == 0 {
            self.asked_at.store(nanos(self.clock.now()), Ordering::Release);
            self.wake.notify_one();
        }
    }

    /// The last answer, once.
    pub(super) fn take_delay(&self) -> Option<Duration> {
        let delay = self.delay.swap(0, Ordering::AcqRel);
        (delay > 0).then(|| Duration::from_nanos(delay))
    }

    pub(super) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::Acquire)
    }

    /// Ends the task.
    pub(super) fn end(&self) {
        self.is_ended.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    fn answer(&self) {
        let asked_at = self.asked_at.load(Ordering::Acquire);
        if asked_at > 0 {
            let delay = nanos(self.clock.now()).saturating_sub(asked_at).max(1);
            self.delay.store(delay, Ordering::Release);
            self.asked_at.store(0, Ordering::Release);
        }
    }
}

/// Never 0, which stands for nothing.
fn nanos(now: Duration) -> u64 {
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// The task.
pub(super) fn answers(probe: Arc<Probe>) -> impl Future<Output = ()> + Send {
    // Made before the first poll: a runtime may be gone by then.
    let guard = Gone(Arc::clone(&probe));
    async move {
        let _guard = guard;
        while !probe.is_ended.load(Ordering::Acquire) {
            probe.wake.notified().await;
            probe.answer();
        }
    }
}

/// Dropped with the task.
struct Gone(Arc<Probe>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.is_gone.store(true, Ordering::Release);
    }
}
