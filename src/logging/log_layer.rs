//! The layer that turns `tracing` events into log records and lines.

use std::sync::{Arc, OnceLock};

use opentelemetry::Context as OtelContext;
use opentelemetry::trace::{Status, TraceContextExt};
use tracing::dispatcher::WeakDispatch;
use tracing::{Dispatch, Event, Metadata, Subscriber, span};
use tracing_opentelemetry::get_otel_context;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::export::encode::TraceIds;
use crate::logging::filter::Admission;
use crate::logging::sinks::Sinks;
use crate::logging::source::EventSource;
use crate::suppression::is_own_thread;
use crate::thread_end::is_thread_ending;

/// Records events under the ids of their span, and marks the span of an ERROR event.
///
/// It keeps nothing in the extensions of spans and takes no lock that the user's code could need:
/// the trace layer activates the OpenTelemetry context of the span that is entered, and everything
/// about the current span is found there.
#[derive(Debug)]
pub(crate) struct LogLayer {
    /// `None` where events go nowhere, and only the status of their spans is of interest.
    sinks: Option<Sinks>,
    admission: Arc<Admission>,
    /// The subscriber that this layer is a part of. Weak, since it owns the layer. Unknown inside an
    /// `Option`, which does not pass it on: then no explicit parent is found.
    dispatch: OnceLock<WeakDispatch>,
}

impl LogLayer {
    pub(crate) const fn new(sinks: Option<Sinks>, admission: Arc<Admission>) -> Self {
        Self { sinks, admission, dispatch: OnceLock::new() }
    }

    /// The context of the span that the event names as its parent.
    ///
    /// Starts that span, if it was not entered yet: it has no ids before.
    fn parent_context<S>(&self, parent: &span::Id, ctx: &Context<'_, S>) -> Option<OtelContext>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        // `get_otel_context` panics for an id without a span, as that of a span that was closed.
        // An event with a handle of its parent keeps it open; one with a mere id is checked here.
        let _span = ctx.span(parent)?;
        let dispatch = self.dispatch.get()?.upgrade()?;
        get_otel_context(parent, &dispatch)
    }

    /// Returns whether the directives want the event as such.
    fn record<S>(&self, event: &Event<'_>, ctx: &Context<'_, S>) -> bool
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let source = EventSource::of(event);
        let marks = source.with_metadata(|metadata| self.admission.marks_status(metadata));
        let origin = self.origin(event, ctx, marks);
        // What marks a status may be here for that alone. Everything else was asked before.
        let admits = |metadata: &Metadata<'_>| self.admission.admits_event(metadata, ctx);
        let is_wanted = !marks || source.with_metadata(admits);
        if let (Origin::Recorded(trace), Some(sinks), true) = (origin, &self.sinks, is_wanted) {
            sinks.record(event, &source, trace, ctx);
        }
        is_wanted
    }

    /// What the event belongs to, looked up before any of the user's code runs.
    fn origin<S>(&self, event: &Event<'_>, ctx: &Context<'_, S>, marks: bool) -> Origin
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        if is_thread_ending() {
            return Origin::Recorded(None);
        }
        if is_own_thread() {
            return Origin::Suppressed;
        }
        let read = |context: &OtelContext| {
            if !context.has_active_span() {
                return None;
            }
            let span = context.span();
            if marks {
                span.set_status(Status::error(""));
            }
            TraceIds::of(span.span_context())
        };
        let is_contextual = event.is_contextual();
        let origin = OtelContext::map_current(|context| match context {
            context if context.is_telemetry_suppressed() => Origin::Suppressed,
            context if is_contextual => Origin::Recorded(read(context)),
            _ => Origin::Recorded(None),
        });
        if is_contextual || matches!(origin, Origin::Suppressed) {
            return origin;
        }
        let parent = event.parent().and_then(|parent| self.parent_context(parent, ctx));
        Origin::Recorded(parent.as_ref().and_then(read))
    }
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        self.admission.set_dispatch(dispatch);
        // A layer is part of one subscriber, so a second call brings nothing new.
        self.dispatch.get_or_init(|| dispatch.downgrade());
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        self.record(event, &ctx);
    }
}

/// [`LogLayer`] in a subscriber that has no other layers than ours.
///
/// It takes an event when it is asked about it, and lets it pass on as an event of its span only
/// where that is wanted: the official layer has no filter of its own there that could refuse it.
#[derive(Debug)]
pub(crate) struct SoleLogLayer {
    logs: LogLayer,
    passes_on: bool,
}

impl SoleLogLayer {
    pub(crate) const fn new(logs: LogLayer, passes_on: bool) -> Self {
        Self { logs, passes_on }
    }
}

impl<S> Layer<S> for SoleLogLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_register_dispatch(&self, dispatch: &Dispatch) {
        Layer::<S>::on_register_dispatch(&self.logs, dispatch);
    }

    fn event_enabled(&self, event: &Event<'_>, ctx: Context<'_, S>) -> bool {
        self.logs.record(event, &ctx) && self.passes_on
    }
}

/// What an event belongs to.
#[derive(Clone, Copy, Debug)]
enum Origin {
    /// To a span, or to none.
    Recorded(Option<TraceIds>),
    /// To beacon's own work, of which there are no records.
    Suppressed,
}
