//! Peers that answer what they are told to answer.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// One request as a peer saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Request line and headers, or the headers of a gRPC request as `name: value` lines.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    /// Counts from 0.
    pub(super) connection: usize,
}

/// What became of the requests so far.
pub(super) type Log = Arc<Mutex<Vec<Seen>>>;

/// What an HTTP/1.1 peer does with a request.
#[derive(Clone, Debug)]
pub(super) enum Reaction {
    /// Writes these bytes.
    Answer(Vec<u8>),
    /// Writes these bytes and closes the connection.
    AnswerAndClose(Vec<u8>),
    /// Keeps the connection open and says nothing.
    Hang,
}

impl Reaction {
    /// `head`: status line and headers without the length, each with its line end.
    pub(super) fn answer(head: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 {head}content-length: {}\r\n\r\n", body.len());
        Self::Answer([head.as_bytes(), body].concat())
    }
}

/// Starts an HTTP/1.1 peer. The n-th request gets the n-th reaction, later ones the last.
pub(super) async fn http(reactions: Vec<Reaction>) -> (String, Log) {
    let (address, log) = listen(move |stream, connection, log| {
        serve_http(stream, connection, log, reactions.clone())
    })
    .await;
    (format!("http://{address}/v1/traces"), log)
}

pub(super) async fn serve_http(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: usize,
    log: Log,
    reactions: Vec<Reaction>,
) -> Option<()> {
    loop {
        let (head, body) = read_request(&mut stream).await?;
        let index = {
            let mut log = log.lock().unwrap();
            log.push(Seen { head, body, connection });
            log.len().strict_sub(1)
        };
        match reactions.get(index).or(reactions.last())? {
            Reaction::Answer(answer) => stream.write_all(answer).await.ok()?,
            Reaction::AnswerAndClose(answer) => {
                stream.write_all(answer).await.ok()?;
                return None;
            }
            Reaction::Hang => std::future::pending().await,
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

/// What a gRPC peer answers.
#[derive(Clone, Debug, Default)]
pub(super) struct GrpcAnswer {
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) trailers: Option<Vec<(&'static str, &'static str)>>,
    /// Never answers at all.
    pub(super) hangs: bool,
}

impl GrpcAnswer {
    pub(super) fn ok(message: &[u8]) -> Self {
        let prefix = grpc_answer::frame_prefix(false, message.len()).unwrap();
        let body = Some([prefix.as_ref(), message].concat());
        Self { body, trailers: Some(vec![("grpc-status", "0")]), ..Self::default() }
    }

    pub(super) fn trailers_only(headers: &[(&'static str, &'static str)]) -> Self {
        Self { headers: headers.to_vec(), ..Self::default() }
    }
}

/// Starts a gRPC peer. The n-th request gets the n-th answer, later ones the last.
pub(super) async fn grpc(answers: Vec<GrpcAnswer>) -> (String, Log) {
    let (address, log) =
        listen(move |stream, connection, log| serve_grpc(stream, connection, log, answers.clone()))
            .await;
    (format!("http://{address}"), log)
}

pub(super) async fn serve_grpc(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    connection: usize,
    log: Log,
    answers: Vec<GrpcAnswer>,
) -> Option<()> {
    let service = hyper::service::service_fn(move |request: ::http::Request<Incoming>| {
        let (log, answers) = (Arc::clone(&log), answers.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes().to_vec();
            let lines = head
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {}\r\n", value.to_str().unwrap()));
            let head = format!("{} {}\r\n{}", head.method, head.uri, lines.collect::<String>());
            let index = {
                let mut log = log.lock().unwrap();
                log.push(Seen { head, body, connection });
                log.len().strict_sub(1)
            };
            let answer = answers.get(index).or(answers.last()).unwrap();
            if answer.hangs {
                std::future::pending::<()>().await;
            }
            Ok::<_, Infallible>(response(answer))
        }
    });
    let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    server.serve_connection(TokioIo::new(stream), service).await.ok()
}

fn response(answer: &GrpcAnswer) -> ::http::Response<Frames> {
    let data = answer.body.clone().map(|body| Frame::data(Bytes::from(body)));
    let trailers = answer.trailers.as_ref().map(|pairs| Frame::trailers(headers(pairs)));
    let frames = data.into_iter().chain(trailers).collect();
    let mut response = ::http::Response::new(Frames(frames));
    *response.headers_mut() = headers(&answer.headers);
    response
}

struct Frames(VecDeque<Frame<Bytes>>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |&(name, value)| {
        (::http::HeaderName::from_static(name), ::http::HeaderValue::from_static(value))
    };
    pairs.iter().map(pair).collect()
}

/// Accepts connections on a port of the system's choice until the runtime ends.
pub(super) async fn listen<F>(
    serve: impl Fn(TcpStream, usize, Log) -> F + Send + 'static,
) -> (String, Log)
where
    F: Future<Output = Option<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let log = Log::default();
    let shared = Arc::clone(&log);
    spawn(async move {
        for connection in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            spawn(serve(stream, connection, Arc::clone(&shared)));
        }
    });
    (address, log)
}

#[expect(clippy::disallowed_methods, reason = "a peer has no trace context to carry")]
fn spawn<F>(future: F)
where
    F: Future<Output: Send> + Send + 'static,
{
    drop(tokio::spawn(future));
}
