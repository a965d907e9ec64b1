//! The recording layers, put together.

use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::layer::{Identity, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::config::RecordingSettings;
use crate::export::processors::SpanTracer;
use crate::logging::filter::{AdmissionFilter, SoleAdmission};
use crate::logging::live::LiveFilters;
use crate::logging::live_spans::{LiveSpanLayer, LiveSpans};
use crate::logging::log_layer::{LogLayer, SoleLogLayer};
use crate::logging::span_fields::SpanFieldsLayer;
use crate::logging::trace_layer::trace_layer;
use crate::logging::{DirectiveError, Redactor, Sinks};
use crate::memory::{CallSiteLayer, is_tracking};

/// What the layers are made of.
#[derive(Debug)]
pub(crate) struct RecordingParts {
    /// `None`: spans are not recorded.
    pub(crate) tracer: Option<SpanTracer>,
    /// `None`: events go nowhere.
    pub(crate) sinks: Option<Sinks>,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) settings: RecordingSettings,
    pub(crate) filters: Arc<LiveFilters>,
    /// `None`: unfinished spans are of no interest.
    pub(crate) live_spans: Option<Arc<LiveSpans>>,
}

/// Recording layers, or none.
pub(crate) type RecordingLayer<S> = Box<dyn Layer<S> + Send + Sync>;

impl RecordingParts {
    fn marks_errors(&self) -> bool {
        self.tracer.is_some() && self.settings.error_events_to_status
    }

    /// Lines show the fields of spans and records copy some, also where spans go nowhere.
    fn needs_span_fields(&self) -> bool {
        self.sinks.as_ref().is_some_and(Sinks::needs_span_fields)
    }

    fn needs_spans(&self) -> bool {
        self.tracer.is_some() || self.needs_span_fields()
    }

    /// Events are written, or mark their spans.
    fn needs_logs(&self) -> bool {
        self.sinks.is_some() || self.marks_errors()
    }
}

/// Returns the layers that record spans and events, for any subscriber with a registry below it:
/// only the registry of `tracing-subscriber` knows filters that belong to one layer.
///
/// The order of the layers is fixed: a span is active before a log record asks for it.
///
/// # Errors
///
/// A directive of one of the two filters that means nothing.
pub(crate) fn layer<S>(parts: RecordingParts) -> Result<RecordingLayer<S>, DirectiveError>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let marks_errors = parts.marks_errors();
    let (needs_spans, needs_span_fields) = (parts.needs_spans(), parts.needs_span_fields());
    let needs_logs = parts.needs_logs();
    let RecordingParts { tracer, sinks, redactor, settings, filters, live_spans } = parts;

    let logs = if needs_logs {
        let admission = filters.admission(needs_spans, sinks.is_some(), marks_errors)?;
        let filter = AdmissionFilter(Arc::clone(&admission));
        let logs = LogLayer::new(sinks, admission);
        let logs: RecordingLayer<S> = if needs_span_fields {
            Box::new(SpanFieldsLayer::new(redactor).and_then(logs).with_filter(filter))
        } else {
            Box::new(logs.with_filter(filter))
        };
        Some(logs)
    } else {
        None
    };
    let Some(tracer) = tracer else {
        // An absent layer is neutral. A vector without layers would switch everything off.
        return Ok(logs.unwrap_or_else(|| Box::new(None::<LogLayer>)));
    };
    let filter = AdmissionFilter(filters.admission(true, settings.span_events, false)?);
    let spans = traces(tracer, &settings, live_spans).with_filter(filter);
    // An `Option` does not tell its layer which subscriber it is a part of.
    Ok(match logs {
        Some(logs) => Box::new(spans.and_then(logs)),
        None => Box::new(spans),
    })
}

/// The layers of spans, without a filter.
fn traces<S>(
    tracer: SpanTracer,
    settings: &RecordingSettings,
    live_spans: Option<Arc<LiveSpans>>,
) -> RecordingLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let spans = trace_layer(tracer, settings);
    // Call-sites go before the traces: when a span is left, its OpenTelemetry span is still the
    // current one.
    match (is_tracking(), live_spans.map(LiveSpanLayer::new)) {
        (false, None) => Box::new(spans),
        (false, Some(live)) => Box::new(spans.and_then(live)),
        (true, None) => Box::new(CallSiteLayer::new().and_then(spans)),
        (true, Some(live)) => Box::new(CallSiteLayer::new().and_then(spans).and_then(live)),
    }
}

/// Returns a subscriber with the recording layers and nothing else.
///
/// It records what [`layer`] records, for less: filters that belong to one layer are asked again
/// and again so that other layers can differ, and here there are none.
///
/// # Errors
///
/// As [`layer`].
pub(crate) fn registry(
    parts: RecordingParts,
) -> Result<impl Subscriber + for<'span> LookupSpan<'span> + Send + Sync, DirectiveError> {
    let (needs_spans, marks_errors) = (parts.needs_spans(), parts.marks_errors());
    let fields = parts.needs_span_fields().then(|| Arc::clone(&parts.redactor));
    let RecordingParts { tracer, sinks, settings, filters, live_spans, .. } = parts;
    let makes_span_events = tracer.is_some() && settings.span_events;
    let needs_events = sinks.is_some() || makes_span_events;

    let admission = filters.admission(needs_spans, needs_events, marks_errors)?;
    let logs = LogLayer::new(sinks, Arc::clone(&admission));
    let spans = match tracer {
        Some(tracer) => traces(tracer, &settings, live_spans),
        None => Box::new(Identity::new()),
    };
    Ok(Registry::default()
        .with(spans)
        .with(fields.map(SpanFieldsLayer::new))
        .with(SoleLogLayer::new(logs, makes_span_events))
        .with(SoleAdmission(admission)))
}
