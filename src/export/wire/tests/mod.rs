//! The wire against peers on the loopback interface.

mod grpc;
mod http;
mod peer;
mod properties;
#[cfg(feature = "tls-ring")]
mod tls;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_body_util::BodyExt;

use super::*;
use crate::clock::Clock;

/// A request body; what it means is of no interest to the wire.
const BODY: &[u8] = b"\x0a\x06beacon";

const LEN_MAX: usize = 1 << 20;

/// It is always 1994-11-06 08:49:37 UTC.
#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(784_111_777)).unwrap()
    }

    fn sleep_until(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
}

fn settings(protocol: Protocol, url: &str) -> OtlpSettings {
    OtlpSettings {
        url: url.parse().unwrap(),
        protocol,
        headers: Vec::new(),
        timeout: None,
        compression: Compression::None,
    }
}

fn wire(settings: &OtlpSettings) -> Wire {
    Wire::new(Signal::Traces, settings, Arc::new(StoppedClock)).unwrap()
}

impl Wire {
    async fn send(&self, body: &[u8]) -> Outcome {
        let request = self.prepare(body.to_vec(), LEN_MAX).unwrap();
        // Only a failing test waits this long.
        tokio::time::timeout(Duration::from_secs(30), self.attempt(&request)).await.unwrap()
    }
}

#[track_caller]
fn check_delivered(outcome: &Outcome, expected: u64) {
    assert!(
        matches!(outcome, Outcome::Delivered { rejected, .. } if *rejected == expected),
        "{outcome:?}"
    );
}

#[track_caller]
fn check_retry(outcome: &Outcome, error_type: &str, hint_expected: Option<Duration>) {
    let Outcome::Retry { cause, hint, hopeless_for_now } = outcome else {
        panic!("not a retry: {outcome:?}");
    };
    assert_eq!((cause.error_type.as_ref(), *hint), (error_type, hint_expected), "{cause}");
    assert_eq!(*hopeless_for_now, error_type == "tls");
}

#[test]
fn a_wire_is_built_without_a_runtime() {
    let wire = wire(&settings(Protocol::Grpc, "http://localhost:4317"));
    assert_eq!(wire.component_type(), "otlp_grpc_span_exporter");
    assert_eq!((wire.server_address(), wire.server_port()), ("localhost", 4317));
}

#[test]
fn attempts_may_run_on_any_thread() {
    fn check(_: impl Send) {}
    let wire = wire(&settings(Protocol::Grpc, "http://localhost:4317"));
    let request = wire.prepare(BODY.to_vec(), LEN_MAX).unwrap();
    check(wire.attempt(&request));
}

#[test]
fn a_target_is_shown_to_people_without_secrets() {
    let cases = [
        (Protocol::Grpc, "http://h:4317", "http://h:4317 (grpc, plain text)", ("h", 4317)),
        (
            Protocol::HttpProtobuf,
            "http://u:pw@h/my/v1/traces",
            "http://h/my/v1/traces (http/protobuf, plain text)",
            ("h", 80),
        ),
        (
            Protocol::HttpJson,
            "http://[::1]:4318/v1/traces",
            "http://[::1]:4318/v1/traces (http/json, plain text)",
            ("::1", 4318),
        ),
        (Protocol::HttpJson, "https://h", "https://h/ (http/json, TLS)", ("h", 443)),
    ];
    for (protocol, url, shown, (address, port)) in cases {
        let target = Target::new(Signal::Traces, &settings(protocol, url)).unwrap();
        assert_eq!(target.to_string(), shown);
        assert_eq!((target.address(), target.port()), (address, port));
        assert!(!target.uri().to_string().contains("pw"));
    }
}

#[test]
fn an_unusable_url_is_an_error_without_secrets() {
    for (url, shown) in [("ftp://u:pw@h/", "…@h/"), ("/v1/traces", "/v1/traces"), ("h:1", "h:1")]
    {
        let settings = settings(Protocol::HttpProtobuf, url);
        let error = Wire::new(Signal::Traces, &settings, Arc::new(StoppedClock)).unwrap_err();
        assert!(error.to_string().ends_with(&format!("got `{shown}`")), "{error}");
    }
}

#[cfg(not(feature = "_tls"))]
#[test]
fn https_without_tls_names_the_features() {
    let settings = settings(Protocol::Grpc, "https://localhost");
    let error = Wire::new(Signal::Traces, &settings, Arc::new(StoppedClock)).unwrap_err();
    assert!(matches!(error, WireSetupError::TlsMissing));
}

#[test]
fn a_body_at_the_limit_passes_and_one_byte_more_does_not() {
    for protocol in [Protocol::Grpc, Protocol::HttpProtobuf] {
        let wire = wire(&settings(protocol, "http://h"));
        let frame_len = if protocol == Protocol::Grpc { 5 } else { 0 };
        assert_eq!(wire.prepare(vec![0; 10], 10).unwrap().len(), 10 + frame_len);
        let error = wire.prepare(vec![0; 11], 10).unwrap_err();
        assert!(matches!(error, PrepareError::TooLarge { len: 11, len_max: 10 }), "{error}");
    }
}

#[cfg(feature = "gzip")]
#[test]
fn a_body_that_compression_makes_too_long_does_not_pass() {
    let mut settings = settings(Protocol::HttpProtobuf, "http://h");
    settings.compression = Compression::Gzip;
    let error = wire(&settings).prepare(vec![7], 1).unwrap_err();
    assert!(matches!(error, PrepareError::TooLarge { len_max: 1, .. }), "{error}");
}

#[tokio::test]
async fn attempts_share_the_bytes_of_a_request() {
    let wire = wire(&settings(Protocol::HttpProtobuf, "http://h"));
    let body = vec![7; 100];
    let address = body.as_ptr();
    let prepared = wire.prepare(body, LEN_MAX).unwrap();
    for request in [wire.request(&prepared), wire.request(&prepared)] {
        let frame = request.into_body().frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap().as_ptr(), address);
    }
}
