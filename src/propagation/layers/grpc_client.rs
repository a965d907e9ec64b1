//! Calls of gRPC that this process makes.

use http::Request;
use http_body::Body;
use opentelemetry::metrics::Meter;
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::propagation::inject_current;
use crate::propagation::layers::call::{Begun, BodySizes, Call, Protocol};
use crate::propagation::layers::grpc_server::{labels, method};
use crate::propagation::layers::metrics::{LayerMetrics, Side};
use crate::propagation::layers::request::{Server, scheme};
use crate::propagation::layers::service::private::Rules;
use crate::task::TaskContext;

/// A tower layer for gRPC clients, around tonic's `Channel` for example: each call gets a span,
/// carries trace context and baggage in its metadata, and `rpc.client.call.duration` is recorded.
///
/// - The span is a `tracing` span of level INFO and target `beacon::grpc`, a child of the current one, named
///   after the method: `shop.Orders/Get`. It ends with the trailers, or when the response is dropped,
///   with the status `CANCELLED`.
/// - Its status is an error for every status but `OK`. Without any answer it is `UNAVAILABLE`.
///
/// tonic connects with a URI that has no host in its requests; `server.address` is then missing
/// unless it is [given](Self::server).
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
/// use beacon::propagation::GrpcClientLayer;
/// use beacon::testing::TestTelemetry;
/// use http::{Request, Response};
/// use tower_layer::Layer as _;
/// use tower_service::Service as _;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let test = TestTelemetry::start()?;
/// let _entered = test.enter();
/// let channel = tower::service_fn(async |_: Request<String>| {
///     Response::builder().header("grpc-status", "0").body(String::new())
/// });
/// let mut client = GrpcClientLayer::new().server("shop", 443).layer(channel);
/// drop(client.call(Request::post("/shop.Orders/Get").body(String::new())?).await?);
/// test.span("shop.Orders/Get")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct GrpcClientLayer {
    metrics: LayerMetrics,
    server: Option<(String, u16)>,
}

impl GrpcClientLayer {
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

    /// Says which server is called, for `server.address` and `server.port`. Default: what the request
    /// says.
    #[must_use]
    pub fn server(mut self, address: impl Into<String>, port: u16) -> Self {
        self.server = Some((address.into(), port));
        self
    }

    fn server_of<B>(&self, request: &Request<B>) -> Server {
        let Some((address, port)) = &self.server else {
            let server = Server::of(request);
            return match (&server.address, scheme(request.uri())) {
                (Some(_), Some(scheme)) => server.or_default_port(scheme),
                _ => server,
            };
        };
        Server { address: Some(address.clone()), port: Some(i64::from(*port)) }
    }
}

impl Rules for GrpcClientLayer {
    fn begin<B: Body>(&self, request: &mut Request<B>) -> Option<Call> {
        let method = method(request.uri().path()).to_owned();
        let server = self.server_of(request);
        let span = info_span!(
            target: "beacon::grpc",
            "gRPC client",
            otel.name = method,
            otel.kind = "client",
            rpc.system.name = "grpc",
            rpc.method = method,
        );
        let context = TaskContext::of_span(span.clone());
        context.run(|| inject_current(request.headers_mut()));
        let mut labels = labels(method);
        for label in server.into_attributes() {
            span.set_attribute(label.key.clone(), label.value.clone());
            labels.push(label);
        }
        Some(Call::begin(Begun {
            context,
            span,
            protocol: Protocol::Grpc,
            side: Side::Client,
            metrics: self.metrics.get().map(|metrics| metrics.grpc(Side::Client)),
            labels,
            is_head: false,
            trace_header: None,
            sizes: BodySizes::Unmeasured,
        }))
    }
}
