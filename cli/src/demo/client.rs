//! The client that drives the service.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, StatusCode};
use beacon::propagation::{HttpClientLayer, ResendCount, TracedService};
use beacon::tracing::error;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::timeout;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::demo::fault::{Fault, Faults};

/// Calls the shop.
#[derive(Clone, Debug)]
pub(super) struct ShopClient {
    client: TracedService<Client<HttpConnector, Body>, HttpClientLayer>,
    address: SocketAddr,
    faults: Faults,
}

impl ShopClient {
    pub(super) fn new(address: SocketAddr, faults: Faults) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client: HttpClientLayer::new().layer(client), address, faults }
    }

    /// Makes the request of this number, in a trace of its own. Returns the status of the last answer;
    /// `None` if there was none.
    pub(super) async fn request(&self, number: u64) -> Option<StatusCode> {
        let (method, path) = call(number);
        let mut status = self.attempt(&method, &path, 0).await;
        for resend in 1..=RESENDS {
            let has_failed = status.is_none_or(|status| status.is_server_error());
            if !has_failed || !self.faults.is_on(Fault::Retries) {
                break;
            }
            status = self.attempt(&method, &path, resend).await;
        }
        status
    }

    async fn attempt(&self, method: &Method, path: &str, resend: u32) -> Option<StatusCode> {
        match timeout(ANSWER_TIMEOUT, self.send(method, path, resend)).await {
            Ok(Ok(status)) => Some(status),
            Ok(Err(error)) => {
                error!(demo.in_span = false, error = &*error as &dyn Error, "no answer");
                None
            }
            Err(_elapsed) => {
                error!(demo.in_span = false, "no answer in time");
                None
            }
        }
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        resend: u32,
    ) -> Result<StatusCode, Box<dyn Error + Send + Sync>> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            .extension(ResendCount(resend))
            .body(Body::empty())?;
        if self.faults.is_on(Fault::Headers) {
            request.headers_mut().insert("baggage", HeaderValue::from_static("=nothing"));
        }
        // A connection is made when there is none: it is always ready.
        let response = self.client.clone().call(request).await?;
        let status = response.status();
        // Read to its end, so that the connection can be used again.
        to_bytes(Body::new(response.into_body()), ANSWER_BYTES_MAX).await?;
        Ok(status)
    }
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
const RESENDS: u32 = 3;
