//! Log events that can be checked: each carries the ids of the span in which the code ran.

use beacon::opentelemetry::Context;
use beacon::opentelemetry::trace::{SpanContext, TraceContextExt as _};

/// Logs inside a span, with the span's ids as the code sees them. Whoever receives the record can
/// compare them with the record's own ids.
macro_rules! say {
    ($level:ident, $($rest:tt)+) => {{
        let here = $crate::demo::say::here();
        beacon::tracing::$level!(
            demo.in_span = true,
            demo.trace_id = %here.trace_id(),
            demo.span_id = %here.span_id(),
            $($rest)+
        );
    }};
}

pub(super) use say;

/// The span in which the caller runs.
pub(super) fn here() -> SpanContext {
    Context::current().span().span_context().clone()
}
