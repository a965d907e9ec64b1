//! Futures, streams, sinks, HTTP bodies and tower services that run in a context.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_service::Service;
use tracing::Span;

use crate::logging::{Reentered, Reentry};
use crate::task::{EnteredContext, TaskContext};
use crate::thread_end::is_thread_ending;

/// Puts futures, streams, sinks, HTTP bodies and tower services into a context, whoever polls them.
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
        InContext { inner: Some(self), context: context.into(), again: Again::default() }
    }

    /// Polls, and drops, in the context of the caller.
    fn with_current_context(self) -> InContext<Self> {
        self.with_context(TaskContext::current())
    }

    /// Polls, and drops, in the span. The span ends with the future or the body, or when a stream,
    /// a sink or a service is dropped.
    fn in_span(self, span: Span) -> InContext<Self> {
        self.with_context(span)
    }
}

impl<T> ContextExt for T {}

pin_project! {
    /// A future, stream, sink, HTTP body or tower service in a context, made by [`ContextExt`].
    #[must_use = "does nothing unless it is polled"]
    pub struct InContext<T> {
        // `None` when there is nothing to poll any more.
        #[pin]
        inner: Option<T>,
        context: TaskContext,
        again: Again,
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
        let _mark = this.context.mark();
        let entered = this.again.enter(this.context);
        let polled = inner.poll(cx);
        if polled.is_ready() {
            // Here and not in the destructor: the context is entered once less, and the span does
            // not wait for whoever keeps a finished future.
            let entered = entered.into_seen(this.context);
            this.inner.set(None);
            drop(entered);
            *this.context = TaskContext::none();
        } else {
            drop(entered);
            this.again.settle(this.context);
        }
        polled
    }
}

impl<S: Stream> Stream for InContext<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else { return Poll::Ready(None) };
        let entered = this.again.enter(this.context);
        let polled = inner.poll_next(cx);
        drop(entered);
        this.again.settle(this.context);
        polled
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

/// The span ends when the body does, or is dropped: not with the handler that returned it.
impl<B: Body> Body for InContext<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let entered = this.again.enter(this.context);
        let polled = inner.poll_frame(cx);
        if matches!(polled, Poll::Ready(None)) {
            let entered = entered.into_seen(this.context);
            this.inner.set(None);
            drop(entered);
            *this.context = TaskContext::none();
        } else {
            drop(entered);
            this.again.settle(this.context);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

/// Each call, and the future of its answer, is in the context.
impl<Request, S: Service<Request>> Service<Request> for InContext<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = InContext<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        let Some(inner) = &mut self.inner else { return Poll::Pending };
        let _entered = self.context.enter();
        inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> InContext<S::Future> {
        let _entered = self.context.enter();
        let answer = self.inner.as_mut().map(|inner| inner.call(request));
        InContext { inner: answer, context: self.context.clone(), again: Again::default() }
    }
}

/// A service is cloned for each connection.
impl<T: Clone> Clone for InContext<T> {
    fn clone(&self) -> Self {
        let (inner, context) = (self.inner.clone(), self.context.clone());
        Self { inner, context, again: Again::default() }
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

/// How a context is entered that was, or was not, entered before.
#[derive(Debug, Default)]
enum Again {
    #[default]
    First,
    Seen,
    Unseen(Reentry),
}

impl Again {
    #[inline]
    fn enter<'a>(&'a self, context: &'a TaskContext) -> Entered<'a> {
        if let Self::Unseen(reentry) = self
            && !is_thread_ending()
            && let Some(entered) = reentry.enter()
        {
            return Entered::Unseen { _entered: entered };
        }
        Entered::Seen { _entered: context.enter() }
    }

    /// Once the context was entered.
    #[inline]
    fn settle(&mut self, context: &TaskContext) {
        if matches!(self, Self::First) {
            *self = context.reentry().map_or(Self::Seen, Self::Unseen);
        }
    }
}

enum Entered<'a> {
    Seen { _entered: EnteredContext<'a> },
    Unseen { _entered: Reentered<'a> },
}

impl<'a> Entered<'a> {
    /// The last time is seen by all: it is the end of the span.
    fn into_seen(self, context: &'a TaskContext) -> Self {
        if matches!(self, Self::Seen { .. }) {
            return self;
        }
        drop(self);
        Self::Seen { _entered: context.enter() }
    }
}

impl<T> fmt::Debug for InContext<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InContext").field("context", &self.context).finish_non_exhaustive()
    }
}
