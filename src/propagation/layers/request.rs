//! What all layers read from a request.

use std::sync::LazyLock;

use http::uri::Scheme;
use http::{HeaderMap, Request, Uri, Version, header};
use http_body::Body;
use opentelemetry::KeyValue;

use crate::catalog::attribute;
use crate::logging::Redactor;

/// The host and the port that a request is for, as it says itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Server {
    pub(super) address: Option<String>,
    pub(super) port: Option<i64>,
}

impl Server {
    /// From the URI, or from the header `Host`.
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        if let Some(host) = request.uri().host() {
            let port = request.uri().port_u16().map(i64::from);
            return Self { address: Some(cut(host).to_owned()), port };
        }
        let authority = header(request.headers(), &header::HOST);
        let Some(uri) = authority.and_then(|host| host.parse::<Uri>().ok()) else {
            return Self::default();
        };
        Self {
            address: uri.host().map(|host| cut(host).to_owned()),
            port: uri.port_u16().map(i64::from),
        }
    }

    /// What spans and metrics say of it.
    pub(super) fn into_attributes(self) -> impl Iterator<Item = KeyValue> {
        let address = self.address.map(|it| KeyValue::new(attribute::SERVER_ADDRESS, it));
        let port = self.port.map(|port| KeyValue::new(attribute::SERVER_PORT, port));
        address.into_iter().chain(port)
    }

    /// With the port that the scheme implies.
    pub(super) fn or_default_port(mut self, scheme: &str) -> Self {
        self.port = self.port.or(Some(if scheme == "https" { 443 } else { 80 }));
        self
    }
}

/// The value of a header, if it is text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The length of a request's body, if it says one: to the other side, or here.
pub(super) fn body_len<B: Body>(request: &Request<B>) -> Option<u64> {
    let announced = header(request.headers(), &header::CONTENT_LENGTH);
    announced.and_then(|len| len.parse().ok()).or_else(|| request.body().size_hint().exact())
}

pub(super) fn scheme(uri: &Uri) -> Option<&'static str> {
    let scheme = uri.scheme()?;
    Some(if *scheme == Scheme::HTTPS { "https" } else { "http" })
}

/// The value of `network.protocol.version`.
pub(super) fn version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_09 => Some("0.9"),
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        Version::HTTP_2 => Some("2"),
        Version::HTTP_3 => Some("3"),
        _ => None,
    }
}

/// Whether a parameter of a URL has the name of a secret, whatever the process was told to hide.
pub(super) fn is_secret(name: &str) -> bool {
    static RULES: LazyLock<Redactor> = LazyLock::new(Redactor::default);
    RULES.is_secret_key(name)
}

/// What the other side chose is no longer than this in a span.
pub(super) fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(VALUE_BYTES_MAX)).unwrap_or(text)
}

/// Longer than paths and queries that people write.
const VALUE_BYTES_MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    fn server(uri: &str, host: Option<&str>) -> Server {
        let mut request = Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        Server::of(&request.body(()).unwrap())
    }

    #[test]
    fn the_server_is_that_of_the_uri_or_of_the_header() {
        let found = |address: &str, port| Server { address: Some(address.to_owned()), port };
        assert_eq!(server("http://shop:8080/a", Some("other")), found("shop", Some(8080)));
        assert_eq!(server("/a", Some("shop")), found("shop", None));
        assert_eq!(server("/a", Some("shop:1")), found("shop", Some(1)));
        assert_eq!(server("/a", Some("[::1]:1")), found("[::1]", Some(1)));
        for bad in [None, Some("a b"), Some(""), Some("shop:99999999")] {
            assert_eq!(server("/a", bad).port, None, "{bad:?}");
        }
    }

    #[test]
    fn a_long_value_is_cut_between_characters() {
        assert_eq!(cut(&"ä".repeat(2000)).len(), VALUE_BYTES_MAX);
        assert_eq!(cut(&format!("x{}", "ä".repeat(2000))).len(), VALUE_BYTES_MAX - 1);
        assert_eq!(cut("short"), "short");
    }
}
