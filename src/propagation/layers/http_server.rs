//! Requests that this process answers.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::{Extensions, HeaderMap, HeaderName, Method, Request, header};
use http_body::Body;
use opentelemetry::metrics::Meter;
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context as OtelContext, KeyValue, Value};
use tracing::{Span, field, info_span};
use tracing_opentelemetry::{OpenTelemetrySpanExt as _, SetParentError};

use crate::catalog::{attribute, request_attribute};
use crate::propagation::extract;
use crate::propagation::layers::call::{Begun, BodySizes, Call, Protocol};
use crate::propagation::layers::metrics::{LayerMetrics, Side};
use crate::propagation::layers::request::{
    Server, body_len, cut, header, is_secret, scheme, version,
};
use crate::propagation::layers::service::private::Rules;
use crate::propagation::layers::trace_header::TraceHeader;
use crate::propagation::semantics::http::LayerMethods;
use crate::propagation::semantics::url::redact_query;
use crate::task::TaskContext;

/// A tower layer for HTTP servers: each request gets a span that continues the trace of its caller, and
/// `http.server.request.duration` and `http.server.active_requests` are recorded.
///
/// - The span is a `tracing` span of level INFO and target `beacon::http`, named `{method} {route}` or
///   `{method}`: a path without its route would be one name for each order number. The route is that of
///   axum with the feature `axum`, if the layer is inside of the router (`Router::layer`), or what
///   [`route`](Self::route) finds.
/// - It ends with the body of the response. A client that goes away before that ends it as an error of
///   type `cancelled`; a handler that panics as one of type `panic`, and the panic goes on.
/// - Its status is an error from 500 on. What a client did wrong is no failure of the server.
/// - Values of secret parameters in `url.query` are replaced, and values of the client's are cut at
///   2,048 bytes.
/// - Unknown methods are `_OTHER`, so that nobody can make series by inventing methods; which are known
///   is said by `OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` or [`known_methods`](Self::known_methods).
///
/// It adds no task and no lock, and takes readiness from the inner service. Without telemetry it
/// hands the requests through; metrics are those of installed telemetry, or of [`meter`](Self::meter).
///
/// Source of names and rules: <https://opentelemetry.io/docs/specs/semconv/http/>.
///
/// # Examples
///
/// ```
/// use std::convert::Infallible;
///
/// use beacon::propagation::HttpServerLayer;
/// use beacon::testing::TestTelemetry;
/// use http::{Request, Response};
/// use tower_layer::Layer as _;
/// use tower_service::Service as _;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let test = TestTelemetry::start()?;
/// let _entered = test.enter();
/// let handler = tower::service_fn(async |_: Request<String>| {
///     Ok::<_, Infallible>(Response::new(String::new()))
/// });
/// let mut service = HttpServerLayer::new().layer(handler);
/// drop(service.call(Request::get("/orders/7").body(String::new())?).await?);
/// test.span("GET")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct HttpServerLayer {
    metrics: LayerMetrics,
    methods: LayerMethods,
    route: Option<Arc<Route>>,
    skipped_paths: Arc<[String]>,
    client_address: Option<Arc<ClientAddress>>,
    trace_header: Option<TraceHeader>,
    is_https: bool,
    measures_bodies: bool,
    is_public: bool,
}

type Route = dyn Fn(&Extensions) -> Option<String> + Send + Sync;
type ClientAddress = dyn Fn(&HeaderMap, &Extensions) -> Option<IpAddr> + Send + Sync;

impl HttpServerLayer {
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

    /// Finds the route of a request, such as `/orders/{id}`, in what a router has left in its
    /// extensions. Its values must be few: they are a label of the metrics.
    #[must_use]
    pub fn route(
        mut self,
        find: impl Fn(&Extensions) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.route = Some(Arc::new(find));
        self
    }

