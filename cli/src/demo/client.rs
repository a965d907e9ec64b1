//! The client that drives the service.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use beacon::opentelemetry::global;
use beacon::tracing::field::Empty;
use beacon::tracing::{Instrument as _, Span, info_span};
use beacon::tracing_opentelemetry::OpenTelemetrySpanExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;

use crate::demo::carrier::HeaderInjector;
use crate::demo::say::say;

/// Calls the shop.
#[derive(Clone, Debug)]
pub(super) struct ShopClient {
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
}

impl ShopClient {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), address }
    }

    /// Makes the request of this number, in a trace of its own. Returns the status of the answer;
    /// `None` if there was none.
    pub(super) async fn request(&self, number: u64) -> Option<StatusCode> {
        let (method, path) = call(number);
        let span = info_span!(
            "request",
            otel.name = method.as_str(),
            otel.kind = "client",
            http.request.method = method.as_str(),
            http.response.status_code = Empty,
            server.address = %self.address.ip(),
            server.port = i64::from(self.address.port()),
            url.full = format!("http://{}{path}", self.address),
            "error.type" = Empty,
            otel.status_code = Empty,
        );
        let answer = self.send(method, &path).instrument(span.clone());
        match timeout(ANSWER_TIMEOUT, answer).await {
            Ok(Ok(status)) => {
                span.record("http.response.status_code", i64::from(status.as_u16()));
                if status.is_client_error() || status.is_server_error() {
                    fail(&span, status.as_str());
                }
                Some(status)
            }
            Ok(Err(error)) => {
                fail(&span, "connection");
                span.in_scope(|| say!(error, error = &*error as &dyn Error, "no answer"));
                None
            }
            Err(_elapsed) => {
                fail(&span, "timeout");
                span.in_scope(|| say!(error, "no answer in time"));
                None
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
    ) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
        let uri = format!("http://{}{path}", self.address);
        let mut request = Request::builder().method(method).uri(uri).body(Body::empty())?;
        global::get_text_map_propagator(|propagator| {
            let mut headers = HeaderInjector(request.headers_mut());
            propagator.inject_context(&Span::current().context(), &mut headers);
        });
        let response = self.client.request(request).await?;
        let status = response.status();
        // Read to its end, so that the connection can be used again.
        to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX).await?;
        Ok(status)
    }
}

fn fail(span: &Span, error_type: &str) {
    span.record("error.type", error_type);
    span.record("otel.status_code", "error");
}

/// One order to two looks at products and one report.
fn call(number: u64) -> (Method, String) {
    let id = number / 4;
    match number % 4 {
        0 => (Method::PUT, format!("/orders/{id}")),
        2 => (Method::GET, format!("/reports/{id}")),
        _ => (Method::GET, format!("/products/{number}")),
    }
}

const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
