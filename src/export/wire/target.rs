//! Where requests go.

use std::fmt;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::Signal;
use crate::config::{OtlpSettings, Protocol};
use crate::export::wire::error::WireSetupError;

/// A destination, as URL of the request and in words.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    uri: Uri,
    address: String,
    port: u16,
    protocol: Protocol,
    is_tls: bool,
}

impl Target {
    pub(super) fn new(signal: Signal, settings: &OtlpSettings) -> Result<Self, WireSetupError> {
        Self::parse(signal, settings)
            .ok_or_else(|| WireSetupError::UrlUnusable { url: without_user(&settings.url) })
    }

    fn parse(signal: Signal, settings: &OtlpSettings) -> Option<Self> {
        let host = settings.url.host().filter(|host| !host.is_empty())?;
        let (scheme, is_tls, default_port) = match settings.url.scheme_str() {
            Some("http") => (Scheme::HTTP, false, 80),
            Some("https") => (Scheme::HTTPS, true, 443),
            _ => return None,
        };
        let port = settings.url.port_u16().unwrap_or(default_port);
        // User information would end up in a request line or a log line.
        let authority = match settings.url.port_u16() {
            Some(port) => Authority::try_from(format!("{host}:{port}")),
            None => Authority::try_from(host),
        };
        let path = match settings.protocol {
            Protocol::Grpc => PathAndQuery::from_static(grpc_method(signal)),
            Protocol::HttpJson | Protocol::HttpProtobuf => {
                PathAndQuery::try_from(settings.url.path()).ok()?
            }
        };
        let uri = Uri::builder().scheme(scheme).authority(authority.ok()?).path_and_query(path);
        Some(Self {
            uri: uri.build().ok()?,
            address: host.trim_matches(['[', ']']).to_owned(),
            port,
            protocol: settings.protocol,
            is_tls,
        })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) const fn is_tls(&self) -> bool {
        self.is_tls
    }

    pub(super) const fn uri(&self) -> &Uri {
        &self.uri
    }
}

/// `http://localhost:4318/v1/traces (http/protobuf, plain text)`
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Grpc => "grpc",
            Protocol::HttpJson => "http/json",
            Protocol::HttpProtobuf => "http/protobuf",
        };
        let security = if self.is_tls { "TLS" } else { "plain text" };
        // The method of gRPC says nothing to the person who set the endpoint.
        let path = if self.protocol == Protocol::Grpc { "" } else { self.uri.path() };
        let (scheme, authority) = (self.uri.scheme_str(), self.uri.authority());
        let (scheme, authority) =
            (scheme.unwrap_or_default(), authority.map_or("", |a| a.as_str()));
        write!(f, "{scheme}://{authority}{path} ({protocol}, {security})")
    }
}

/// Source: opentelemetry-proto 1.11, `collector/*/v1/*_service.proto`.
const fn grpc_method(signal: Signal) -> &'static str {
    match signal {
        Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    }
}

fn without_user(url: &Uri) -> String {
    let text = url.to_string();
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text,
    }
}
