//! A service of gRPC, written by hand: its messages are strings.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt as _, stream};
use http::uri::PathAndQuery;
use http::{Request, Response};
use tokio::sync::mpsc;
use tonic::body::Body;
use tonic::client::{Grpc as Client, GrpcService};
use tonic::server::{Grpc, ServerStreamingService, StreamingService, UnaryService};
use tonic::{Code, Status, Streaming};
use tonic_prost::ProstCodec;
use tower::Service;

use crate::server::handled;

/// Answers `Get`, `Find`, `List`, `Watch` and `Chat`, and not `Panic`.
#[derive(Clone, Debug)]
pub(crate) struct Orders;

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;
type Strings = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

impl<B> Service<Request<B>> for Orders
where
    B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let mut grpc = Grpc::new(ProstCodec::default());
            Ok(match path.as_str() {
                "/shop.Orders/List" => grpc.server_streaming(Few, request).await,
                "/shop.Orders/Watch" => grpc.server_streaming(Endless, request).await,
                "/shop.Orders/Chat" => grpc.streaming(Chat, request).await,
                "/shop.Orders/Panic" => grpc.unary(Panics, request).await,
                "/shop.Orders/Get" => grpc.unary(One(None), request).await,
                _ => grpc.unary(One(Some(Code::NotFound)), request).await,
            })
        })
    }
}

struct One(Option<Code>);

impl UnaryService<String> for One {
    type Response = String;
    type Future = Answer<tonic::Response<String>>;

    fn call(&mut self, _: tonic::Request<String>) -> Self::Future {
        let code = self.0;
        Box::pin(async move {
            handled(());
            match code {
                None => Ok(tonic::Response::new("order".to_owned())),
                Some(code) => Err(Status::new(code, "on purpose")),
            }
        })
    }
}

struct Few;

impl ServerStreamingService<String> for Few {
    type Response = String;
    type ResponseStream = Strings;
    type Future = Answer<tonic::Response<Strings>>;

    fn call(&mut self, _: tonic::Request<String>) -> Self::Future {
        Box::pin(async {
            handled(());
            let few = stream::iter((0..3).map(|number| Ok(number.to_string())));
            Ok(tonic::Response::new(few.boxed()))
        })
    }
}

struct Endless;

impl ServerStreamingService<String> for Endless {
    type Response = String;
    type ResponseStream = Strings;
    type Future = Answer<tonic::Response<Strings>>;

    fn call(&mut self, _: tonic::Request<String>) -> Self::Future {
        Box::pin(async {
            handled(());
            let endless = stream::iter([Ok("first".to_owned())]).chain(stream::pending());
            Ok(tonic::Response::new(endless.boxed()))
        })
    }
}

struct Chat;

impl StreamingService<String> for Chat {
    type Response = String;
    type ResponseStream = Strings;
    type Future = Answer<tonic::Response<Strings>>;

    fn call(&mut self, questions: tonic::Request<Streaming<String>>) -> Self::Future {
        Box::pin(async {
            handled(());
            Ok(tonic::Response::new(questions.into_inner().boxed()))
        })
    }
}

struct Panics;

impl UnaryService<String> for Panics {
    type Response = String;
    type Future = Answer<tonic::Response<String>>;

    fn call(&mut self, _: tonic::Request<String>) -> Self::Future {
        Box::pin(async {
            handled(());
            panic!("on purpose");
        })
    }
}

pub(crate) async fn call<S>(channel: S, path: &'static str) -> Result<String, Status>
where
    S: GrpcService<Body>,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Error: std::fmt::Debug,
{
    let mut client = Client::new(channel);
    client.ready().await.expect("a connection");
    let request = tonic::Request::new(String::new());
    let path = PathAndQuery::from_static(path);
    let answer = client.unary(request, path, ProstCodec::<String, String>::default()).await;
    answer.map(tonic::Response::into_inner)
}

pub(crate) async fn list<S>(channel: S, path: &'static str) -> Streaming<String>
where
    S: GrpcService<Body>,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Error: std::fmt::Debug,
{
    let mut client = Client::new(channel);
    client.ready().await.expect("a connection");
    let request = tonic::Request::new(String::new());
    let path = PathAndQuery::from_static(path);
    let codec = ProstCodec::<String, String>::default();
    client.server_streaming(request, path, codec).await.expect("an answer").into_inner()
}

pub(crate) async fn chat<S>(
    channel: S,
    path: &'static str,
) -> (mpsc::Sender<String>, Streaming<String>)
where
    S: GrpcService<Body>,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::Error: std::fmt::Debug,
{
    let mut client = Client::new(channel);
    client.ready().await.expect("a connection");
    let (questions, asked) = mpsc::channel(1);
    let asked = stream::unfold(asked, async |mut asked: mpsc::Receiver<String>| {
        asked.recv().await.map(|question| (question, asked))
    });
    let request = tonic::Request::new(asked);
    let path = PathAndQuery::from_static(path);
    let codec = ProstCodec::<String, String>::default();
    let answers = client.streaming(request, path, codec).await.expect("an answer");
    (questions, answers.into_inner())
}
