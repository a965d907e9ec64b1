//! The table of endpoints.

use crate::config::Protocol;
use crate::config::endpoint::{EndpointRole, SchemelessSecurity, port_hint, redact, resolve};
use crate::signal::Signal;

use EndpointRole::{Base, Signal as One};
use Protocol::{Grpc, HttpProtobuf as Http};

fn check(role: EndpointRole, protocol: Protocol, text: &str, expected: Option<(&str, &[&str])>) {
    let security = SchemelessSecurity::Tls;
    let endpoint = resolve(text, role, Signal::Traces, protocol, security);
    let endpoint = endpoint.map(|endpoint| (endpoint.url.to_string(), endpoint.left_out));
    let expected = expected.map(|(url, left_out)| (url.to_owned(), left_out.to_vec()));
    assert_eq!(endpoint, expected, "{role:?} {protocol:?} {text}");
}

#[test]
fn a_base_gets_the_path_of_the_signal_with_one_slash() {
    for (text, expected) in [
        ("http://h:4318", "http://h:4318/v1/traces"),
        ("http://h:4318/", "http://h:4318/v1/traces"),
        ("http://h", "http://h/v1/traces"),
        ("https://h", "https://h/v1/traces"),
        ("HTTPS://h", "https://h/v1/traces"),
        ("http://h/my", "http://h/my/v1/traces"),
        ("http://h/my/", "http://h/my/v1/traces"),
        ("http://h/my//", "http://h/my/v1/traces"),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ("http://[::1]", "http://[::1]/v1/traces"),
    ] {
        check(Base, Http, text, Some((expected, &[])));
    }
}

#[test]
fn what_a_base_cannot_use_is_left_out() {
    for (text, expected, left_out) in [
        ("http://h/a?k=v", "http://h/a/v1/traces", &["query"][..]),
        ("http://h/a#f", "http://h/a/v1/traces", &["fragment"]),
        ("http://h?k=v#f", "http://h/v1/traces", &["query", "fragment"]),
        ("http://u:p@h:1", "http://h:1/v1/traces", &["user information"]),
        ("http://u@h", "http://h/v1/traces", &["user information"]),
    ] {
        check(Base, Http, text, Some((expected, left_out)));
    }
}

#[test]
fn the_url_of_one_signal_is_used_as_it_is() {
    for (text, expected, left_out) in [
        ("http://h", "http://h/", &[][..]),
        ("http://h:4318/v1/x/", "http://h:4318/v1/x/", &[]),
        ("http://h/x?k=v", "http://h/x?k=v", &[]),
        ("http://u:p@h/x#f", "http://h/x", &["user information", "fragment"]),
    ] {
        check(One, Http, text, Some((expected, left_out)));
    }
}

#[test]
fn grpc_takes_a_host_without_a_scheme_and_no_path() {
    for (text, expected, left_out) in [
        ("http://h:4317", "http://h:4317/", &[][..]),
        ("https://h", "https://h/", &[]),
        ("h:4317", "https://h:4317/", &[]),
        ("localhost", "https://localhost/", &[]),
        ("[::1]:4317", "https://[::1]:4317/", &[]),
        ("http://h:4317/v1/traces?k=v", "http://h:4317/", &["path", "query"]),
    ] {
        check(Base, Grpc, text, Some((expected, left_out)));
        check(One, Grpc, text, Some((expected, left_out)));
    }
    let security = SchemelessSecurity::Plaintext;
    let url = |text| resolve(text, One, Signal::Logs, Grpc, security).map(|found| found.url);
    assert_eq!(url("h:4317").map(|url| url.to_string()), Some("http://h:4317/".to_owned()));
    assert_eq!(url("https://h").map(|url| url.to_string()), Some("https://h/".to_owned()));
}

#[test]
fn what_is_no_url_is_refused() {
    for text in [
        "h:4318",
        "localhost",
        "/v1/traces",
        "http://",
        "http:///x",
        "ftp://h",
        "http://h:99999",
        "http://h:0",
        "http://h:",
        "http://h:x",
        "http://a b",
        " http://h",
        "://h",
        "http://@",
    ] {
        check(Base, Http, text, None);
        check(One, Http, text, None);
    }
    for text in ["ftp://h:4317", "h:99999", "h:", ":4317", "a b", "http://", " h:4317", "/"] {
        check(One, Grpc, text, None);
    }
}

#[test]
fn user_information_and_query_are_hidden() {
    for (text, expected) in [
        ("http://h:4318/v1", "http://h:4318/v1"),
        ("http://u:p@h/x", "http://***@h/x"),
        ("u:p@h:4317", "***@h:4317"),
        ("http://u:p@q@h", "http://***@h"),
        ("ht!tp://u:p@ h", "ht!tp://***@ h"),
        ("u:a://b@h", "u:a://***@h"),
        ("x@u://p@h", "***@h"),
        ("http://h?key=s", "http://h?***"),
        ("http://h/#s", "http://h/#***"),
        ("http://u:p?w#@h", "http://***@h"),
        ("", ""),
    ] {
        assert_eq!(redact(text), expected, "{text}");
    }
}

#[test]
fn the_port_of_the_other_transport_gets_a_hint() {
    let hint = |text: &str, protocol| port_hint(&text.parse().expect("a URL"), protocol);
    assert_eq!(
        hint("http://h:4317/v1/traces", Http).as_deref(),
        Some(
            "port 4317 usually takes OTLP/gRPC, but the protocol is `http/protobuf`; if \
             exports fail, set the protocol to `grpc`"
        )
    );
    assert!(hint("http://h:4318", Grpc).is_some_and(|hint| hint.contains("OTLP/HTTP")));
    assert_eq!(hint("http://h:4318", Http), None);
    assert_eq!(hint("http://h:4317", Grpc), None);
    assert_eq!(hint("http://h", Http), None);
}
