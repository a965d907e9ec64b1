//! What people write by hand: `TraceLayer` with a span of the conventions' names, the caller's context
//! as its parent, the status on it, and a histogram of durations.

use std::sync::LazyLock;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use opentelemetry::metrics::Histogram;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::{KeyValue, global};
use tower::{Layer as _, Service, service_fn};
use tower_http::trace::TraceLayer;
use tracing::{Span, field, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::work::Route;

static SERVER_DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    global::meter("bench").f64_histogram("http.server.request.duration").with_unit("s").build()
});
static CLIENT_DURATION: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    global::meter("bench").f64_histogram("http.client.request.duration").with_unit("s").build()
});

pub(crate) fn server<S, B, R>(
    inner: S,
) -> impl Service<Request<B>, Response = Response<impl http_body::Body>>
where
    B: http_body::Body,
    S: Service<Request<B>, Response = Response<R>, Error: std::fmt::Display + 'static>,
    R: http_body::Body<Error: std::fmt::Display + 'static>,
{
    TraceLayer::new_for_http()
        .make_span_with(server_span::<B>)
        .on_request(())
        .on_body_chunk(())
        .on_eos(())
        .on_response(|response: &Response<R>, took: Duration, span: &Span| {
            let status = response.status().as_u16();
            span.record("http.response.status_code", status);
            if status >= 500 {
                span.record("otel.status_code", "ERROR");
            }
            let labels = [
                KeyValue::new("http.request.method", "GET"),
                KeyValue::new("http.route", "/orders/{id}"),
                KeyValue::new("url.scheme", "http"),
                KeyValue::new("http.response.status_code", i64::from(status)),
            ];
            SERVER_DURATION.record(took.as_secs_f64(), &labels);
        })
        .layer(inner)
}

fn server_span<B>(request: &Request<B>) -> Span {
    let route = request.extensions().get::<Route>().map_or("", |route| route.0);
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let span = info_span!(
        "HTTP request",
        otel.name = format!("{} {route}", request.method()),
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = request.method().as_str(),
        http.route = route,
        url.path = request.uri().path(),
        url.query = request.uri().query(),
        url.scheme = "http",
        server.address = header("host"),
        user_agent.original = header("user-agent"),
        network.protocol.version = "1.1",
        http.response.status_code = field::Empty,
    );
    let caller = global::get_text_map_propagator(|propagator| {
        propagator.extract(&Headers(request.headers()))
    });
    // It is new, so it has no parent yet.
    let _ = span.set_parent(caller);
    span
}

pub(crate) fn client<S, B, R>(
    mut inner: S,
) -> impl Service<Request<B>, Response = Response<impl http_body::Body>>
where
    B: http_body::Body,
    S: Service<Request<B>, Response = Response<R>, Error: std::fmt::Display + 'static>,
    R: http_body::Body<Error: std::fmt::Display + 'static>,
{
    let injecting = service_fn(move |mut request: Request<B>| {
        let context = Span::current().context();
        global::get_text_map_propagator(|propagator| {
            propagator.inject_context(&context, &mut HeadersMut(request.headers_mut()));
        });
        inner.call(request)
    });
    TraceLayer::new_for_http()
        .make_span_with(client_span::<B>)
        .on_request(())
        .on_body_chunk(())
        .on_eos(())
        .on_response(|response: &Response<R>, took: Duration, span: &Span| {
            let status = response.status().as_u16();
            span.record("http.response.status_code", status);
            if status >= 400 {
                span.record("otel.status_code", "ERROR");
            }
            let labels = [
                KeyValue::new("http.request.method", "GET"),
                KeyValue::new("server.address", "shop.example"),
                KeyValue::new("server.port", 8080),
                KeyValue::new("http.response.status_code", i64::from(status)),
            ];
            CLIENT_DURATION.record(took.as_secs_f64(), &labels);
        })
        .layer(injecting)
}

fn client_span<B>(request: &Request<B>) -> Span {
    info_span!(
        "HTTP request",
        otel.name = request.method().as_str(),
        otel.kind = "client",
        otel.status_code = field::Empty,
        http.request.method = request.method().as_str(),
        url.full = %request.uri(),
        server.address = request.uri().host(),
        server.port = request.uri().port_u16(),
        http.response.status_code = field::Empty,
    )
}

/// As `opentelemetry_http::HeaderExtractor`.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// As `opentelemetry_http::HeaderInjector`.
struct HeadersMut<'a>(&'a mut HeaderMap);

impl Injector for HeadersMut<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(key.as_bytes()), HeaderValue::from_str(&value))
        {
            self.0.insert(name, value);
        }
    }
}
