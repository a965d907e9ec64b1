//! Services that panic: the span says so wherever the panic is caught, and nothing stays open.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use beacon::collector::{ReceivedMetricValue, ReceivedStatusCode};
use beacon::propagation::{GrpcServerLayer, HttpServerLayer};
use beacon::testing::TestTelemetry;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Empty};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};

use crate::in_process::{check, only_span, runtime, started};

#[test]
fn a_service_that_panics_before_it_has_a_future() {
    let test = started();
    let layer = HttpServerLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        let mut service = layer.layer(service_fn(panics));
        let called = catch_unwind(AssertUnwindSafe(|| service.call(request())));
        called.expect_err("the panic goes on");
    }));
    check_ended(&test, "panic");
}

#[test]
fn a_panic_that_is_caught_around_the_layer() {
    let test = started();
    let layer = HttpServerLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        // What was polled lives on after the panic was caught.
        let answer = layer.layer(service_fn(async |request| panics(request).await));
        AssertUnwindSafe(answer.oneshot(request())).catch_unwind().await.expect_err("it panics");
    }));
    check_ended(&test, "panic");
}

#[test]
fn a_body_that_panics() {
    let test = started();
    let layer = HttpServerLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        let service = service_fn(async |_| Ok::<_, Infallible>(Response::new(PanickingBody)));
        let mut answer = layer.layer(service).oneshot(request()).await.expect("an answer");
        let frame = answer.body_mut().frame();
        AssertUnwindSafe(frame).catch_unwind().await.expect_err("it panics");
    }));
    check_ended(&test, "panic");
}

#[test]
fn a_service_of_grpc_that_panics() {
    let test = started();
    let layer = GrpcServerLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        let answer = layer.layer(service_fn(async |request| panics(request).await));
        let request = Request::post("/shop.Orders/Get").body(Empty::new()).expect("a request");
        AssertUnwindSafe(answer.oneshot(request)).catch_unwind().await.expect_err("it panics");
    }));
    let span = only_span(&test).expect("a span");
    check(&span, "error.type", "panic");
    check(&span, "rpc.response.status_code", "UNKNOWN");
    assert_eq!(span.status, ReceivedStatusCode::Error);
    let took = test.metric("rpc.server.call.duration").expect("a metric");
    took.point(&[("error.type", "panic")]).expect("it is counted");
}

#[test]
fn a_destructor_that_panics() {
    let test = started();
    let layer = HttpServerLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        let service = service_fn(async |_| {
            let _guard = PanickingGuard;
            std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>().await
        });
        let mut answer = Box::pin(layer.layer(service).oneshot(request()));
        assert!((&mut answer).now_or_never().is_none());
        catch_unwind(AssertUnwindSafe(|| drop(answer))).expect_err("it panics");
    }));
    check_ended(&test, "panic");
}

#[test]
fn a_request_that_is_dropped_by_the_panic_of_others_was_cancelled() {
    let test = started();
    let layer = HttpServerLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        let service = service_fn(async |_| {
            std::future::pending::<Result<Response<Empty<Bytes>>, Infallible>>().await
        });
        let mut answer = Box::pin(layer.layer(service).oneshot(request()));
        assert!((&mut answer).now_or_never().is_none());
        let others = catch_unwind(AssertUnwindSafe(move || {
            let _answer = answer;
            resume_unwind(Box::new("on purpose"));
        }));
        others.expect_err("it panics");
    }));
    check_ended(&test, "cancelled");
}

#[track_caller]
fn check_ended(test: &TestTelemetry, error: &'static str) {
    let span = only_span(test).expect("a span");
    check(&span, "error.type", error);
    assert_eq!(span.status, ReceivedStatusCode::Error);
    let active = test.metric("http.server.active_requests").expect("a metric");
    let active = active.value(&[("http.request.method", "GET"), ("url.scheme", "http")]);
    assert_eq!(active.expect("one series"), &ReceivedMetricValue::Int(0));
    let took = test.metric("http.server.request.duration").expect("a metric");
    took.point(&[("error.type", error)]).expect("it is counted");
}

fn request() -> Request<Empty<Bytes>> {
    Request::new(Empty::new())
}

type Answer = std::future::Ready<Result<Response<Empty<Bytes>>, Infallible>>;

fn panics(_: Request<Empty<Bytes>>) -> Answer {
    resume_unwind(Box::new("on purpose"))
}

struct PanickingGuard;

impl Drop for PanickingGuard {
    fn drop(&mut self) {
        resume_unwind(Box::new("on purpose"))
    }
}

struct PanickingBody;

impl Body for PanickingBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        resume_unwind(Box::new("on purpose"))
    }
}
