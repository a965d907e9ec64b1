//! The process that answers.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, io};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::get;
use beacon::opentelemetry::Context;
use beacon::opentelemetry::baggage::BaggageExt as _;
use beacon::propagation::{GrpcServerLayer, HttpServerLayer};
use beacon::task;
use beacon::tracing::info_span;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tower::Layer as _;

use crate::grpc::Orders;
use crate::{Meeting, port_in};

/// A role of the test above, which starts it.
#[test]
fn serve() {
    let Some(meeting) = Meeting::given() else { return };
    let telemetry = beacon::init_telemetry().expect("it is the first");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("it listens").port();
        let quit = Arc::new(Notify::new());
        fs::write(meeting.join("new"), port.to_string()).expect("the port is told");
        fs::rename(meeting.join("new"), port_in(&meeting)).expect("the port is told");
        let end = Arc::clone(&quit);
        let served = axum::serve(listener, router(quit));
        served
            .with_graceful_shutdown(async move { end.notified().await })
            .await
            .expect("it serves");
    });
    telemetry.shutdown_blocking().expect("all is delivered");
}

fn router(quit: Arc<Notify>) -> Router {
    let has_failed = Arc::new(AtomicBool::new(false));
    let orders = GrpcServerLayer::new().layer(Orders);
    let http = Router::new()
        .route("/orders/{id}", get(async || handled("order")))
        .route("/stream", get(streamed))
        .route("/endless", get(endless))
        .route("/never", get(never))
        .route("/upgrade", get(upgrades))
        .route("/panic", get(panics))
        .route("/flaky", get(async move || flaky(&has_failed)))
        .fallback(async || (StatusCode::NOT_FOUND, handled("nothing")))
        .layer(HttpServerLayer::new());
    let health = Router::new().route("/quit", get(async move || quit.notify_one()));
    http.merge(health).route_service("/shop.Orders/{method}", orders)
}

/// The span of a handler, which tells the baggage.
pub(crate) fn handled<T>(answer: T) -> T {
    let tenant = Context::map_current(|context| {
        context.baggage().get("tenant").map(ToString::to_string).unwrap_or_default()
    });
    info_span!("handled", tenant).in_scope(|| answer)
}

async fn streamed() -> Body {
    handled(());
    let frames = (0..5).map(|number| Ok::<_, io::Error>(Bytes::from(format!("{number}\n"))));
    Body::from_stream(stream::iter(frames))
}

async fn endless() -> Body {
    handled(());
    let frames = stream::repeat_with(|| Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024])));
    Body::from_stream(frames.then(async |frame| {
        tokio::task::yield_now().await;
        frame
    }))
}

async fn never() {
    handled(());
    std::future::pending::<()>().await;
}

/// Speaks another protocol from here on: what it gets, it sends back.
async fn upgrades(request: Request<Body>) -> Response<Body> {
    task::spawn(async {
        let upgraded = hyper::upgrade::on(request).await.expect("the client wants it");
        let (mut reads, mut writes) = tokio::io::split(TokioIo::new(upgraded));
        tokio::io::copy(&mut reads, &mut writes).await.expect("it is sent back");
    });
    let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    let response = response.header("connection", "upgrade").header("upgrade", "echo");
    handled(response.body(Body::empty()).expect("a response"))
}

async fn panics() {
    handled(());
    panic!("on purpose");
}

fn flaky(has_failed: &AtomicBool) -> Response<Body> {
    let is_first = !has_failed.swap(true, Ordering::Relaxed);
    let status = if is_first { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    handled(Response::builder().status(status).body(Body::empty()).expect("a response"))
}
