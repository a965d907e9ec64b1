//! What is recorded of single requests, and what is not.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use beacon::collector::{AttributeValue, ReceivedSpan, ReceivedStatusCode};
use beacon::opentelemetry::global;
use beacon::propagation::{HttpClientLayer, HttpServerLayer};
use beacon::task;
use beacon::testing::TestTelemetry;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, Method, Request, Response, Version};
use http_body::Frame;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};
use tokio::runtime::Runtime;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

type Handler<'a> = Box<dyn Fn(&Request<Empty<Bytes>>) -> Response<Full<Bytes>> + Send + 'a>;

/// Sends one request to a handler, and returns its span, if it has one, and the headers that came back.
fn served(
    layer: &HttpServerLayer,
    request: http::request::Builder,
    handler: &Handler<'_>,
) -> (Option<ReceivedSpan>, HeaderMap) {
    let test = started();
    let headers = runtime().block_on(test.capture(async {
        let handler = service_fn(async |request| Ok::<_, Infallible>(handler(&request)));
        let request = request.body(Empty::new()).expect("a request");
        let answer = layer.layer(handler).oneshot(request).await.expect("an answer");
        let headers = answer.headers().clone();
        answer.into_body().collect().await.expect("a body");
        headers
    }));
    (only_span(&test), headers)
}

/// The same for the client's side. What the server gets is given to `seen`.
fn asked(
    request: http::request::Builder,
    status: u16,
    seen: impl Fn(&HeaderMap) + Send,
) -> ReceivedSpan {
    let test = started();
    runtime().block_on(test.capture(async {
        let server = service_fn(async |request: Request<Empty<Bytes>>| {
            seen(request.headers());
            Ok::<_, Infallible>(answer(status))
        });
        let request = request.body(Empty::new()).expect("a request");
        drop(HttpClientLayer::new().layer(server).oneshot(request).await);
    }));
    only_span(&test).expect("a client has a span")
}

pub(crate) fn started() -> TestTelemetry {
    let test = TestTelemetry::start().expect("the test kit starts");
    global::set_text_map_propagator(test.telemetry().propagator());
    test
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

pub(crate) fn only_span(test: &TestTelemetry) -> Option<ReceivedSpan> {
    let traces = test.traces().expect("traces arrive");
    let roots = traces.roots();
    assert!(roots.len() < 2, "{roots:?}");
    roots.first().map(|root| root.span().clone())
}

pub(crate) fn answer(status: u16) -> Response<Full<Bytes>> {
    let response = Response::builder().status(status);
    response.body(Full::from("answer")).expect("a response")
}

fn answers(status: u16) -> Handler<'static> {
    Box::new(move |_| answer(status))
}

#[track_caller]
pub(crate) fn check(span: &ReceivedSpan, key: &str, expected: impl Into<Option<&'static str>>) {
    let value = span.attribute(key).map(|value| match value {
        AttributeValue::Int(number) => number.to_string(),
        value => value.as_str().unwrap_or_default().to_owned(),
    });
    assert_eq!(value.as_deref(), expected.into(), "{key}");
}

#[test]
fn the_span_of_a_server_says_what_the_conventions_want() {
    let request = Request::post("/orders/7?token=s3cret&sig=abc&page=2")
        .header("host", "shop.example:8443")
        .header("user-agent", "curl/8")
        .header("content-length", "12")
        .header("traceparent", PARENT);
    let layer = HttpServerLayer::new().route(|_| Some("/orders/{id}".to_owned()));
    let (span, headers) = served(&layer, request, &answers(200));
    let span = span.expect("a span");
    assert_eq!(span.name, "POST /orders/{id}");
    assert_eq!(
        (span.trace_id.as_str(), span.parent_span_id.as_str()),
        (TRACE_ID, "b7ad6b7169203331")
    );
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/orders/{id}"),
        ("url.path", "/orders/7"),
        ("url.query", "token=REDACTED&sig=REDACTED&page=2"),
        ("url.scheme", "http"),
        ("server.address", "shop.example"),
        ("server.port", "8443"),
        ("user_agent.original", "curl/8"),
        ("network.protocol.version", "1.1"),
        ("http.request.body.size", "12"),
        ("http.response.status_code", "200"),
        ("http.response.body.size", "6"),
    ] {
        check(&span, key, value);
    }
    check(&span, "http.request.method_original", None);
    check(&span, "error.type", None);
    assert_eq!(span.status, ReceivedStatusCode::Unset);
    assert!(headers.is_empty(), "{headers:?}");
}

#[test]
fn what_a_client_chooses_is_bounded() {
    let long = "x".repeat(10_000);
    let request = Request::builder().method("BREW").uri(format!("/{long}?{long}"));
    let request = request.header("user-agent", &long);
    let (span, _) = served(&HttpServerLayer::new(), request, &answers(200));
    let span = span.expect("a span");
    assert_eq!(span.name, "HTTP");
    check(&span, "http.request.method", "_OTHER");
    check(&span, "http.request.method_original", "BREW");
    for (key, value) in &span.attributes {
        assert!(value.as_str().is_none_or(|text| text.len() <= 2048), "{key}");
    }
}

