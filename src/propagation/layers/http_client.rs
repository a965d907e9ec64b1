//! Requests that this process sends.

use http::{Method, Request};
use http_body::Body;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;
use tracing::info_span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::catalog::{attribute, request_attribute};
use crate::propagation::inject_current;
use crate::propagation::layers::call::{Begun, BodySizes, Call, Protocol};
use crate::propagation::layers::metrics::{LayerMetrics, Side};
use crate::propagation::layers::request::{Server, cut, is_secret, scheme};
use crate::propagation::layers::service::private::Rules;
use crate::propagation::semantics::http::LayerMethods;
use crate::propagation::semantics::url::redact_url;
use crate::task::TaskContext;

/// How often a request was sent before, for retries: put it into the extensions of a request, and the
/// span of the attempt has `http.request.resend_count`.
///
/// Each attempt that goes through the layer has a span of its own, so the layer belongs inside of
/// what retries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a number with a name")]
pub struct ResendCount(pub u32);

/// A tower layer for HTTP clients: each request gets a span, carries trace context and baggage in
/// its headers, and `http.client.request.duration` is recorded.
///
/// - The span is a `tracing` span of level INFO and target `beacon::http`, a child of the current one, and
///   is named after the method.
/// - It ends with the body of the response, or when that is dropped. A request that is dropped before
///   there is a response is an error of type `cancelled`.
/// - Its status is an error from 400 on, and where there is no response; `error.type` is then the
///   status, or the name of the error's type.
/// - User, password, the values of secret parameters and the fragment are not in `url.full`, which is
///   cut at 2,048 bytes.
///
/// Readiness is that of the inner service. Without telemetry it hands the requests through.
///
/// Source of names and rules: <https://opentelemetry.io/docs/specs/semconv/http/>.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
///
/// use beacon::propagation::HttpClientLayer;
/// use beacon::testing::TestTelemetry;
/// use http::{Request, Response};
/// use tower_layer::Layer as _;
/// use tower_service::Service as _;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let test = TestTelemetry::start()?;
/// let _entered = test.enter();
/// let connection = tower::service_fn(async |_: Request<String>| {
///     Ok::<_, Infallible>(Response::new(String::new()))
/// });
/// let mut client = HttpClientLayer::new().layer(connection);
/// drop(client.call(Request::get("http://shop/orders").body(String::new())?).await?);
/// test.span("GET")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct HttpClientLayer {
    metrics: LayerMetrics,
    methods: LayerMethods,
    measures_bodies: bool,
}

impl HttpClientLayer {
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

    /// Records the metrics `http.client.request.body.size` and `http.client.response.body.size` as well: two
    /// more histograms for each series. Default: lengths are attributes of spans only.
    #[must_use]
    pub const fn body_sizes(mut self) -> Self {
        self.measures_bodies = true;
        self
    }

    /// Replaces the methods that are known: separated by commas, case-sensitive. An empty list is the
    /// default one. Default: what `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` says of installed telemetry.
    #[must_use]
    pub fn known_methods(mut self, list: &str) -> Self {
        self.methods = LayerMethods::parse(list);
        self
    }
}

impl Rules for HttpClientLayer {
    fn begin<B: Body>(&self, request: &mut Request<B>) -> Option<Call> {
        let method = request.method().as_str();
        let methods = self.methods.get();
        let known_method = methods.attribute(method).to_owned();
        let scheme = scheme(request.uri()).unwrap_or("http");
        let server = Server::of(request).or_default_port(scheme);
        let span = info_span!(
            target: "beacon::http",
            "HTTP client",
            otel.name = methods.in_span_name(method),
            otel.kind = "client",
            http.request.method = known_method,
        );
        if !span.is_disabled() {
            let url = request.uri().to_string();
            span.set_attribute(
                request_attribute::URL_FULL,
                cut(&redact_url(&url, is_secret)).to_owned(),
            );
            if let Some(method) = methods.original(method) {
                span.set_attribute(
                    request_attribute::REQUEST_METHOD_ORIGINAL,
                    cut(method).to_owned(),
                );
            }
            if let Some(&ResendCount(count @ 1..)) = request.extensions().get() {
                span.set_attribute(request_attribute::REQUEST_RESEND_COUNT, i64::from(count));
            }
        }
        let is_head = request.method() == Method::HEAD;
        let context = TaskContext::of_span(span.clone());
        context.run(|| inject_current(request.headers_mut()));
        let mut labels = vec![KeyValue::new(attribute::HTTP_REQUEST_METHOD, known_method)];
        for label in server.into_attributes() {
            span.set_attribute(label.key.clone(), label.value.clone());
            labels.push(label);
        }
        Some(Call::begin(Begun {
            context,
            span,
            protocol: Protocol::Http,
            side: Side::Client,
            metrics: self.metrics.get().map(|metrics| metrics.http(Side::Client)),
            labels,
            is_head,
            sizes: BodySizes::of(request, self.measures_bodies),
            trace_header: None,
        }))
    }
}
