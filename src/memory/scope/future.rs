//! A scope around a future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::memory::scope::report::ScopeReport;
use crate::memory::scope::tally::Tally;
use crate::memory::scope::{frames, tell};

/// A future whose memory is measured. See [`MemoryScope::run_async`](super::MemoryScope::run_async).
#[must_use = "futures do nothing unless polled"]
pub struct ScopedFuture<F: Future> {
    /// Gone when it is done.
    future: Option<Pin<Box<F>>>,
    tally: Tally,
}

impl<F: Future> ScopedFuture<F> {
    pub(super) fn new(name: &'static str, future: F) -> Self {
        let mut tally = Tally::new(name);
        // The place of the future is freed with it, so it counts from the start.
        let future = measured(&mut tally, || Box::pin(future));
        Self { future: Some(future), tally }
    }

    /// Drops the future, which is a part of the work, and tells.
    fn end(&mut self, is_finished: bool) -> ScopeReport {
        let Self { future, tally } = self;
        measured(tally, || drop(future.take()));
        let report = self.tally.report(is_finished);
        tell::tell(&report);
        report
    }
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, tally } = &mut *self;
        // Polled after its end, it stays pending, as some other futures do.
        let Some(future) = future else { return Poll::Pending };
        let poll = measured(tally, || future.as_mut().poll(cx));
        if poll.is_ready() {
            self.end(true);
        }
        poll
    }
}

impl<F: Future> Drop for ScopedFuture<F> {
    fn drop(&mut self) {
        if self.future.is_some() {
            self.end(false);
        }
    }
}

impl<F: Future> fmt::Debug for ScopedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedFuture").field("tally", &self.tally).finish_non_exhaustive()
    }
}

/// Counts what `work` does on this thread, also when it panics.
fn measured<T>(tally: &mut Tally, work: impl FnOnce() -> T) -> T {
    let _end = tally.counts_stretches().then(|| End { beginning: frames::begin(), tally });
    work()
}

struct End<'a> {
    beginning: Option<frames::Beginning>,
    tally: &'a mut Tally,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.tally.add(self.beginning.take().and_then(frames::end));
    }
}
