//! A client and a server with the layers: each request is one trace, with a span on each side.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::error::Error;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use beacon::propagation::{HttpClientLayer, HttpServerLayer};
use beacon::tracing::{Instrument as _, info, info_span};
use bytes::Bytes;
use http::{HeaderName, Request};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tower::{Layer as _, Service as _, ServiceExt as _};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let telemetry = beacon::init_telemetry()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let shop = format!("http://{}", listener.local_addr()?);
    tokio::select! {
        served = axum::serve(listener, router()).into_future() => served?,
        asked = ask(&shop).instrument(info_span!("checkout")) => asked?,
    }
    telemetry.shutdown().await?;
    Ok(())
}

fn router() -> Router {
    let layer = HttpServerLayer::new()
        .skip_paths(["/healthz"])
        .trace_id_header(HeaderName::from_static("x-trace-id"));
    // Inside of the router, where the route is known: the span is named `GET /orders/{id}`.
    Router::new().route("/orders/{id}", get(order)).layer(layer)
}

async fn order(Path(id): Path<u64>) -> String {
    info!(id, "looked up");
    format!("order {id}")
}

async fn ask(shop: &str) -> Result<(), Failure> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let mut client = HttpClientLayer::new().layer(client);
    let request = Request::get(format!("{shop}/orders/7")).body(Empty::<Bytes>::new())?;
    let answer = client.ready().await?.call(request).await?;
    let trace = answer.headers().get("x-trace-id").cloned();
    let text = answer.into_body().collect().await?.to_bytes();
    println!("{} in trace {trace:?}", String::from_utf8_lossy(&text));
    if trace.is_some() { Ok(()) } else { Err("the server told no trace".into()) }
}
