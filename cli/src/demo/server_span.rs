//! The span and the measurement around each request that the service answers.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use beacon::opentelemetry::global;
use beacon::tracing::field::Empty;
use beacon::tracing::{Instrument as _, info_span};
use beacon::tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tokio::time::Instant;

use crate::demo::carrier::HeaderExtractor;
use crate::demo::service_metrics::ServiceMetrics;

/// Continues the caller's trace with a server span, as the semantic conventions want it.
///
/// Source: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span>
pub(super) async fn observe(
    State(metrics): State<ServiceMetrics>,
    route: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let in_flight = metrics.begin_request();
    let began = Instant::now();
    let method = request.method().clone();
    let span = info_span!(
        "request",
        otel.name = format!("{method} {}", route.as_str()),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route.as_str(),
        http.response.status_code = Empty,
        url.path = request.uri().path(),
        url.scheme = "http",
        "error.type" = Empty,
        otel.status_code = Empty,
    );
    let caller = global::get_text_map_propagator(|propagator| {
        propagator.extract(&HeaderExtractor(request.headers()))
    });
    // Fails only when spans are off, and then there is no trace to continue.
    let _ = span.set_parent(caller);

    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "error");
    }
    metrics.record_request(&method, route.as_str(), status, began.elapsed());
    drop(in_flight);
    response
}
