//! From the text of an endpoint to the URL that requests go to.

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::config::Protocol;
use crate::signal::Signal;

/// What an endpoint's text stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EndpointRole {
    /// All signals: HTTP appends `v1/{signal}`.
    Base,
    /// One signal: used as it is.
    Signal,
}

/// Transport security of a gRPC endpoint without a scheme. A scheme always wins.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum SchemelessSecurity {
    Plaintext,
    Tls,
}

/// A URL to send to, and what was left out of the text to get there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Endpoint {
    pub(super) url: Uri,
    pub(super) left_out: Vec<&'static str>,
}

/// Builds the URL of one signal. `None`: the text is no URL that the protocol can use.
///
/// Source: specification, protocol/exporter.md, "Endpoint URLs for OTLP/HTTP".
pub(super) fn resolve(
    text: &str,
    role: EndpointRole,
    signal: Signal,
    protocol: Protocol,
    security: SchemelessSecurity,
) -> Option<Endpoint> {
    let mut left_out = Vec::new();
    let (without_fragment, fragment) = split_off(text, '#');
    let with_scheme = if without_fragment.contains("://") {
        without_fragment.to_owned()
    } else if protocol == Protocol::Grpc {
        match security {
            SchemelessSecurity::Plaintext => format!("http://{without_fragment}"),
            SchemelessSecurity::Tls => format!("https://{without_fragment}"),
        }
    } else {
        return None;
    };
    let uri: Uri = with_scheme.parse().ok()?;
    let scheme = uri.scheme().filter(|s| **s == Scheme::HTTP || **s == Scheme::HTTPS)?.clone();
    let (authority, user_information) = without_user_information(uri.authority()?)?;
    if user_information {
        left_out.push("user information");
    }
    let path = match (protocol, role) {
        (Protocol::Grpc, _) => {
            if uri.path() != "/" {
                left_out.push("path");
            }
            "/".to_owned()
        }
        (_, EndpointRole::Base) => format!("{}/v1/{signal}", uri.path().trim_end_matches('/')),
        (_, EndpointRole::Signal) => uri.path().to_owned(),
    };
    let keeps_query = role == EndpointRole::Signal && protocol != Protocol::Grpc;
    let path_and_query = match uri.query() {
        Some(query) if keeps_query => format!("{path}?{query}"),
        Some(_) => {
            left_out.push("query");
            path
        }
        None => path,
    };
    if fragment.is_some() {
        left_out.push("fragment");
    }
    let path_and_query: PathAndQuery = path_and_query.parse().ok()?;
    let url = Uri::builder().scheme(scheme).authority(authority).path_and_query(path_and_query);
    Some(Endpoint { url: url.build().ok()?, left_out })
}

/// The endpoint when nothing is set. It depends on the protocol only.
pub(super) const fn default_text(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "http://localhost:4317",
        Protocol::HttpJson | Protocol::HttpProtobuf => "http://localhost:4318",
    }
}

/// Says that the port is the one where the other transport usually listens.
pub(super) fn port_hint(url: &Uri, protocol: Protocol) -> Option<String> {
    let port = url.port_u16()?;
    let (usual, meant) = match protocol {
        Protocol::Grpc if port == HTTP_PORT => ("OTLP/HTTP", Protocol::HttpProtobuf.name()),
        Protocol::HttpJson | Protocol::HttpProtobuf if port == GRPC_PORT => {
            ("OTLP/gRPC", Protocol::Grpc.name())
        }
        _ => return None,
    };
    Some(format!(
        "port {port} usually takes {usual}, but the protocol is `{}`; if exports fail, set the \
         protocol to `{meant}`",
        protocol.name()
    ))
}

/// Hides user information and query, in text that need not be a URL.
pub(super) fn redact(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('@') => (format!("{scheme}://"), rest),
        _ => (String::new(), text),
    };
    // The last `@`: a password may hold any character when the text is no proper URL.
    let (user, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("***@", rest),
        None => ("", rest),
    };
    let (rest, fragment) = split_off(rest, '#');
    let (rest, query) = split_off(rest, '?');
    let query = query.map_or("", |_| "?***");
    let fragment = fragment.map_or("", |_| "#***");
    format!("{scheme}{user}{rest}{query}{fragment}")
}

/// The authority that is sent, and whether something was cut off. `None` without a host.
fn without_user_information(authority: &Authority) -> Option<(Authority, bool)> {
    let text = authority.as_str();
    let (host_and_port, is_cut) = match text.rsplit_once('@') {
        Some((_, host_and_port)) => (host_and_port, true),
        None => (text, false),
    };
    let kept: Authority = host_and_port.parse().ok()?;
    // `http` accepts ports that are no ports, such as `host:` and `host:99999`.
    let port = host_and_port.get(kept.host().len()..)?;
    let is_port_valid = port.is_empty() || kept.port_u16().is_some_and(|port| port != 0);
    (!kept.host().is_empty() && is_port_valid).then_some((kept, is_cut))
}

fn split_off(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

pub(super) const EXPECTED: &str =
    "a URL such as `http://host:4318` or, for gRPC, also `host:4317` without a scheme";

/// Source: IANA service names, `otlp-grpc` and `otlp-http`; specification, protocol/otlp.md.
const GRPC_PORT: u16 = 4317;
const HTTP_PORT: u16 = 4318;
