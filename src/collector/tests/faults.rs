use std::time::Duration;

use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_sdk::trace::{SpanData, SpanExporter as _};
use prost::Message;

use super::client::{Answered, JSON, LIMIT, Outgoing, PROTOBUF, TRACE_EXPORT, span_bytes};
use super::{names, post_spans};
use crate::Signal;
use crate::collector::{AttemptAnswer, Collector, Fault, Times};

/// A pause that a test notices, and that costs it nothing else.
const PAUSE: Duration = Duration::from_millis(30);

fn collector_with(fault: Fault) -> Collector {
    let collector = Collector::start().unwrap();
    collector.inject(fault, Times::Always);
    collector
}

fn http(collector: &Collector) -> Result<Answered, String> {
    Outgoing::http("/v1/traces", PROTOBUF, span_bytes(&["a", "b"])).send(collector)
}

fn grpc(collector: &Collector) -> Result<Answered, String> {
    Outgoing::grpc(TRACE_EXPORT, &span_bytes(&["a", "b"])).send(collector)
}

fn http_status(code: u16) -> Fault {
    Fault::HttpStatus { code, retry_after: None }
}

#[track_caller]
fn check_failed(collector: &Collector, requests: u64) {
    assert!(collector.spans().is_empty());
    let totals = collector.totals().traces;
    assert_eq!((totals.requests, totals.failed_requests, totals.received), (0, requests, 0));
    assert!(collector.attempts().iter().all(|attempt| attempt.items == 2));
}

fn answers(collector: &Collector) -> Vec<AttemptAnswer> {
    collector.attempts().into_iter().map(|attempt| attempt.answer).collect()
}

#[test]
fn an_http_status_comes_with_its_retry_after() {
    let retry_after = Some("Wed, 21 Oct 2015 07:28:00 GMT".to_owned());
    let collector = collector_with(Fault::HttpStatus { code: 503, retry_after });
    let answer = http(&collector).unwrap();
    assert_eq!((answer.status, answer.header("content-type")), (503, PROTOBUF));
    assert_eq!(answer.header("retry-after"), "Wed, 21 Oct 2015 07:28:00 GMT");
    let answer = grpc(&collector).unwrap();
    assert_eq!((answer.status, answer.grpc_status()), (503, ""));
    check_failed(&collector, 2);
    let failed = AttemptAnswer::Failed { http_status: 503, grpc_status: None };
    assert_eq!(answers(&collector), [failed.clone(), failed]);
}

#[test]
fn a_grpc_status_comes_with_its_retry_info() {
    let retry_info = Some(Duration::from_millis(1_500));
    let collector = collector_with(Fault::GrpcStatus { code: 14, retry_info });
    let answer = grpc(&collector).unwrap();
    assert_eq!((answer.status, answer.grpc_status()), (200, "14"));
    let details = answer.header("grpc-status-details-bin");
    // What tonic and protobuf make of the header is the judge.
    let status = tonic::Status::from_header_map(&answer.headers).unwrap();
    assert_eq!((status.code(), status.message()), (tonic::Code::Unavailable, "scripted status 14"));
    assert!(!details.is_empty());
    let details = RpcStatus::decode(status.details()).unwrap().details;
    assert_eq!(details[0].type_url, "type.googleapis.com/google.rpc.RetryInfo");
    let delay = RetryInfo::decode(&*details[0].value).unwrap().retry_delay.unwrap();
    assert_eq!((delay.seconds, delay.nanos), (1, 500_000_000));

    let answer = http(&collector).unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, "2"));
    check_failed(&collector, 2);
    let failed = |http_status, grpc_status| AttemptAnswer::Failed { http_status, grpc_status };
    assert_eq!(answers(&collector), [failed(200, Some(14)), failed(503, None)]);
}

