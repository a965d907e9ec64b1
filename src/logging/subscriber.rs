//! The recording layers, put together.

use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::config::RecordingSettings;
use crate::export::processors::SpanTracer;
use crate::logging::filter::AdmissionFilter;
use crate::logging::live::LiveFilters;
use crate::logging::live_spans::{LiveSpanLayer, LiveSpans};
use crate::logging::log_layer::LogLayer;
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

/// Both recording layers, either, or neither.
pub(crate) type RecordingLayer<S> = Box<dyn Layer<S> + Send + Sync>;

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
    let RecordingParts { tracer, sinks, redactor, settings, filters, live_spans } = parts;
    let marks_errors = tracer.is_some() && settings.error_events_to_status;
    // Lines show the fields of spans and records copy some, also where spans go nowhere.
    let needs_span_fields = sinks.as_ref().is_some_and(Sinks::needs_span_fields);

    let logs = if sinks.is_some() || marks_errors {
        let takes_spans = tracer.is_some() || needs_span_fields;
        let admission = filters.admission(takes_spans, sinks.is_some(), marks_errors)?;
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
    let spans = trace_layer(tracer, &settings);
    let spans: RecordingLayer<S> = match live_spans {
        Some(live_spans) => Box::new(spans.and_then(LiveSpanLayer::new(live_spans))),
        None => Box::new(spans),
    };
    Ok(if is_tracking() {
        // Before the traces: when a span is left, its OpenTelemetry span is still the current one.
        with_logs(CallSiteLayer::new().and_then(spans).with_filter(filter), logs)
    } else {
        with_logs(spans.with_filter(filter), logs)
    })
}

/// An `Option` does not tell its layer which subscriber it is a part of, so the log layer cannot
/// live in one.
fn with_logs<S>(
    traces: impl Layer<S> + Send + Sync,
    logs: Option<RecordingLayer<S>>,
) -> RecordingLayer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    match logs {
        Some(logs) => Box::new(traces.and_then(logs)),
        None => Box::new(traces),
    }
}

/// Returns a subscriber with the recording layers and nothing else.
///
/// # Errors
///
/// As [`layer`].
pub(crate) fn registry(
    parts: RecordingParts,
) -> Result<impl Subscriber + for<'span> LookupSpan<'span> + Send + Sync, DirectiveError> {
    Ok(Registry::default().with(layer(parts)?))
}
