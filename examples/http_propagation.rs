//! A client and a server in one trace: the context goes out in headers and comes in from them.
#![expect(clippy::print_stdout, reason = "an example shows what it did")]

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;

use beacon::opentelemetry::baggage::BaggageExt as _;
use beacon::opentelemetry::trace::TraceContextExt as _;
use beacon::opentelemetry::{Context, KeyValue};
use beacon::propagation;
use beacon::tracing::{Instrument as _, Span, info, info_span};
use beacon::tracing_opentelemetry::OpenTelemetrySpanExt as _;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let telemetry = beacon::init_telemetry()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;

    let client = call(address).instrument(info_span!("GET", otel.kind = "client"));
    let (seen_by_client, ()) = tokio::try_join!(client, serve(listener))?;

    let [of_client, of_server] = seen_by_client;
    println!("the client was in trace {of_client}, the server in {of_server}");
    telemetry.shutdown().await?;
    if of_client == of_server { Ok(()) } else { Err("these are two traces".into()) }
}

/// Returns the trace of this side and that of the other.
async fn call(address: SocketAddr) -> Result<[String; 2], Failure> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async move {
        let uri = format!("http://{address}/orders/7");
        let mut request = Request::get(uri).header("host", "shop").body(Empty::<Bytes>::new())?;
        // `inject_current` does it for the current span alone; here baggage travels along.
        let context = Context::current().with_baggage([KeyValue::new("tenant", "blue")]);
        propagation::inject(&context, request.headers_mut());
        let answer = sender.send_request(request).await?.collect().await?.to_bytes();
        Ok::<_, Failure>([trace_id(), String::from_utf8_lossy(&answer).into_owned()])
    };
    let (traces, ()) = tokio::try_join!(exchange, async { Ok(connection.await?) })?;
    Ok(traces)
}

async fn serve(listener: TcpListener) -> Result<(), Failure> {
    let (stream, _) = listener.accept().await?;
    let server = hyper::server::conn::http1::Builder::new();
    Ok(server.serve_connection(TokioIo::new(stream), service_fn(answer)).await?)
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let caller = propagation::extract(request.headers());
    let tenant = caller.baggage().get("tenant").map(ToString::to_string);
    let span = info_span!("GET /orders/{id}", otel.kind = "server", tenant);
    // Before the span is entered. It fails where spans are off, and then there is no trace either.
    let _ = span.set_parent(caller);
    let work = async {
        info!("served");
        Response::new(Full::from(trace_id()))
    };
    Ok(work.instrument(span).await)
}

fn trace_id() -> String {
    Span::current().context().span().span_context().trace_id().to_string()
}