#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(message, repeated, tag = "3")]
    details: Vec<AnyMessage>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct AnyMessage {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Delay>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Delay {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

#[test]
fn partial_success_stores_all_and_counts_the_refused_apart() {
    let message = "too\nold".to_owned();
    let collector = collector_with(Fault::PartialSuccess { rejected: 1, message });
    for body in [http(&collector).unwrap().body, grpc(&collector).unwrap().body.slice(5..)] {
        let partial = ExportTraceServiceResponse::decode(body).unwrap().partial_success.unwrap();
        assert_eq!((partial.rejected_spans, &*partial.error_message), (1, "too\nold"));
    }
    let json = Outgoing::http("/v1/logs", JSON, "{}").send(&collector).unwrap();
    let expected = r#"{"partialSuccess":{"errorMessage":"too\nold","rejectedLogRecords":"1"}}"#;
    assert_eq!(json.body, expected);

    let totals = collector.totals().traces;
    assert_eq!((totals.received, totals.accepted, totals.rejected), (4, 2, 2));
    assert_eq!((totals.requests, totals.failed_requests), (2, 0));
    assert_eq!(names(&collector), ["a", "b", "a", "b"]);
    // The log request had nothing that could be rejected.
    assert_eq!(collector.totals().logs.rejected, 0);
}

#[test]
fn a_garbage_answer_is_a_success_that_does_not_decode() {
    let collector = collector_with(Fault::GarbageAnswer);
    for body in [http(&collector).unwrap().body, grpc(&collector).unwrap().body.slice(5..)] {
        assert!(ExportTraceServiceResponse::decode(&*body).is_err());
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
    }
    assert_eq!(names(&collector), ["a", "b", "a", "b"]);
}

#[test]
fn a_huge_answer_is_as_long_as_asked_for() {
    let collector = collector_with(Fault::HugeAnswer(5_000_000));
    assert_eq!(http(&collector).unwrap().body.len(), 5_000_000);
    let grpc = grpc(&collector).unwrap();
    assert_eq!((grpc.body.len(), grpc.grpc_status()), (5_000_005, "0"));
    check_failed(&collector, 2);
    assert_eq!(answers(&collector), [AttemptAnswer::None, AttemptAnswer::None]);
}

#[test]
fn an_answer_breaks_off_in_the_middle() {
    let collector = collector_with(Fault::CloseMidAnswer);
    http(&collector).unwrap_err();
    grpc(&collector).unwrap_err();
    check_failed(&collector, 2);
    assert_eq!(answers(&collector), [AttemptAnswer::None, AttemptAnswer::None]);
}

#[test]
fn a_redirect_names_its_target() {
    let collector = collector_with(Fault::Redirect("http://elsewhere/v1/traces".to_owned()));
    let answer = http(&collector).unwrap();
    assert_eq!((answer.status, answer.header("location")), (307, "http://elsewhere/v1/traces"));
    check_failed(&collector, 1);
}

#[test]
fn a_refused_connection_ends_without_an_answer() {
    let collector = collector_with(Fault::Refuse);
    http(&collector).unwrap_err();
    grpc(&collector).unwrap_err();
    assert_eq!((collector.connections(), collector.attempts().len()), (2, 0));
    collector.clear_faults();
    assert_eq!(post_spans(&collector, &["a"]).status, 200);
}

#[test]
fn a_request_is_refused_on_a_connection_that_is_open() {
    let collector = Collector::start().unwrap();
    collector.inject_for(Signal::Traces, Fault::Refuse, Times::Always);
    http(&collector).unwrap_err();
    grpc(&collector).unwrap_err();
    check_failed(&collector, 2);
    assert_eq!(answers(&collector), [AttemptAnswer::None, AttemptAnswer::None]);
}

/// A hang has no end, so each sender is left waiting until the collector dies.
#[test]
fn a_hanging_request_is_seen_but_never_answered() {
    let collector = collector_with(Fault::Hang);
    std::thread::scope(|scope| {
        let http = scope.spawn(|| http(&collector));
        let grpc = scope.spawn(|| grpc(&collector));
        collector.wait_for(LIMIT, |store| store.attempts().count() == 2).unwrap();
        assert!(!http.is_finished() && !grpc.is_finished());
        collector.stop();
        http.join().unwrap().unwrap_err();
        grpc.join().unwrap().unwrap_err();
    });
    assert!(collector.spans().is_empty());
    assert_eq!(answers(&collector), [AttemptAnswer::Pending, AttemptAnswer::Pending]);
}

#[test]
fn a_delayed_request_is_stored_when_its_time_has_come() {
    let collector = Collector::start().unwrap();
    collector.inject(Fault::Delay(PAUSE), Times::ONCE);
    assert_eq!(http(&collector).unwrap().status, 200);
    assert_eq!(collector.spans().len(), 2);

    collector.inject(Fault::Delay(LIMIT * 100), Times::ONCE);
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| http(&collector));
        collector.wait_for(LIMIT, |store| store.attempts().count() == 2).unwrap();
        assert_eq!(collector.spans().len(), 2);
        collector.stop();
        sender.join().unwrap().unwrap_err();
    });
}

