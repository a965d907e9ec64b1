//! The layer that turns `tracing` spans into OpenTelemetry spans.

use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use crate::config::RecordingSettings;
use crate::export::processors::SpanTracer;

/// Returns the official layer with every option stated: a default of the library that changes
/// must not change what beacon records.
///
/// Bound of span events: that of the SDK once the span was entered. Before that the official layer
/// collects them without one.
///
/// An ERROR event marks its span through the log layer. The official layer sees events only when
/// they are wanted as span events, and then marks the span by itself, whatever the settings say
/// about it: it has no option against that.
pub(crate) fn trace_layer<S>(
    tracer: SpanTracer,
    recording: &RecordingSettings,
) -> OpenTelemetryLayer<S, SpanTracer>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    OpenTelemetryLayer::new(tracer)
        // Spans of other instrumentation, log records and outgoing requests find their parent in
        // the OpenTelemetry context.
        .with_context_activation(true)
        // These two are one option upstream: it also adds `code.module.name`, which the semantic
        // conventions do not know.
        .with_location(recording.code_location)
        .with_threads(recording.thread)
        // Not in the semantic conventions, and a quarter of the cost of a span.
        .with_level(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        // An error value is recorded under the name of its field, with its chain. The `exception.*`
        // attributes belong to log records; here they would be the same text once more.
        .with_error_fields_to_exceptions(false)
        .with_error_records_to_exceptions(false)
        .with_error_events_to_exceptions(false)
        .with_error_events_to_status(recording.error_events_to_status)
}
