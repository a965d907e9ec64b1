use std::time::Duration;

use http::Method;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

use self::client::{Answered, JSON, LIMIT, Outgoing, PROTOBUF, TRACE_EXPORT, span_bytes};
use super::ReceivedProtocol::{Grpc, HttpJson, HttpProtobuf};
use super::{AttemptAnswer, Collector};
use crate::Signal;
use crate::export::encode::json::to_json;

mod client;
mod faults;
mod official;
mod store;

fn post_spans(collector: &Collector, names: &[&str]) -> Answered {
    Outgoing::http("/v1/traces", PROTOBUF, span_bytes(names)).send(collector).unwrap()
}

fn names(collector: &Collector) -> Vec<String> {
    collector.spans().into_iter().map(|span| span.name).collect()
}

#[test]
fn all_protocols_are_understood_on_one_port() {
    let collector = Collector::start().unwrap();

    let protobuf = post_spans(&collector, &["a"]);
    assert_eq!((protobuf.status, protobuf.header("content-type")), (200, PROTOBUF));
    assert!(protobuf.body.is_empty());

    let json = to_json(Signal::Traces, &span_bytes(&["b"])).unwrap();
    let json = Outgoing::http("/v1/traces", "application/json; charset=utf-8", json);
    let json = json.send(&collector).unwrap();
    assert_eq!((json.status, json.header("content-type"), &json.body[..]), (200, JSON, &b"{}"[..]));

    let grpc = Outgoing::grpc(TRACE_EXPORT, &span_bytes(&["c"])).send(&collector).unwrap();
    assert_eq!((grpc.status, grpc.grpc_status()), (200, "0"));
    assert_eq!(&grpc.body[..], [0; 5]);

    assert_eq!(names(&collector), ["a", "b", "c"]);
    let protocols: Vec<_> = collector.attempts().into_iter().map(|a| a.protocol).collect();
    assert_eq!(protocols, [Some(HttpProtobuf), Some(HttpJson), Some(Grpc)]);
    assert_eq!(collector.connections(), 3);
}

#[test]
fn a_received_span_is_plain_data() {
    let collector = Collector::start().unwrap();
    post_spans(&collector, &["pay"]);
    let span = &collector.spans_of_trace(&"ab".repeat(16))[0];
    assert_eq!(span.span_id, "0000000000000001");
    assert!(span.is_root());
    assert_eq!(span.kind, super::ReceivedSpanKind::Server);
    assert_eq!(span.duration(), Duration::from_nanos(2_500));
    assert_eq!(span.scope.name, "shop::cart");
    assert_eq!(*span.resource.attribute("service.name").unwrap(), "shop");
    assert!(span.attribute("absent").is_none());
    assert!(collector.spans_of_trace("none").is_empty());
    let json = serde_json::to_value(span).unwrap();
    assert_eq!(json["resource"]["attributes"]["service.name"], "shop");
    assert_eq!(json["kind"], "server");
}

