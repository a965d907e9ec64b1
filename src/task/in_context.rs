//! Futures, streams and sinks that run in a context.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use pin_project_lite::pin_project;
use tracing::Span;

use crate::task::TaskContext;

/// Puts futures, streams and sinks into a context, whoever polls them.
///
/// # Examples
///
/// ```
/// use beacon::task::ContextExt as _;
/// use beacon::testing::TestTelemetry;
/// use tracing::{info, info_span};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let test = TestTelemetry::start()?;
/// let _entered = test.enter();
/// let fast = async { info!("fast") }.in_span(info_span!("fast"));
/// let slow = std::future::pending::<()>().in_span(info_span!("slow"));
/// tokio::select! {
///     () = fast => {}
///     () = slow => {}
/// }
/// test.span("fast")?.log("fast")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ContextExt: Sized {
    /// Polls, and drops, in the given context: a [`TaskContext`], a span, or a context of the
    /// OpenTelemetry API.
    fn with_context(self, context: impl Into<TaskContext>) -> InContext<Self> {
        InContext { inner: Some(self), context: context.into() }
    }

    /// Polls, and drops, in the context of the caller.
    fn with_current_context(self) -> InContext<Self> {
        self.with_context(TaskContext::current())
    }

    /// Polls, and drops, in the span. The span ends with the future, or when a stream or sink is
    /// dropped.
    fn in_span(self, span: Span) -> InContext<Self> {
        self.with_context(span)
    }
}

impl<T> ContextExt for T {}

pin_project! {
    /// A future, stream or sink in a context, made by [`ContextExt`].
    #[must_use = "does nothing unless it is polled"]
    pub struct InContext<T> {
        // `None` when there is nothing to poll any more.
        #[pin]
        inner: Option<T>,
        context: TaskContext,
    }

    impl<T> PinnedDrop for InContext<T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.inner.is_some() {
                // Destructors record as well.
                let _entered = this.context.enter();
                this.inner.set(None);
            }
        }
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        let entered = this.context.enter();
        let polled = inner.poll(cx);
        if polled.is_ready() {
            // Here and not in the destructor: the context is entered once less, and the span does
            // not wait for whoever keeps a finished future.
            this.inner.set(None);
            drop(entered);
            *this.context = TaskContext::none();
        }
        polled
    }
}

impl<S: Stream> Stream for InContext<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Ready(None) };
        let _entered = this.context.enter();
        inner.poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

impl<Item, S: Sink<Item>> Sink<Item> for InContext<S> {
    type Error = S::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.in_scope(|inner| inner.poll_ready(cx))
    }

    fn start_send(self: Pin<&mut Self>, item: Item) -> Result<(), S::Error> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else { return Ok(()) };
        let _entered = this.context.enter();
        inner.start_send(item)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.in_scope(|inner| inner.poll_flush(cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.in_scope(|inner| inner.poll_close(cx))
    }
}

impl<T> InContext<T> {
    fn in_scope<E>(
        self: Pin<&mut Self>,
        work: impl FnOnce(Pin<&mut T>) -> Poll<Result<(), E>>,
    ) -> Poll<Result<(), E>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Ready(Ok(())) };
        let _entered = this.context.enter();
        work(inner)
    }
}

impl<T> fmt::Debug for InContext<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InContext").field("context", &self.context).finish_non_exhaustive()
    }
}
