//! The machine's clock, sped up.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use crate::clock::{Clock, SharedClock};

/// Another clock whose monotonic time runs faster. Wall-clock time is the other's.
#[derive(Debug)]
pub(crate) struct ScaledClock {
    inner: SharedClock,
    factor: NonZeroU32,
}

impl ScaledClock {
    pub(crate) const fn new(inner: SharedClock, factor: NonZeroU32) -> Self {
        Self { inner, factor }
    }

    /// Rounded up, so that a sleep never ends before its moment.
    fn inner_time(&self, at: Duration) -> Duration {
        let factor = self.factor.get();
        at.checked_div(factor).unwrap_or(at).saturating_add(Duration::from_nanos(1))
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Duration {
        self.inner.now().saturating_mul(self.factor.get())
    }

    fn wall(&self) -> SystemTime {
        self.inner.wall()
    }

    fn sleep_until(&self, at: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.inner.sleep_until(self.inner_time(at))
    }

    fn park_until(&self, at: Duration) {
        self.inner.park_until(self.inner_time(at));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::testing::ManualClock;

    #[test]
    fn an_hour_passes_in_a_second() {
        let inner = ManualClock::new();
        let clock = ScaledClock::new(Arc::new(inner.clone()), NonZeroU32::new(3600).unwrap());
        inner.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), Duration::from_hours(1));
        assert_eq!(clock.wall(), inner.wall());
    }

    #[test]
    fn who_sleeps_wakes_at_its_moment_and_not_before() {
        let inner = ManualClock::new();
        let clock = ScaledClock::new(Arc::new(inner.clone()), NonZeroU32::new(7).unwrap());
        let at = Duration::from_nanos(100);
        let mut sleep = clock.sleep_until(at);
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        for _ in 0..100 {
            if sleep.as_mut().poll(&mut context).is_ready() {
                assert!(clock.now() >= at);
                return;
            }
            inner.advance(Duration::from_nanos(1));
        }
        panic!("it sleeps for ever");
    }
}
