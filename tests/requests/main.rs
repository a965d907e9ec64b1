//! Requests between two processes, and what the layers for HTTP and gRPC record of them.
#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail; clippy only knows functions marked as tests, and not their helpers"
)]

#[path = "../child/mod.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod child;
mod client;
mod grpc;
mod in_process;
mod metrics;
mod panics;
mod retries;
mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs, process};

use beacon::collector::{
    AttributeValue, Collector, ReceivedMetricValue, ReceivedSpan, ReceivedSpanKind,
    ReceivedStatusCode,
};

use crate::child::{command, finish, is_child, wait_until};

/// In front of the folder where the processes meet, among the arguments.
const MEETING: &str = "meeting=";

/// What the client does, and what its request to the server and that of the server are to say: name,
/// status code, whether the span is an error, and why.
const EXPECTED: &[(&str, Side, Side)] = &[
    ("plain", ok("GET", 200), ok("GET /orders/{id}", 200)),
    ("streamed", ok("GET", 200), ok("GET /stream", 200)),
    ("not found", error("GET", 404, "404"), ok("GET", 404)),
    ("left early", ok("GET", 200), error("GET /endless", 200, "cancelled")),
    (
        "panicked",
        Side { name: "GET", status: None, error: Some(CLIENT_ERROR) },
        Side { name: "GET /panic", status: None, error: Some("panic") },
    ),
    ("failed first", error("GET", 503, "503"), error("GET /flaky", 503, "503")),
    ("tried again", ok("GET", 200), ok("GET /flaky", 200)),
    ("gave up", Side { name: "GET", status: None, error: Some("cancelled") }, GAVE_UP),
    ("upgraded", ok("GET", 101), ok("GET /upgrade", 101)),
    ("unary", rpc("shop.Orders/Get", "OK"), rpc("shop.Orders/Get", "OK")),
    ("server stream", rpc("shop.Orders/List", "OK"), rpc("shop.Orders/List", "OK")),
    ("both ways", rpc("shop.Orders/Chat", "OK"), rpc("shop.Orders/Chat", "OK")),
    (
        "rpc panicked",
        Side { error: Some(CHANNEL_ERROR), ..rpc("shop.Orders/Panic", "UNAVAILABLE") },
        Side { error: Some("panic"), ..rpc("shop.Orders/Panic", "UNKNOWN") },
    ),
    (
        "rpc left both ways",
        Side { error: Some("CANCELLED"), ..rpc("shop.Orders/Chat", "CANCELLED") },
        rpc("shop.Orders/Chat", "CANCELLED"),
    ),
    (
        "rpc not found",
        Side { error: Some("NOT_FOUND"), ..rpc("shop.Orders/Find", "NOT_FOUND") },
        rpc("shop.Orders/Find", "NOT_FOUND"),
    ),
    (
        "rpc left early",
        Side { error: Some("CANCELLED"), ..rpc("shop.Orders/Watch", "CANCELLED") },
        rpc("shop.Orders/Watch", "CANCELLED"),
    ),
];

const CLIENT_ERROR: &str = "hyper_util::client::legacy::client::Error";
const CHANNEL_ERROR: &str = "tonic::transport::error::Error";
const GAVE_UP: Side = Side { name: "GET /never", status: None, error: Some("cancelled") };

