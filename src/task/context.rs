//! The one thing that every helper hands over: where a piece of work belongs.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context as OtelContext, ContextGuard};
use tracing::dispatcher::{self, DefaultGuard};
use tracing::{Dispatch, Span};

use crate::logging::Reentry;
use crate::task::runtime::{Mark, mark_span};
use crate::thread_end::{is_thread_ending, watch_thread};

/// Where a piece of work belongs: the current `tracing` span, and the OpenTelemetry context with its
/// baggage and whatever else was put into it.
///
/// It is captured once, and entered for as long as the work runs: once for a function, once per poll
/// for a future. The span stays open until the last holder is gone, which is why work that outlives
/// its request belongs into [`spawn_linked`](crate::task::spawn_linked).
///
/// Capturing costs two reference counts, entering what entering the span costs. Where telemetry was
/// never started there is nothing to capture, and nothing is entered.
///
/// # Examples
///
/// ```
/// use beacon::task::TaskContext;
/// use beacon::testing::TestTelemetry;
///
/// let test = TestTelemetry::start()?;
/// let context = test.with(|| tracing::info_span!("request").in_scope(TaskContext::current));
/// std::thread::scope(|scope| {
///     scope.spawn(|| context.run(|| tracing::info!("from a pool of your own")));
/// });
/// drop(context);
/// test.span("request")?.log("from a pool of your own")?;
/// # Ok::<(), beacon::testing::TestError>(())
/// ```
#[derive(Clone)]
pub struct TaskContext {
    /// The subscriber of a test, which is not that of the process.
    dispatch: Option<Dispatch>,
    span: Span,
    otel: Option<OtelContext>,
}

impl TaskContext {
    /// Captures where the caller is.
    pub fn current() -> Self {
        if is_thread_ending() || !is_telemetry_in_use() {
            return Self::none();
        }
        let span = Span::current();
        if !span.is_none() {
            watch_thread();
        }
        Self { dispatch: scoped_dispatch(), span, otel: Some(OtelContext::current()) }
    }

    /// A span to work in, also where nobody records it: then it is the context of the caller.
    pub(crate) fn of_span(span: Span) -> Self {
        if span.is_disabled() { Self::current() } else { Self::from(span) }
    }

    /// A span that nobody records as a part of its trace, and what came with its request.
    pub(crate) fn of_request(span: Span, caller: OtelContext) -> Self {
        Self { dispatch: scoped_dispatch(), span, otel: Some(caller) }
    }

    /// Nothing: work runs in it as it would without beacon.
    pub(crate) fn none() -> Self {
        Self { dispatch: None, span: Span::none(), otel: None }
    }

    /// Tells whether there is nothing to hand over.
    pub(crate) fn is_none(&self) -> bool {
        self.otel.is_none() && self.dispatch.is_none() && self.span.is_none()
    }

    /// Makes the context the current one of this thread until the guard is dropped.
    ///
    /// The guard cannot go to another thread, and must not live across an `.await`: use
    /// [`ContextExt`](crate::task::ContextExt) for futures.
    pub fn enter(&self) -> EnteredContext<'_> {
        if is_thread_ending() {
            return EnteredContext { _otel: None, _span: None, _scope: None };
        }
        let scope = self.dispatch.as_ref().map(ScopedSubscriber::enter);
        // Entering the span activates the context that the span was made in. What was attached
        // later (baggage, a span of the OpenTelemetry API) goes on top of it.
        let span = (!self.span.is_none()).then(|| self.span.enter());
        if span.is_some() {
            watch_thread();
        }
        let otel = self.otel.clone().map(OtelContext::attach);
        EnteredContext { _otel: otel, _span: span, _scope: scope }
    }

    /// Returns what it takes to enter the context again and again, once it was entered, or `None`
    /// where [`enter`](Self::enter) has to do it.
    pub(crate) fn reentry(&self) -> Option<Reentry> {
        // The subscriber of a test has other layers.
        if self.dispatch.is_some() { None } else { Reentry::of(&self.span, self.otel.as_ref()) }
    }

    /// Tells whoever watches the thread that a poll in this context begins.
    #[inline]
    pub(crate) fn mark(&self) -> Mark {
        mark_span(&self.span)
    }

    /// Runs a function in the context.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = self.enter();
        work()
    }

    /// Returns a function that runs in the context each time it is called: for iterators of a thread
    /// pool, callbacks, and whatever else takes functions.
    ///
    /// # Examples
    ///
    /// ```
    /// use beacon::task::TaskContext;
    ///
    /// let double = TaskContext::current().carry(|number: u32| number * 2);
    /// assert_eq!([1, 2].map(double), [2, 4]);
    /// ```
    pub fn carry<A, R>(self, work: impl Fn(A) -> R) -> impl Fn(A) -> R {
        move |argument| self.run(|| work(argument))
    }
}

/// A span to work in. The rest is what the span was made in.
impl From<Span> for TaskContext {
    fn from(span: Span) -> Self {
        Self { dispatch: scoped_dispatch(), span, otel: None }
    }
}

/// A context of the OpenTelemetry API, such as one that came with a request.
impl From<OtelContext> for TaskContext {
    fn from(context: OtelContext) -> Self {
        Self { dispatch: scoped_dispatch(), span: Span::none(), otel: Some(context) }
    }
}

impl Drop for TaskContext {
    fn drop(&mut self) {
        // The registry closes the parents of a span by means of the current subscriber.
        if let Some(dispatch) = self.dispatch.take() {
            let _scope = ScopedSubscriber::enter(&dispatch);
            self.span = Span::none();
        }
    }
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext")
            .field("span", &self.span)
            .field("otel", &self.otel)
            .finish_non_exhaustive()
    }
}

/// The scope of [`TaskContext::enter`]: ends when dropped.
#[must_use = "the scope ends when this is dropped: bind it to a name, not to `_`"]
pub struct EnteredContext<'a> {
    // Dropped in this order, the reverse of that in which they were made.
    _otel: Option<ContextGuard>,
    _span: Option<tracing::span::Entered<'a>>,
    _scope: Option<ScopedSubscriber>,
}

impl fmt::Debug for EnteredContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnteredContext").finish_non_exhaustive()
    }
}

/// Tells whether anybody could miss the context: there is a subscriber, or something was attached by
/// means of the OpenTelemetry API.
fn is_telemetry_in_use() -> bool {
    dispatcher::has_been_set()
        || OtelContext::map_current(|context| {
            context.has_active_span()
                || !context.baggage().is_empty()
                || context.is_telemetry_suppressed()
        })
}

/// How many scopes of tests are open, on all threads.
static SCOPES: AtomicUsize = AtomicUsize::new(0);

/// A scope with a subscriber of its own. Work that is handed over stays in it. A subscriber of the
/// whole process is everywhere, and is not handed over.
#[derive(Debug)]
pub(crate) struct ScopedSubscriber {
    _default: DefaultGuard,
}

impl ScopedSubscriber {
    pub(crate) fn enter(dispatch: &Dispatch) -> Self {
        SCOPES.fetch_add(1, Ordering::Relaxed);
        Self { _default: dispatcher::set_default(dispatch) }
    }
}

impl Drop for ScopedSubscriber {
    fn drop(&mut self) {
        SCOPES.fetch_sub(1, Ordering::Relaxed);
    }
}

fn scoped_dispatch() -> Option<Dispatch> {
    (SCOPES.load(Ordering::Relaxed) > 0).then(|| dispatcher::get_default(Dispatch::clone))
}
