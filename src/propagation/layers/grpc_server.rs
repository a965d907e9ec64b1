//! Calls of gRPC that this process answers.

use http::Request;
use http_body::Body;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::catalog::attribute;
use crate::propagation::extract;
use crate::propagation::layers::call::{Begun, BodySizes, Call, Protocol};
use crate::propagation::layers::http_server::{context_of, continue_trace};
use crate::propagation::layers::metrics::{LayerMetrics, Side};
use crate::propagation::layers::request::{Server, cut};
use crate::propagation::layers::service::private::Rules;

/// A tower layer for gRPC servers, such as tonic's `Server::layer`: each call gets a span that
/// continues the trace of its caller, and `rpc.server.call.duration` is recorded.
///
/// - The span is a `tracing` span of level INFO and target `beacon::grpc`, named after the method:
///   `shop.Orders/Get`. It ends with the trailers, or when the response is dropped: the caller has gone,
///   and the status is `CANCELLED`.
/// - Its status is an error for `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE`
///   and `DATA_LOSS`. What a caller did wrong is no failure of the server.
/// - Methods that do not exist are `_OTHER` in the metrics: their names are the caller's.
///
/// Readiness is that of the inner service. Without telemetry it hands the calls through.
///
/// Source of names and rules: <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
///
/// use beacon::propagation::GrpcServerLayer;
/// use beacon::testing::TestTelemetry;
/// use http::{Request, Response};
/// use tower_layer::Layer as _;
/// use tower_service::Service as _;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let test = TestTelemetry::start()?;
/// let _entered = test.enter();
/// let orders = tower::service_fn(async |_: Request<String>| {
///     Response::builder().header("grpc-status", "0").body(String::new())
/// });
/// let mut service = GrpcServerLayer::new().layer(orders);
/// drop(service.call(Request::post("/shop.Orders/Get").body(String::new())?).await?);
/// test.span("shop.Orders/Get")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct GrpcServerLayer {
    metrics: LayerMetrics,
    is_public: bool,
}

impl GrpcServerLayer {
    /// Returns the layer with its defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records the metrics with this meter instead of that of installed telemetry.
    #[must_use]
    pub fn meter(mut self, meter: &Meter) -> Self {
        self.metrics = LayerMetrics::of(meter);
        self
    }

    /// As [`HttpServerLayer::public_endpoint`](crate::propagation::HttpServerLayer::public_endpoint).
    #[must_use]
    pub const fn public_endpoint(mut self) -> Self {
        self.is_public = true;
        self
    }
}

impl Rules for GrpcServerLayer {
    fn begin<B: Body>(&self, request: &mut Request<B>) -> Option<Call> {
        let method = method(request.uri().path()).to_owned();
        let span = info_span!(
            target: "beacon::grpc",
            parent: None,
            "gRPC server",
            otel.name = method,
            otel.kind = "server",
            rpc.system.name = "grpc",
            rpc.method = method,
        );
        let caller = extract(request.headers());
        continue_trace(&span, &caller, self.is_public);
        if !span.is_disabled() {
            for KeyValue { key, value, .. } in Server::of(request).into_attributes() {
                span.set_attribute(key, value);
            }
        }
        let context = context_of(&span, caller, self.is_public);
        Some(Call::begin(Begun {
            context,
            span,
            protocol: Protocol::Grpc,
            side: Side::Server,
            metrics: self.metrics.get().map(|metrics| metrics.grpc(Side::Server)),
            labels: labels(method),
            is_head: false,
            trace_header: None,
            sizes: BodySizes::Unmeasured,
        }))
    }
}

/// The full name of a method, from the path of its request.
pub(super) fn method(path: &str) -> &str {
    let name = path.strip_prefix('/').unwrap_or(path);
    let is_method = name.split('/').filter(|part| !part.is_empty()).count() == 2;
    if is_method { cut(name) } else { "_OTHER" }
}

/// Those that both sides have.
pub(super) fn labels(method: String) -> Vec<KeyValue> {
    vec![
        KeyValue::new(attribute::RPC_SYSTEM_NAME, "grpc"),
        KeyValue::new(attribute::RPC_METHOD, method),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_a_service_and_a_name() {
        assert_eq!(method("/shop.Orders/Get"), "shop.Orders/Get");
        for path in ["/", "", "/a", "/a/b/c", "//b", "/a/"] {
            assert_eq!(method(path), "_OTHER", "{path}");
        }
    }
}