/// What a span says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Side {
    name: &'static str,
    status: Option<Status>,
    error: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Status {
    Http(i64),
    Rpc(&'static str),
}

const fn ok(name: &'static str, status: i64) -> Side {
    Side { name, status: Some(Status::Http(status)), error: None }
}

const fn error(name: &'static str, status: i64, error: &'static str) -> Side {
    Side { error: Some(error), ..ok(name, status) }
}

const fn rpc(name: &'static str, status: &'static str) -> Side {
    Side { name, status: Some(Status::Rpc(status)), error: None }
}

#[test]
fn requests_between_two_processes_are_one_trace_each() {
    let collector = Collector::start().expect("the collector starts");
    let meeting = Meeting::new();
    let start = |role: &str| {
        let mut role = command(role);
        role.arg(format!("{MEETING}{}", meeting.0.display()));
        role.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
        role.env("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        role.spawn().expect("the role starts")
    };
    let server = start("server::serve");
    wait_until("the server listens", || meeting.port().exists());
    finish(start("client::send"));
    finish(server);

    let spans = collector.spans();
    for (case, of_client, of_server) in EXPECTED {
        let request = the(&spans, case, ReceivedSpanKind::Internal);
        let client = child_of(&spans, request);
        let server = child_of(&spans, client);
        assert_eq!(client.kind, ReceivedSpanKind::Client, "{case}");
        assert_eq!(server.kind, ReceivedSpanKind::Server, "{case}");
        check(case, client, of_client);
        check(case, server, of_server);
        // The handler is inside of the server's span, with the baggage of the client.
        let handled = child_of(&spans, server);
        let tenant = handled.attribute("tenant").and_then(AttributeValue::as_str);
        assert_eq!((handled.name.as_str(), tenant), ("handled", Some("acme")), "{case}");
    }
    let again = child_of(&spans, the(&spans, "tried again", ReceivedSpanKind::Internal));
    assert_eq!(again.attribute("http.request.resend_count"), Some(&AttributeValue::Int(1)));
    // Nothing else, and nothing is left open in the server.
    let count = spans.iter().filter(|span| span.kind == ReceivedSpanKind::Server).count();
    assert_eq!(count, EXPECTED.len());
    for metric in ["http.server.active_requests", "otel.sdk.span.live"] {
        assert_eq!(last_sum(&collector, metric), 0, "{metric}");
    }
    check_durations(&collector);
}

fn check_durations(collector: &Collector) {
    let routes: Vec<_> = collector
        .metric_points("http.server.request.duration")
        .iter()
        .filter_map(|point| point.attribute("http.route")?.as_str().map(ToOwned::to_owned))
        .collect();
    for route in ["/orders/{id}", "/stream", "/panic"] {
        assert!(routes.iter().any(|found| found == route), "{route} is not among {routes:?}");
    }
    for metric in
        ["http.client.request.duration", "rpc.server.call.duration", "rpc.client.call.duration"]
    {
        assert!(!collector.metric_points(metric).is_empty(), "{metric}");
    }
}

/// The sum of what the last report of each process says.
fn last_sum(collector: &Collector, metric: &str) -> i64 {
    let points = collector.metric_points(metric);
    assert!(!points.is_empty(), "{metric}");
    let last = points.iter().map(|point| point.time_unix_nanos).max();
    let last = points.iter().filter(|point| Some(point.time_unix_nanos) == last);
    last.map(|point| match point.value {
        ReceivedMetricValue::Int(value) => value,
        _ => panic!("{metric} is no integer"),
    })
    .sum()
}

#[track_caller]
fn the<'a>(spans: &'a [ReceivedSpan], name: &str, kind: ReceivedSpanKind) -> &'a ReceivedSpan {
    let mut found = spans.iter().filter(|span| span.name == name && span.kind == kind);
    let (first, second) = (found.next(), found.next());
    assert!(second.is_none(), "there are two of {name}");
    first.unwrap_or_else(|| panic!("there is no {name}"))
}

#[track_caller]
fn child_of<'a>(spans: &'a [ReceivedSpan], parent: &ReceivedSpan) -> &'a ReceivedSpan {
    let is_child = |span: &&ReceivedSpan| {
        span.trace_id == parent.trace_id && span.parent_span_id == parent.span_id
    };
    let mut found = spans.iter().filter(is_child);
    let (first, second) = (found.next(), found.next());
    assert!(second.is_none(), "{} has two children", parent.name);
    first.unwrap_or_else(|| panic!("{} of {} has no child", parent.name, parent.trace_id))
}

#[track_caller]
fn check(case: &str, span: &ReceivedSpan, expected: &Side) {
    let http = span.attribute("http.response.status_code").and_then(AttributeValue::as_i64);
    let rpc = span.attribute("rpc.response.status_code").and_then(AttributeValue::as_str);
    match expected.status {
        None => assert_eq!((http, rpc), (None, None), "{case}"),
        Some(Status::Http(status)) => assert_eq!(http, Some(status), "{case}"),
        Some(Status::Rpc(status)) => assert_eq!(rpc, Some(status), "{case}"),
    }
    let error = span.attribute("error.type").and_then(AttributeValue::as_str);
    assert_eq!((span.name.as_str(), error), (expected.name, expected.error), "{case}: {span:?}");
    let is_error = span.status == ReceivedStatusCode::Error;
    assert_eq!(is_error, expected.error.is_some(), "{case}");
}

/// Where the processes meet.
struct Meeting(PathBuf);

impl Meeting {
    fn new() -> Self {
        let folder = env::temp_dir().join(format!("beacon-requests-{}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    /// The one that this process was sent to.
    fn given() -> Option<PathBuf> {
        let mut arguments = env::args();
        let given = arguments.find_map(|it| it.strip_prefix(MEETING).map(PathBuf::from));
        given.filter(|_| is_child())
    }

    fn port(&self) -> PathBuf {
        port_in(&self.0)
    }
}

impl Drop for Meeting {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

fn port_in(folder: &Path) -> PathBuf {
    folder.join("port")
}

/// How long a client waits before it gives up on purpose.
const BRIEFLY: Duration = Duration::from_millis(200);
