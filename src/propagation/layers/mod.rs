//! Tower layers that give each request a span and its metrics.

mod body;
mod call;
mod grpc_client;
mod grpc_server;
mod http_client;
mod http_server;
mod metrics;
mod request;
mod service;
mod trace_header;

pub use body::TracedBody;
pub use grpc_client::GrpcClientLayer;
pub use grpc_server::GrpcServerLayer;
pub use http_client::{HttpClientLayer, ResendCount};
pub use http_server::HttpServerLayer;
pub(crate) use metrics::set_installed_layers;
pub use service::{RequestRules, TracedFuture, TracedService};
