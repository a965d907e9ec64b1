//! The bank that orders are charged at: a gRPC service, and its client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Request, Response};
use axum::routing::post;
use beacon::propagation::{GrpcClientLayer, GrpcServerLayer, TracedService};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::sleep;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::demo::fault::{Fault, Faults};

/// What went wrong on the way to the bank, or back.
pub(super) type BankError = Box<dyn std::error::Error + Send + Sync>;

/// The service `demo.Bank` with its method `Charge`.
pub(super) fn bank(faults: Faults) -> Router {
    let state = Bank { faults, calls: Arc::default() };
    Router::new().route(CHARGE, post(charge)).layer(GrpcServerLayer::new()).with_state(state)
}

#[derive(Clone, Debug)]
struct Bank {
    faults: Faults,
    calls: Arc<AtomicU64>,
}

async fn charge(State(bank): State<Bank>) -> Response<Body> {
    let number = bank.calls.fetch_add(1, Ordering::Relaxed);
    let is_tired = bank.faults.is_on(Fault::Rpc);
    sleep(if is_tired { SLOW } else { QUICK }).await;
    let is_refused = is_tired && number.is_multiple_of(REFUSED_EACH)
        || bank.faults.is_on(Fault::Payments) && number % UNPAID_EACH == UNPAID_EACH - 1;
    let status = HeaderValue::from_static(if is_refused { UNAVAILABLE } else { "0" });
    let answer = if is_refused { Bytes::new() } else { Bytes::from_static(EMPTY_MESSAGE) };
    let trailers = HeaderMap::from_iter([(axum::http::HeaderName::from_static(STATUS), status)]);
    let body = Full::new(answer).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert("content-type", HeaderValue::from_static(GRPC));
    response
}

/// Calls the bank.
#[derive(Clone, Debug)]
pub(super) struct BankClient {
    client: TracedService<Client<HttpConnector, Body>, GrpcClientLayer>,
    address: SocketAddr,
}

impl BankClient {
    pub(super) fn new(address: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
        Self { client: GrpcClientLayer::new().layer(client), address }
    }

    /// # Errors
    ///
    /// When the bank does not take it, or does not answer.
    pub(super) async fn charge(&self) -> Result<(), BankError> {
        let request = Request::post(format!("http://{}{CHARGE}", self.address))
            .header("content-type", GRPC)
            .header("te", "trailers")
            .body(Body::from(EMPTY_MESSAGE))?;
        // A connection is made when there is none: it is always ready.
        let answer = self.client.clone().call(request).await?.into_body().collect().await?;
        match answer.trailers().and_then(|trailers| trailers.get(STATUS)) {
            Some(status) if status == "0" => Ok(()),
            _ => Err("the bank does not answer".into()),
        }
    }
}

const CHARGE: &str = "/demo.Bank/Charge";
const GRPC: &str = "application/grpc";
const STATUS: &str = "grpc-status";
/// Source: <https://grpc.io/docs/guides/status-codes/>.
const UNAVAILABLE: &str = "14";
/// Not compressed, of no bytes.
///
/// Source: <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
const EMPTY_MESSAGE: &[u8] = &[0; 5];
const QUICK: Duration = Duration::from_millis(4);
const SLOW: Duration = Duration::from_millis(300);
const REFUSED_EACH: u64 = 2;
/// Of so many orders one cannot be paid.
const UNPAID_EACH: u64 = 5;
