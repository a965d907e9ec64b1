//! A sender that is not ours: hyper by hand.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use tokio::net::TcpStream;

use crate::collector::Collector;

pub(super) const TRACE_EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
pub(super) const PROTOBUF: &str = "application/x-protobuf";
pub(super) const JSON: &str = "application/json";
/// Nothing here takes a hundredth of it; it ends what hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) trailers: HeaderMap,
}

impl Answered {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The gRPC status, from the trailers or the head.
    pub(super) fn grpc_status(&self) -> &str {
        let status = self.trailers.get("grpc-status").or(self.headers.get("grpc-status"));
        status.map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// A request to be sent on a connection of its own.
pub(super) struct Outgoing {
    version: Version,
    request: Request<Full<Bytes>>,
}

impl Outgoing {
    pub(super) fn http(path: &str, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(Version::HTTP_11, path, content_type, body.into())
    }

    /// A unary call with one message that is not compressed.
    pub(super) fn grpc(path: &str, message: &[u8]) -> Self {
        let mut body = vec![0];
        body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        body.extend(message);
        Self::new(Version::HTTP_2, path, "application/grpc", body.into())
    }

    fn new(version: Version, path: &str, content_type: &str, body: Bytes) -> Self {
        let request = Request::post(format!("http://localhost{path}"))
            .header("host", "localhost")
            .header("content-type", content_type)
            .body(Full::new(body))
            .unwrap();
        Self { version, request }
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().insert(name, value.parse().unwrap());
        self
    }

    pub(super) fn method(mut self, method: Method) -> Self {
        *self.request.method_mut() = method;
        self
    }

    pub(super) fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.request.body_mut() = Full::new(body.into());
        self
    }

    /// Sends and reads the answer to its end.
    pub(super) fn send(self, collector: &Collector) -> Result<Answered, String> {
        let address = collector.addresses()[0];
        on_a_runtime(async move { self.exchange(address).await.map_err(|error| error.to_string()) })
    }

    async fn exchange(
        self,
        address: std::net::SocketAddr,
    ) -> Result<Answered, Box<dyn std::error::Error>> {
        let io = TokioIo::new(TcpStream::connect(address).await?);
        let Self { version, mut request } = self;
        let response: Response<Incoming>;
        if version == Version::HTTP_2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await?;
            drop(spawn(connection));
            response = sender.send_request(request).await?;
            return read(response).await;
        }
        let path = request.uri().path_and_query().unwrap().as_str().parse()?;
        *request.uri_mut() = path;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
        drop(spawn(connection));
        response = sender.send_request(request).await?;
        read(response).await
    }
}

async fn read(response: Response<Incoming>) -> Result<Answered, Box<dyn std::error::Error>> {
    let (parts, body) = response.into_parts();
    let collected = body.collect().await?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let (status, headers) = (parts.status.as_u16(), parts.headers);
    Ok(Answered { status, headers, body: collected.to_bytes(), trailers })
}

pub(super) fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LIMIT, work).await.expect("something hangs") })
}

#[expect(clippy::disallowed_methods, reason = "a foreign client has no trace context to carry")]
pub(super) fn spawn<F>(task: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(task)
}

/// A request with spans of these names, all of one trace and of the service `shop`.
pub(super) fn spans(names: &[&str]) -> ExportTraceServiceRequest {
    let span = |(index, name): (usize, &&str)| Span {
        trace_id: vec![0xAB; 16],
        span_id: (index as u64).saturating_add(1).to_be_bytes().to_vec(),
        name: (*name).to_owned(),
        kind: 2,
        start_time_unix_nano: 1_000,
        end_time_unix_nano: 3_500,
        ..Span::default()
    };
    let scope = InstrumentationScope { name: "shop::cart".into(), ..Default::default() };
    let spans = names.iter().enumerate().map(span).collect();
    let scope_spans = ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() };
    let value = Some(AnyValue { value: Some(Value::StringValue("shop".into())) });
    let service = KeyValue { key: "service.name".into(), value, ..KeyValue::default() };
    let resource = Resource { attributes: vec![service], ..Resource::default() };
    let resource = Some(resource);
    let scope_spans = vec![scope_spans];
    let group = ResourceSpans { resource, scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![group] }
}

pub(super) fn span_bytes(names: &[&str]) -> Vec<u8> {
    spans(names).encode_to_vec()
}