#[test]
fn round_trips_add_up_and_leave_the_other_faults_alone() {
    let mut script = crate::collector::fault::FaultScript::default();
    script.push(Fault::RoundTrip(PAUSE), None, Times::Always);
    script.push(http_status(500), None, Times::ONCE);
    script.push(Fault::RoundTrip(PAUSE), None, Times::ONCE);
    script.push(Fault::Hang, Some(Signal::Logs), Times::Always);
    let first = script.next(Some(Signal::Traces));
    assert_eq!((first.pause, first.fault), (PAUSE * 2, Some(http_status(500))));
    let second = script.next(Some(Signal::Traces));
    assert_eq!((second.pause, second.fault), (PAUSE, None));
    assert_eq!(script.next(Some(Signal::Logs)).fault, Some(Fault::Hang));
    assert_eq!(script.next(None).fault, None);
}

#[test]
fn a_round_trip_does_not_change_the_answer() {
    let collector = collector_with(Fault::RoundTrip(PAUSE));
    collector.inject(http_status(429), Times::ONCE);
    assert_eq!(http(&collector).unwrap().status, 429);
    assert_eq!(http(&collector).unwrap().status, 200);
    assert_eq!(collector.spans().len(), 2);
}

#[test]
fn faults_happen_in_order_and_as_often_as_asked() {
    let collector = Collector::start().unwrap();
    collector.inject(http_status(503), Times::Next(2));
    collector.inject(http_status(400), Times::Next(0));
    collector.inject(http_status(429), Times::ONCE);
    let statuses = [(); 4].map(|()| http(&collector).unwrap().status);
    assert_eq!(statuses, [503, 503, 429, 200]);
    let totals = collector.totals().traces;
    assert_eq!((totals.requests, totals.failed_requests), (1, 3));
}

#[test]
fn a_fault_of_one_signal_leaves_the_others_alone() {
    let collector = Collector::start().unwrap();
    collector.inject_for(Signal::Logs, http_status(503), Times::Always);
    let logs = || Outgoing::http("/v1/logs", JSON, "{}").send(&collector).unwrap().status;
    assert_eq!((logs(), http(&collector).unwrap().status, logs()), (503, 200, 503));
    collector.clear_faults();
    assert_eq!(logs(), 200);
}

#[test]
fn a_refusal_closes_the_connection_and_not_just_the_request() {
    let collector = Collector::start().unwrap();
    collector.inject_for(Signal::Traces, Fault::Refuse, Times::ONCE);
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(collector.endpoint());
    super::client::on_a_runtime(async {
        let exporter = exporter.build().unwrap();
        // Whether the exporter tries again by itself depends on what it sees first of the end.
        drop(exporter.export(Vec::<SpanData>::new()).await);
        exporter.export(Vec::<SpanData>::new()).await.unwrap();
    });
    let attempts = collector.attempts();
    assert_eq!(attempts.first().unwrap().connection, 1);
    assert!(attempts.iter().skip(1).all(|attempt| attempt.connection == 2), "{attempts:?}");
}

/// The faults as the official exporter sees them, which retries what it may.
#[test]
fn an_official_sender_recovers_and_sends_the_same_body() {
    let collector = Collector::start().unwrap();
    collector.inject(Fault::GrpcStatus { code: 14, retry_info: None }, Times::ONCE);
    let exporter = SpanExporter::builder().with_tonic().with_endpoint(collector.endpoint());
    super::client::on_a_runtime(async {
        let exporter = exporter.build().unwrap();
        exporter.export(Vec::<SpanData>::new()).await.unwrap();
    });
    let attempts = collector.attempts();
    let [first, second] = &attempts[..] else { panic!("{attempts:?}") };
    assert_eq!(first.body_hash, second.body_hash);
    assert_eq!((first.connection, second.connection), (1, 1));
    assert_eq!(second.answer, AttemptAnswer::Accepted);
}