#[test]
fn only_the_server_decides_what_its_failure_is() {
    for (status, error) in
        [(204, None), (304, None), (404, None), (500, Some("500")), (503, Some("503"))]
    {
        let (span, _) = served(&HttpServerLayer::new(), Request::get("/"), &answers(status));
        let span = span.expect("a span");
        check(&span, "error.type", error);
        assert_eq!(span.status == ReceivedStatusCode::Error, error.is_some(), "{status}");
    }
}

#[test]
fn a_body_that_nobody_reads_need_not_be_read() {
    for (method, status) in [(Method::HEAD, 200), (Method::GET, 204), (Method::GET, 304)] {
        let test = started();
        runtime().block_on(test.capture(async {
            let handler = service_fn(async |_| Ok::<_, Infallible>(answer(status)));
            let request = Request::builder().method(&method).body(Empty::<Bytes>::new());
            let service = HttpServerLayer::new().layer(handler);
            drop(service.oneshot(request.expect("a request")).await);
        }));
        check(&only_span(&test).expect("a span"), "error.type", None);
    }
}

#[test]
fn health_checks_are_left_out_on_request() {
    let layer = HttpServerLayer::new().skip_paths(["/healthz"]);
    assert!(served(&layer, Request::get("/healthz"), &answers(200)).0.is_none());
    assert!(served(&layer, Request::get("/healthz/deep"), &answers(200)).0.is_some());
}

#[test]
fn the_trace_id_is_told_on_request() {
    let layer = HttpServerLayer::new().trace_id_header(HeaderName::from_static("x-trace-id"));
    let request = Request::get("/").header("traceparent", PARENT);
    let (_, headers) = served(&layer, request, &answers(500));
    assert_eq!(headers["x-trace-id"], TRACE_ID);
}

#[test]
fn a_program_is_told_its_place_in_the_trace_on_request() {
    let layer = HttpServerLayer::new().traceresponse();
    let request = Request::get("/").header("traceparent", PARENT);
    let (span, headers) = served(&layer, request, &answers(200));
    let span_id = span.expect("a span").span_id;
    assert_eq!(headers["traceresponse"], format!("00-{TRACE_ID}-{span_id}-01"));
}

#[test]
fn the_client_is_named_only_on_request() {
    let client = SocketAddr::from(([192, 0, 2, 7], 4711));
    let request = || Request::get("/").extension(client).header("forwarded", "for=203.0.113.1");
    let (span, _) = served(&HttpServerLayer::new(), request(), &answers(200));
    check(&span.expect("a span"), "client.address", None);
    let layer = HttpServerLayer::new()
        .client_address(|_, extensions| extensions.get::<SocketAddr>().map(SocketAddr::ip));
    let (span, _) = served(&layer, request(), &answers(200));
    check(&span.expect("a span"), "client.address", "192.0.2.7");
}

#[test]
fn the_scheme_is_what_the_request_says_or_what_the_server_knows() {
    for (layer, uri, scheme) in [
        (HttpServerLayer::new(), "/", "http"),
        (HttpServerLayer::new(), "https://shop/", "https"),
        (HttpServerLayer::new().https(), "/", "https"),
        (HttpServerLayer::new().https(), "http://shop/", "http"),
    ] {
        let (span, _) = served(&layer, Request::get(uri), &answers(200));
        check(&span.expect("a span"), "url.scheme", scheme);
    }
}

#[test]
fn a_stranger_is_linked_and_not_continued() {
    let layer = HttpServerLayer::new().public_endpoint();
    let request = Request::get("/").header("traceparent", PARENT);
    let (span, _) = served(&layer, request, &answers(200));
    let span = span.expect("a span");
    assert_ne!(span.trace_id, TRACE_ID);
    assert_eq!(span.parent_span_id, "");
    assert_eq!(
        span.links.iter().map(|link| link.trace_id.as_str()).collect::<Vec<_>>(),
        [TRACE_ID]
    );
}

#[test]
fn the_span_of_a_client_says_what_the_conventions_want() {
    let uri = "https://ada:pw@shop.example/orders?sig=abc&page=2";
    let span = asked(Request::get(uri), 404, |headers| {
        assert!(headers.contains_key("traceparent"));
    });
    for (key, value) in [
        ("http.request.method", "GET"),
        ("url.full", "https://REDACTED:REDACTED@shop.example/orders?sig=REDACTED&page=2"),
        ("server.address", "shop.example"),
        ("server.port", "443"),
        ("http.response.status_code", "404"),
        ("error.type", "404"),
    ] {
        check(&span, key, value);
    }
    assert_eq!((span.name.as_str(), span.status), ("GET", ReceivedStatusCode::Error));
}

