//! The recording layers, put together.

use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::config::RecordingSettings;
use crate::export::processors::SpanTracer;
use crate::logging::copied_fields::CopiedFields;
use crate::logging::filter::{Admission, AdmissionFilter, Directives};
use crate::logging::log_layer::LogLayer;
use crate::logging::span_fields::SpanFieldsLayer;
use crate::logging::trace_layer::trace_layer;
use crate::logging::{DirectiveError, Lines, LogRecorder, Redactor};

/// What the layers are made of.
#[derive(Debug)]
pub(crate) struct RecordingParts {
    /// `None`: spans are not recorded.
    pub(crate) tracer: Option<SpanTracer>,
    /// `None`: log records are not recorded.
    pub(crate) recorder: Option<LogRecorder>,
    /// `None`: nobody reads lines.
    pub(crate) lines: Option<Arc<Lines>>,
    pub(crate) redactor: Arc<Redactor>,
    pub(crate) settings: RecordingSettings,
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
    let RecordingParts { tracer, recorder, lines, redactor, settings } = parts;
    let marks_errors = tracer.is_some() && settings.error_events_to_status;
    // Lines show the fields of spans and records copy some, also where spans go nowhere.
    let copies_fields = recorder.is_some() && !settings.span_fields.is_empty();
    let keeps_fields = lines.is_some() || copies_fields;
    let takes_spans = tracer.is_some() || keeps_fields;
    // Directives that name spans keep books about the spans of their layer: each layer has its own.
    let spans = takes_spans.then_some(settings.trace_filter.as_str());

    let logs = if recorder.is_some() || lines.is_some() || marks_errors {
        let takes_events = recorder.is_some() || lines.is_some();
        let events = takes_events.then_some(settings.log_filter.as_str());
        let admission = Arc::new(Admission::new(parse(spans)?, parse(events)?, marks_errors));
        let filter = AdmissionFilter(Arc::clone(&admission));
        let copied = CopiedFields::new(&settings.span_fields);
        let logs = LogLayer::new(recorder, lines, admission, copied);
        let logs: RecordingLayer<S> = if keeps_fields {
            Box::new(SpanFieldsLayer::new(redactor).and_then(logs).with_filter(filter))
        } else {
            Box::new(logs.with_filter(filter))
        };
        Some(logs)
    } else {
        None
    };
    let traces = match tracer {
        None => None,
        Some(tracer) => {
            let events = settings.span_events.then_some(settings.log_filter.as_str());
            let admission = Admission::new(parse(spans)?, parse(events)?, false);
            let filter = AdmissionFilter(Arc::new(admission));
            Some(trace_layer(tracer, &settings).with_filter(filter))
        }
    };
    // An `Option` does not tell its layer which subscriber it is a part of, so the log layer cannot
    // live in one.
    Ok(match (traces, logs) {
        (Some(traces), Some(logs)) => Box::new(traces.and_then(logs)),
        (Some(traces), None) => Box::new(traces),
        (None, Some(logs)) => logs,
        // An absent layer is neutral. A vector without layers would switch everything off.
        (None, None) => Box::new(None::<LogLayer>),
    })
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

fn parse(directives: Option<&str>) -> Result<Option<Directives>, DirectiveError> {
    directives.map(Directives::parse).transpose()
}
