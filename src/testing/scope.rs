//! Where a test's telemetry is in force: a scope of a thread, or the life of a future.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use opentelemetry::{Context as OtelContext, ContextGuard};
use tracing::Dispatch;

use crate::task::ScopedSubscriber;

/// The scope of [`TestTelemetry::enter`](super::TestTelemetry::enter): ends when dropped.
#[must_use = "the scope ends when this is dropped: bind it to a name, not to `_`"]
pub struct EnteredTest<'a> {
    // Dropped in this order, the reverse of that in which they were made.
    _context: ContextGuard,
    _subscriber: ScopedSubscriber,
    _test: PhantomData<&'a ()>,
}

impl EnteredTest<'_> {
    /// Also leaves every span that surrounds the scope: it belongs to someone else's telemetry.
    pub(super) fn new(dispatch: &Dispatch) -> Self {
        let subscriber = ScopedSubscriber::enter(dispatch);
        let context = OtelContext::new().attach();
        Self { _context: context, _subscriber: subscriber, _test: PhantomData }
    }
}

impl fmt::Debug for EnteredTest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnteredTest").finish_non_exhaustive()
    }
}

/// A future that is polled, and dropped, in the scope of a test's telemetry.
pub(super) struct InTest<F> {
    dispatch: Dispatch,
    /// `None` only while it is dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F> InTest<F> {
    pub(super) fn new(dispatch: Dispatch, future: F) -> Self {
        Self { dispatch, future: Some(Box::pin(future)) }
    }
}

impl<F: Future> Future for InTest<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { dispatch, future } = &mut *self;
        let _entered = EnteredTest::new(dispatch);
        match future {
            Some(future) => future.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for InTest<F> {
    fn drop(&mut self) {
        let _entered = EnteredTest::new(&self.dispatch);
        drop(self.future.take());
    }
}