#[test]
fn the_version_of_a_client_is_that_of_the_response() {
    let test = started();
    let layer = HttpClientLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        let server = service_fn(async |request: Request<Empty<Bytes>>| {
            assert_eq!(request.version(), Version::HTTP_11);
            let mut answer = answer(200);
            *answer.version_mut() = Version::HTTP_2;
            Ok::<_, Infallible>(answer)
        });
        let request = Request::get("http://shop/").body(Empty::new()).expect("a request");
        drop(layer.layer(server).oneshot(request).await);
    }));
    check(&only_span(&test).expect("a span"), "network.protocol.version", "2");
    let took = test.metric("http.client.request.duration").expect("a metric");
    took.point(&[("network.protocol.version", "2")]).expect("it is counted");
}

#[test]
fn what_came_goes_on_where_the_span_is_not_recorded() {
    let test = TestTelemetry::start_with(|builder| builder.trace_filter("off")).expect("it starts");
    global::set_text_map_propagator(test.telemetry().propagator());
    let passed_on = runtime().block_on(test.capture(async {
        let handler = service_fn(async |_: Request<Empty<Bytes>>| {
            let mut next = HeaderMap::new();
            beacon::propagation::inject_current(&mut next);
            Ok::<_, Infallible>(
                Response::builder()
                    .header("sent", next["traceparent"].clone())
                    .body(Full::<Bytes>::default())
                    .expect("a response"),
            )
        });
        let request = Request::get("/").header("traceparent", PARENT).body(Empty::new());
        HttpServerLayer::new().layer(handler).oneshot(request.expect("a request")).await
    }));
    assert_eq!(passed_on.expect("an answer").headers()["sent"], PARENT);
}

/// Panics, as the contract of `tower` allows, when it is called without having been ready.
#[derive(Debug)]
struct OnlyWhenReady(Arc<AtomicBool>);

impl Clone for OnlyWhenReady {
    fn clone(&self) -> Self {
        Self(Arc::default())
    }
}

impl Service<Request<Empty<Bytes>>> for OnlyWhenReady {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Full<Bytes>>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.store(true, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Empty<Bytes>>) -> Self::Future {
        assert!(self.0.swap(false, Ordering::Relaxed), "it was not ready");
        std::future::ready(Ok(answer(200)))
    }
}

#[test]
fn the_service_that_was_ready_is_called() {
    let test = started();
    runtime().block_on(test.capture(async {
        let mut service = HttpServerLayer::new().layer(OnlyWhenReady(Arc::default()));
        for _ in 0..2 {
            let ready = service.ready().await.expect("it is ready");
            let request = Request::get("/").body(Empty::new()).expect("a request");
            drop(ready.call(request).await);
        }
    }));
    assert_eq!(test.traces().expect("traces arrive").roots().len(), 2);
}

#[test]
fn a_request_is_over_although_a_task_of_its_own_goes_on() {
    let test = started();
    runtime().block_on(test.capture(async {
        let (go_on, waits) = tokio::sync::oneshot::channel::<()>();
        let waits = std::sync::Mutex::new(Some(waits));
        let handler = service_fn(async |_| {
            let waits = waits.lock().expect("nobody panics").take().expect("one request");
            task::spawn(waits);
            Ok::<_, Infallible>(answer(200))
        });
        let request = Request::get("/").body(Empty::<Bytes>::new()).expect("a request");
        let answer = HttpServerLayer::new().layer(handler).oneshot(request).await;
        answer.expect("an answer").into_body().collect().await.expect("a body");
        assert!(only_span(&test).is_some(), "it waits for the task");
        drop(go_on);
    }));
}

#[test]
fn a_panic_is_one_also_where_the_future_is_kept() {
    let test = started();
    let future = test.with(|| {
        let handler = service_fn(
            async |_: Request<Empty<Bytes>>| -> Result<Response<Full<Bytes>>, Infallible> {
                panic!("on purpose")
            },
        );
        let request = Request::get("/").body(Empty::new()).expect("a request");
        HttpServerLayer::new().layer(handler).call(request)
    });
    let mut future = Box::pin(future);
    let mut poll = || {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        test.with(|| future.as_mut().poll(&mut cx).is_ready())
    };
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&mut poll));
    polled.expect_err("it panics");
    check(&only_span(&test).expect("a span"), "error.type", "panic");
}

#[test]
fn trailers_are_the_end_of_a_response() {
    let test = started();
    runtime().block_on(test.capture(async {
        let handler = service_fn(async |_| {
            let frames = [Frame::data(Bytes::from("a")), Frame::trailers(HeaderMap::new())];
            let frames = frames.map(Ok::<_, Infallible>);
            Ok::<_, Infallible>(Response::new(StreamBody::new(stream::iter(frames))))
        });
        let request = Request::get("/").body(Empty::<Bytes>::new()).expect("a request");
        let answer = HttpServerLayer::new().layer(handler).oneshot(request).await;
        let mut body = answer.expect("an answer").into_body();
        for _ in 0..2 {
            body.frame().await.expect("a frame").expect("no error");
        }
    }));
    check(&only_span(&test).expect("a span"), "error.type", None);
}

const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