#[cfg(feature = "gzip")]
fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[cfg(feature = "gzip")]
fn grpc_gzip(message: &[u8]) -> Outgoing {
    let message = gzip(message);
    let mut body = vec![1];
    body.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    body.extend(message);
    Outgoing::grpc(TRACE_EXPORT, &[]).body(body).header("grpc-encoding", "gzip")
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
#[test]
fn compressed_bodies_are_understood() {
    let collector = Collector::start().unwrap();
    let zstd = zstd::encode_all(&*span_bytes(&["zstd"]), 1).unwrap();
    let requests = [
        Outgoing::http("/v1/traces", PROTOBUF, gzip(&span_bytes(&["gzip"])))
            .header("content-encoding", "gzip"),
        Outgoing::http("/v1/traces", PROTOBUF, zstd).header("content-encoding", "zstd"),
        grpc_gzip(&span_bytes(&["grpc"])),
        // The flag decides, not the header.
        Outgoing::grpc(TRACE_EXPORT, &span_bytes(&["plain"])).header("grpc-encoding", "gzip"),
    ];
    for request in requests {
        assert_eq!(request.send(&collector).unwrap().status, 200);
    }
    assert_eq!(names(&collector), ["gzip", "zstd", "grpc", "plain"]);
}

#[cfg(feature = "gzip")]
#[test]
fn the_request_limit_counts_after_decompression() {
    let plain = span_bytes(&[&"long".repeat(1_000)]);
    let send = |limit: usize| {
        let collector = Collector::builder().request_bytes_max(limit).start().unwrap();
        let http = Outgoing::http("/v1/traces", PROTOBUF, gzip(&plain));
        let http = http.header("content-encoding", "gzip").send(&collector).unwrap();
        let grpc = grpc_gzip(&plain).send(&collector).unwrap();
        let stored = collector.spans().len();
        (http.status, grpc.grpc_status().to_owned(), stored, collector.totals())
    };
    let (http, grpc, stored, totals) = send(plain.len());
    assert_eq!((http, &*grpc, stored), (200, "0", 2));
    assert_eq!(totals.largest_request_bytes, plain.len() as u64);
    let (http, grpc, stored, totals) = send(plain.len() - 1);
    assert_eq!((http, &*grpc, stored), (413, "8", 0));
    assert_eq!((totals.traces.requests, totals.traces.failed_requests), (0, 2));
}

#[test]
fn a_request_over_the_limit_is_refused_without_being_read_to_its_end() {
    let collector = Collector::builder().request_bytes_max(1_000).start().unwrap();
    let long = || span_bytes(&[&"long".repeat(1_000)]);
    let http = Outgoing::http("/v1/traces", PROTOBUF, long()).send(&collector).unwrap();
    assert_eq!(http.status, 413);
    let grpc = Outgoing::grpc(TRACE_EXPORT, &long()).send(&collector).unwrap();
    assert_eq!(grpc.grpc_status(), "8");
}

#[track_caller]
fn check_refused(request: Outgoing, http_status: u16, grpc_status: &str, message: &str) {
    let collector = Collector::start().unwrap();
    let answer = request.send(&collector).unwrap();
    assert_eq!((answer.status, answer.grpc_status()), (http_status, grpc_status));
    let body = String::from_utf8_lossy(&answer.body);
    let told = format!("{body} {}", answer.header("grpc-message"));
    assert!(told.contains(message), "{told}");
    assert!(collector.spans().is_empty());
    let attempts = collector.attempts();
    assert_eq!(attempts.len(), 1);
    let grpc_status = grpc_status.parse().ok();
    assert_eq!(attempts[0].answer, AttemptAnswer::Failed { http_status, grpc_status });
}

#[test]
fn what_is_not_otlp_gets_the_right_refusal() {
    let traces =
        |content_type, body: &[u8]| Outgoing::http("/v1/traces", content_type, body.to_vec());
    check_refused(Outgoing::http("/", PROTOBUF, ""), 404, "", "no such path");
    check_refused(Outgoing::http("/v1/trace", JSON, ""), 404, "", "no such path");
    check_refused(traces(JSON, b"{}").method(Method::GET), 405, "", "use POST");
    check_refused(traces("text/plain", b"{}"), 415, "", "use application/x-protobuf");
    check_refused(traces(JSON, b"{"), 400, "", "JSON");
    check_refused(traces(PROTOBUF, b"{"), 400, "", "protobuf");
    check_refused(traces(PROTOBUF, b"").header("content-encoding", "br"), 415, "", "`br`");
    check_refused(Outgoing::grpc("/v1/traces", b""), 200, "12", "no such path");
    check_refused(Outgoing::grpc(TRACE_EXPORT, b"{"), 200, "3", "protobuf");
    check_refused(Outgoing::grpc(TRACE_EXPORT, b"").body(vec![0; 4]), 200, "3", "one message");
    check_refused(Outgoing::grpc(TRACE_EXPORT, b"").body(vec![0; 6]), 200, "3", "one message");
    check_refused(
        Outgoing::grpc(TRACE_EXPORT, b"")
            .body([1, 0, 0, 0, 0].to_vec())
            .header("grpc-encoding", "br"),
        200,
        "12",
        "`br`",
    );
}

#[cfg(feature = "gzip")]
#[test]
fn compressed_garbage_is_malformed() {
    let garbage = Outgoing::http("/v1/traces", PROTOBUF, vec![1, 2, 3]);
    check_refused(garbage.header("content-encoding", "gzip"), 400, "", "does not decode");
}

#[test]
fn a_refusal_is_a_status_in_the_protocol_of_the_request() {
    let collector = Collector::start().unwrap();
    let json = Outgoing::http("/v1/logs", JSON, "[]").send(&collector).unwrap();
    assert_eq!(json.header("content-type"), JSON);
    let status: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
    assert_eq!(status["code"], 3);

    let protobuf = Outgoing::http("/v1/logs", PROTOBUF, "[").send(&collector).unwrap();
    assert_eq!(protobuf.header("content-type"), PROTOBUF);
    assert_eq!(&protobuf.body[..2], [0x08, 3]);

    let encoded = Outgoing::http("/v1/logs", PROTOBUF, "").header("content-encoding", "br");
    assert!(encoded.send(&collector).unwrap().header("accept-encoding").ends_with("identity"));
    let compressed = || Outgoing::grpc(TRACE_EXPORT, b"").body(vec![1, 0, 0, 0, 0]);
    let unknown = compressed().header("grpc-encoding", "br").send(&collector).unwrap();
    assert!(unknown.header("grpc-accept-encoding").ends_with("identity"));
    assert_eq!(unknown.grpc_status(), "12");
    assert_eq!(compressed().send(&collector).unwrap().grpc_status(), "13");
    // A response that is decoded as if it were a success must not be mistaken for one in full.
    assert!(ExportTraceServiceResponse::decode(protobuf.body).is_err());
}

#[test]
fn an_attempt_shows_what_the_sender_did() {
    let collector = Collector::start().unwrap();
    for name in ["a", "a", "b"] {
        let request = Outgoing::http("/v1/traces?x=1", PROTOBUF, span_bytes(&[name, "x"]));
        request.header("user-agent", "tester/1").send(&collector).unwrap();
    }
    let attempts = collector.attempts();
    let [first, second, third] = &attempts[..] else { panic!("{attempts:?}") };
    assert_eq!((first.signal, first.items), (Some(Signal::Traces), 2));
    assert_eq!((&*first.method, &*first.path), ("POST", "/v1/traces?x=1"));
    assert_eq!(first.header("user-agent"), Some("tester/1"));
    assert_eq!(first.body_bytes, span_bytes(&["a", "x"]).len());
    assert_eq!(first.body_hash, second.body_hash);
    assert_ne!(first.body_hash, third.body_hash);
    assert_eq!([first, second, third].map(|attempt| attempt.connection), [1, 2, 3]);
    assert_eq!(serde_json::to_value(first).unwrap()["signal"], "traces");
}

#[test]
fn counting_only_stores_nothing() {
    let collector = Collector::builder().count_only().start().unwrap();
    post_spans(&collector, &["a", "b", "c"]);
    assert_eq!(collector.totals().spans(), 3);
    assert!(collector.spans().is_empty() && collector.resources().is_empty());
}

#[test]
fn a_collector_dies_and_comes_back_on_the_same_port() {
    let collector = Collector::start().unwrap();
    let endpoint = collector.endpoint();
    post_spans(&collector, &["before"]);
    collector.pause_listening();
    collector.pause_listening();
    let refused = Outgoing::http("/v1/traces", PROTOBUF, "").send(&collector).unwrap_err();
    assert!(refused.contains("refused"), "{refused}");
    collector.resume_listening().unwrap();
    collector.resume_listening().unwrap();
    assert_eq!(collector.endpoint(), endpoint);
    post_spans(&collector, &["after"]);
    assert_eq!(names(&collector), ["before", "after"]);
    collector.stop();
    assert_eq!(names(&collector), ["before", "after"]);
}

#[test]
fn waiting_ends_with_the_condition_or_tells_what_there_was() {
    let collector = Collector::start().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| post_spans(&collector, &["a"]));
        collector.wait_for(LIMIT, |store| store.spans().any(|span| span.name == "a")).unwrap();
    });
    let error = collector.wait_for(Duration::from_millis(1), |_| false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the condition did not hold within 1ms: traces: 1 received (0 rejected) in 1 requests, \
         0 requests failed; logs: 0 received (0 rejected) in 0 requests, 0 requests failed; \
         metrics: 0 received (0 rejected) in 0 requests, 0 requests failed; 1 connections"
    );
}

#[test]
fn several_addresses_fill_one_store() {
    let any = "127.0.0.1:0".parse().unwrap();
    let collector = Collector::builder().address(any).address(any).start().unwrap();
    let [first, second] = collector.addresses() else { panic!() };
    assert_ne!(first, second);
    assert_eq!(collector.endpoint(), format!("http://{first}"));
    std::net::TcpStream::connect(first).unwrap();
    std::net::TcpStream::connect(second).unwrap();
    collector.wait_for(LIMIT, |store| store.totals().connections == 2).unwrap();
}
