//! What a server tells its caller about the trace.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::TraceContextExt as _;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// A header of responses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum TraceHeader {
    /// The trace id alone, in hex: for people.
    TraceId(HeaderName),
    /// Trace, span and flags as in `traceparent`: for programs.
    ///
    /// Source: <https://w3c.github.io/trace-context/#traceresponse-header>
    TraceResponse,
}

impl TraceHeader {
    /// Sets the header, if somebody records the span.
    pub(super) fn set(self, headers: &mut HeaderMap, span: &Span) {
        let context = span.context();
        let span = context.span();
        let span = span.span_context();
        if !span.is_valid() {
            return;
        }
        let (trace_id, span_id) = (span.trace_id(), span.span_id());
        let (name, value) = match self {
            Self::TraceId(name) => (name, trace_id.to_string()),
            Self::TraceResponse => {
                let flags = span.trace_flags().to_u8();
                (TRACE_RESPONSE, format!("00-{trace_id}-{span_id}-{flags:02x}"))
            }
        };
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");
