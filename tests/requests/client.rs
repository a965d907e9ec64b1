//! The process that asks.

use std::fs;

use beacon::opentelemetry::baggage::BaggageExt as _;
use beacon::opentelemetry::{Context, KeyValue};
use beacon::propagation::{GrpcClientLayer, HttpClientLayer, ResendCount, TracedBody};
use beacon::task::ContextExt as _;
use beacon::tracing::info_span;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::transport::Endpoint;
use tower::{Layer as _, Service, ServiceExt as _};

use crate::grpc::{call, chat, list};
use crate::{BRIEFLY, Meeting, port_in};

/// A role of the test of two processes, which starts it.
#[test]
fn send() {
    let Some(meeting) = Meeting::given() else { return };
    let telemetry = beacon::init_telemetry().expect("it is the first");
    let port = fs::read_to_string(port_in(&meeting)).expect("the server listens");
    let base = format!("http://127.0.0.1:{port}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        requests(&base).await;
        calls(&base).await;
        let quit = Request::get(format!("{base}/quit")).body(Empty::<Bytes>::new());
        client().request(quit.expect("a request")).await.expect("the server ends");
    });
    drop(runtime);
    telemetry.shutdown_blocking().expect("all is delivered");
}

fn client() -> Client<HttpConnector, Empty<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Something in a span of its own, with baggage.
async fn in_case<F: Future>(name: &str, code: F) -> F::Output {
    let span = info_span!("case", otel.name = name);
    let with_baggage = || Context::current().with_baggage([KeyValue::new("tenant", "acme")]);
    let context = span.in_scope(with_baggage);
    async { code.with_context(context).await }.in_span(span).await
}

async fn requests(base: &str) {
    let get = async |case: &str, path: &str| {
        let answer = in_case(case, ask(base, path, 0)).await.expect("an answer");
        answer.into_body().collect().await.expect("a whole body");
    };
    get("plain", "/orders/7").await;
    get("streamed", "/stream").await;
    get("not found", "/nowhere").await;
    in_case("left early", async {
        let mut answer = ask(base, "/endless", 0).await.expect("an answer");
        answer.body_mut().frame().await.expect("a frame").expect("no error");
        assert!(!answer.body().is_end_stream());
    })
    .await;
    in_case("panicked", ask(base, "/panic", 0)).await.expect_err("the connection breaks");
    get("failed first", "/flaky").await;
    in_case("tried again", ask(base, "/flaky", 1)).await.expect("an answer");
    in_case("upgraded", echoed(base)).await;
    in_case("gave up", async {
        tokio::time::timeout(BRIEFLY, ask(base, "/never", 0)).await.expect_err("it takes too long")
    })
    .await;
}

/// Asks for another protocol, and speaks it.
async fn echoed(base: &str) {
    let request = Request::get(format!("{base}/upgrade")).header("connection", "upgrade");
    let request = request.header("upgrade", "echo").body(Empty::<Bytes>::new());
    let mut client = HttpClientLayer::new().layer(client());
    let answer = client.ready().await.expect("it is ready").call(request.expect("a request"));
    let mut answer = answer.await.expect("an answer");
    let upgraded = hyper::upgrade::on(&mut answer).await.expect("the server wants it");
    drop(answer);
    let mut stream = TokioIo::new(upgraded);
    stream.write_all(b"hello").await.expect("it is sent");
    let mut back = [0; 5];
    stream.read_exact(&mut back).await.expect("it comes back");
    assert_eq!(&back, b"hello");
}

/// On a connection of its own, which ends with the answer.
async fn ask(base: &str, path: &str, resent: u32) -> Result<Response<TracedBody<Incoming>>, Error> {
    let mut request = Request::get(format!("{base}{path}"));
    request = request.extension(ResendCount(resent));
    let request = request.body(Empty::<Bytes>::new()).expect("a request");
    HttpClientLayer::new().layer(client()).ready().await?.call(request).await
}

async fn calls(base: &str) {
    let endpoint = Endpoint::from_shared(base.to_owned()).expect("an address");
    let channel = endpoint.connect().await.expect("a connection");
    let channel = GrpcClientLayer::new().layer(channel);
    let answer = in_case("unary", call(channel.clone(), "/shop.Orders/Get")).await;
    assert_eq!(answer.expect("an answer"), "order");
    let mut answers = in_case("server stream", list(channel.clone(), "/shop.Orders/List")).await;
    let mut received = Vec::new();
    while let Some(message) = answers.message().await.expect("a message") {
        received.push(message);
    }
    assert_eq!(received, ["0", "1", "2"]);
    drop(answers);
    let both_ways = async {
        let (questions, mut answers) = chat(channel.clone(), "/shop.Orders/Chat").await;
        for question in ["one", "two"] {
            questions.send(question.to_owned()).await.expect("the server listens");
            let answer = answers.message().await.expect("a message");
            assert_eq!(answer.as_deref(), Some(question));
        }
        (questions, answers)
    };
    let (questions, mut answers) = in_case("both ways", both_ways).await;
    drop(questions);
    assert_eq!(answers.message().await.expect("the end"), None);
    drop(answers);
    in_case("rpc left both ways", async {
        let (questions, mut answers) = chat(channel.clone(), "/shop.Orders/Chat").await;
        questions.send("one".to_owned()).await.expect("the server listens");
        answers.message().await.expect("a message").expect("one");
    })
    .await;
    let status = in_case("rpc panicked", call(channel.clone(), "/shop.Orders/Panic")).await;
    status.expect_err("no answer");
    let status = in_case("rpc not found", call(channel.clone(), "/shop.Orders/Find")).await;
    assert_eq!(status.expect_err("no answer").code(), tonic::Code::NotFound);
    in_case("rpc left early", async {
        let mut answers = list(channel, "/shop.Orders/Watch").await;
        answers.message().await.expect("a message").expect("one");
    })
    .await;
}
