//! The recording layers, put together.

use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::config::RecordingSettings;
use crate::export::processors::SpanTracer;
use crate::logging::filter::{Admission, AdmissionFilter, Directives, EventUse};
use crate::logging::log_layer::LogLayer;
use crate::logging::trace_layer::trace_layer;
use crate::logging::{DirectiveError, LogRecorder};

/// What the layers are made of.
#[derive(Debug)]
pub(crate) struct RecordingParts {
    /// `None`: spans are not recorded.
    pub(crate) tracer: Option<SpanTracer>,
    /// `None`: log records are not recorded.
    pub(crate) recorder: Option<LogRecorder>,
    pub(crate) settings: RecordingSettings,
}

/// Returns the layers that record spans and events, for a subscriber of any kind.
///
/// The order of the layers is fixed: a span is active before a log record asks for it.
///
/// # Errors
///
/// A directive of one of the two filters that means nothing.
pub(crate) fn layer<S>(
    parts: RecordingParts,
) -> Result<impl Layer<S> + Send + Sync + use<S>, DirectiveError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let RecordingParts { tracer, recorder, settings } = parts;
    let marks_errors = tracer.is_some() && settings.error_events_to_status;
    let wants = Wanted {
        spans: tracer.is_some(),
        events: recorder.is_some() || (tracer.is_some() && settings.span_events),
        marks_errors,
    };

    // An option without a layer is neutral. A vector without layers would switch everything off.
    let spans = match tracer {
        None => None,
        Some(tracer) => {
            let event_use = if settings.span_events { EventUse::Record } else { EventUse::Ignore };
            let filter = AdmissionFilter::new(Arc::new(wants.admission(&settings)?), event_use);
            Some(trace_layer(tracer, &settings).with_filter(filter))
        }
    };
    let logs = if recorder.is_some() || marks_errors {
        let admission = Arc::new(wants.admission(&settings)?);
        let filter = AdmissionFilter::new(Arc::clone(&admission), EventUse::RecordAndMark);
        Some(LogLayer::new(recorder, admission).with_filter(filter))
    } else {
        None
    };
    Ok(Layer::and_then(spans, logs))
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

#[derive(Clone, Copy, Debug)]
struct Wanted {
    spans: bool,
    events: bool,
    marks_errors: bool,
}

impl Wanted {
    /// Parses the filters anew for each layer: directives that name spans keep books about the
    /// spans of their layer.
    fn admission(self, settings: &RecordingSettings) -> Result<Admission, DirectiveError> {
        let parse = |is_wanted: bool, directives: &str| {
            is_wanted.then(|| Directives::parse(directives)).transpose()
        };
        Ok(Admission {
            spans: parse(self.spans, &settings.trace_filter)?,
            events: parse(self.events, &settings.log_filter)?,
            marks_errors: self.marks_errors,
        })
    }
}
