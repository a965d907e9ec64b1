//! The headers of every request to one destination.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::{OtlpSettings, Protocol};
use crate::export::wire::compress;

/// The headers of the settings, then beacon's own.
pub(super) fn request_headers(settings: &OtlpSettings) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        headers.append(name.clone(), value.clone());
    }
    headers.insert(USER_AGENT, HeaderValue::from_static(USER_AGENT_VALUE));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(settings.protocol)));
    let is_grpc = settings.protocol == Protocol::Grpc;
    if is_grpc {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    if let Some(encoding) = compress::encoding_name(settings.compression) {
        let name = if is_grpc { GRPC_ENCODING } else { CONTENT_ENCODING };
        headers.insert(name, HeaderValue::from_static(encoding));
    }
    headers
}

/// The exporter whose place this one takes, behind the name of the distribution.
///
/// Source: opentelemetry-specification, protocol/exporter.md, "User Agent".
const USER_AGENT_VALUE: &str =
    concat!("beacon-telemetry/", env!("CARGO_PKG_VERSION"), " OTel-OTLP-Exporter-Rust/0.33.1");

const fn content_type(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "application/grpc",
        Protocol::HttpJson => "application/json",
        Protocol::HttpProtobuf => "application/x-protobuf",
    }
}

const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