    /// Records nothing for requests with exactly these paths: health checks. Default: none.
    ///
    /// What their handlers record is recorded all the same.
    #[must_use]
    pub fn skip_paths<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.skipped_paths = paths.into_iter().map(Into::into).collect();
        self
    }

    /// Sets this header of each response to the trace id, in hex, for people who report an error.
    /// Default: no header, since a trace id is nobody else's business.
    #[must_use]
    pub fn trace_id_header(mut self, name: HeaderName) -> Self {
        self.trace_header = Some(TraceHeader::TraceId(name));
        self
    }

    /// Sets the header `traceresponse` of each response to trace id, span id and flags, for callers
    /// that have no trace of their own, such as browsers. It is a draft of the W3C. It takes the place of
    /// [`trace_id_header`](Self::trace_id_header). Default: no header.
    #[must_use]
    pub fn traceresponse(mut self) -> Self {
        self.trace_header = Some(TraceHeader::TraceResponse);
        self
    }

    /// Finds the address of a request's client, for `client.address`: in what the server has left in
    /// the extensions, or in a header that your own proxy sets. Default: it is not recorded, since it is
    /// personal data, and headers such as `Forwarded` say what anybody wants them to say.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::net::SocketAddr;
    ///
    /// use beacon::propagation::HttpServerLayer;
    ///
    /// // With axum: `axum::extract::ConnectInfo<SocketAddr>`.
    /// let layer = HttpServerLayer::new()
    ///     .client_address(|_, extensions| extensions.get::<SocketAddr>().map(SocketAddr::ip));
    /// # drop(layer);
    /// ```
    #[must_use]
    pub fn client_address(
        mut self,
        find: impl Fn(&HeaderMap, &Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Self {
        self.client_address = Some(Arc::new(find));
        self
    }

    /// For servers that are reached over TLS: `url.scheme` is `https` where a request does not say its
    /// scheme, as none does over HTTP/1.1. Default: it is `http` then.
    #[must_use]
    pub const fn https(mut self) -> Self {
        self.is_https = true;
        self
    }

    /// For servers that anybody can reach: each request begins a trace of its own, with a link to
    /// what the caller sent, so that no stranger decides about sampling and ids. Baggage is dropped.
    #[must_use]
    pub const fn public_endpoint(mut self) -> Self {
        self.is_public = true;
        self
    }

    /// Records the metrics `http.server.request.body.size` and `http.server.response.body.size` as well: two
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

    fn find_route(&self, extensions: &Extensions) -> Option<String> {
        let found = self.route.as_ref().and_then(|find| find(extensions));
        found.or_else(|| matched_path(extensions))
    }
}

#[cfg(feature = "axum")]
fn matched_path(extensions: &Extensions) -> Option<String> {
    extensions.get::<axum::extract::MatchedPath>().map(|path| path.as_str().to_owned())
}

#[cfg(not(feature = "axum"))]
const fn matched_path(_: &Extensions) -> Option<String> {
    None
}

impl Rules for HttpServerLayer {
    fn begin<B: Body>(&self, request: &mut Request<B>) -> Option<Call> {
        let path = request.uri().path();
        if self.skipped_paths.iter().any(|skipped| skipped == path) {
            return None;
        }
        let method = request.method().as_str();
        let methods = self.methods.get();
        let route = self.find_route(request.extensions());
        let name = match &route {
            Some(route) => format!("{} {route}", methods.in_span_name(method)),
            None => methods.in_span_name(method).to_owned(),
        };
        let known_method = methods.attribute(method).to_owned();
        let span = info_span!(
            target: "beacon::http",
            parent: None,
            "HTTP server",
            otel.name = name,
            otel.kind = "server",
            http.request.method = known_method,
            http.route = field::Empty,
            url.path = cut(path),
        );
        if let Some(route) = &route {
            span.record("http.route", route);
        }
        let caller = extract(request.headers());
        continue_trace(&span, &caller, self.is_public);
        let implied_scheme = if self.is_https { "https" } else { "http" };
        let scheme = scheme(request.uri()).unwrap_or(implied_scheme);
        self.describe(&span, request, scheme);
        let context = context_of(&span, caller, self.is_public);
        let mut labels = vec![
            KeyValue::new(attribute::HTTP_REQUEST_METHOD, known_method),
            KeyValue::new(attribute::URL_SCHEME, scheme),
        ];
        labels.extend(route.map(|route| KeyValue::new(attribute::HTTP_ROUTE, route)));
        let version = version(request.version());
        labels.extend(version.map(|it| KeyValue::new(attribute::NETWORK_PROTOCOL_VERSION, it)));
        Some(Call::begin(Begun {
            context,
            span,
            protocol: Protocol::Http,
            side: Side::Server,
            metrics: self.metrics.get().map(|metrics| metrics.http(Side::Server)),
            labels,
            is_head: request.method() == Method::HEAD,
            sizes: BodySizes::of(request, self.measures_bodies),
            trace_header: self.trace_header.clone(),
        }))
    }
}

impl HttpServerLayer {
    fn describe<B: Body>(&self, span: &Span, request: &Request<B>, scheme: &'static str) {
        if span.is_disabled() {
            return;
        }
        let set = |key, value: Option<Value>| {
            if let Some(value) = value {
                span.set_attribute(key, value);
            }
        };
        let text = |text: &str| Value::from(cut(text).to_owned());
        let headers = request.headers();
        let query = request.uri().query();
        set(attribute::URL_SCHEME, Some(scheme.into()));
        set(request_attribute::URL_QUERY, query.map(|query| text(&redact_query(query, is_secret))));
        for KeyValue { key, value, .. } in Server::of(request).into_attributes() {
            span.set_attribute(key, value);
        }
        set(attribute::NETWORK_PROTOCOL_VERSION, version(request.version()).map(Value::from));
        set(request_attribute::USER_AGENT_ORIGINAL, header(headers, &header::USER_AGENT).map(text));
        let find = self.client_address.as_ref();
        let client = find.and_then(|find| find(headers, request.extensions()));
        set(request_attribute::CLIENT_ADDRESS, client.map(|it| it.to_string().into()));
        let original = self.methods.get().original(request.method().as_str());
        set(request_attribute::REQUEST_METHOD_ORIGINAL, original.map(text));
        let len = body_len(request).and_then(|len| i64::try_from(len).ok());
        set(request_attribute::REQUEST_BODY_SIZE, len.filter(|len| *len > 0).map(Value::from));
    }
}

/// Makes the span a part of the trace that came with the request, or only links it.
///
/// To be called before anything else: the span starts when somebody asks for its context.
pub(super) fn continue_trace(span: &Span, caller: &OtelContext, is_public: bool) {
    if is_public {
        span.add_link(caller.span().span_context().clone());
    } else if let Err(error) = span.set_parent(caller.clone()) {
        // Nobody records it: `context_of` looks after that.
        debug_assert!(!matches!(error, SetParentError::AlreadyStarted), "it is new");
    }
}

/// What the request runs in. Where nobody records its span, what came with it goes on all the same,
/// unless it came from anybody.
pub(super) fn context_of(span: &Span, caller: OtelContext, is_public: bool) -> TaskContext {
    if is_public || span.context().has_active_span() {
        TaskContext::from(span.clone())
    } else {
        TaskContext::of_request(span.clone(), caller)
    }
}

impl fmt::Debug for HttpServerLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServerLayer")
            .field("skipped_paths", &self.skipped_paths)
            .field("trace_header", &self.trace_header)
            .field("is_https", &self.is_https)
            .field("is_public", &self.is_public)
            .finish_non_exhaustive()
    }
}
