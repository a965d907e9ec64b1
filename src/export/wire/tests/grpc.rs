use std::time::Duration;

use super::peer::GrpcAnswer;
use super::*;

#[tokio::test]
async fn a_request_arrives_framed_and_with_its_headers() {
    let (url, log) = peer::grpc(vec![GrpcAnswer::ok(b"")]).await;
    check_delivered(&wire(&settings(Protocol::Grpc, &url)).send(BODY).await, 0);

    let seen = log.lock().unwrap().remove(0);
    assert_eq!(seen.body, [&[0, 0, 0, 0, 8], BODY].concat());
    let mut lines: Vec<_> = seen.head.trim_end().split("\r\n").collect();
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    assert_eq!(lines.remove(0), format!("POST {url}{path}"));
    lines.sort_unstable();
    let agent = concat!(
        "user-agent: beacon-telemetry/",
        env!("CARGO_PKG_VERSION"),
        " OTel-OTLP-Exporter-Rust/0.33.1"
    );
    let expected = ["content-length: 13", "content-type: application/grpc", "te: trailers", agent];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn partial_success_is_read() {
    let (url, _) = peer::grpc(vec![GrpcAnswer::ok(b"\x0a\x07\x08\x03\x12\x03bad")]).await;
    let outcome = wire(&settings(Protocol::Grpc, &url)).send(BODY).await;
    let Outcome::Delivered { rejected: 3, advice, status } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(advice.as_deref(), Some("bad"));
    assert_eq!(status, Some(PeerStatus::Grpc(tonic::Code::Ok)));
}

#[tokio::test]
async fn an_error_without_a_body_is_read_from_the_headers() {
    let refusal = [("grpc-status", "3"), ("grpc-message", "bad%20span")];
    let busy = [
        ("grpc-status", "8"),
        // A RetryInfo of two seconds.
        (
            "grpc-status-details-bin",
            "GjAKKHR5cGUuZ29vZ2xlYXBpcy5jb20vZ29vZ2xlLnJwYy5SZXRyeUluZm8SBAoCCAI",
        ),
    ];
    let answers = vec![GrpcAnswer::trailers_only(&refusal), GrpcAnswer::trailers_only(&busy)];
    let (url, _) = peer::grpc(answers).await;
    let wire = wire(&settings(Protocol::Grpc, &url));

    let outcome = wire.send(BODY).await;
    let Outcome::Refused { cause } = outcome else { panic!("{outcome:?}") };
    assert_eq!(cause.to_string(), "INVALID_ARGUMENT: the peer answered INVALID_ARGUMENT: bad span");
    let two_seconds = Duration::from_secs(2);
    check_retry(&wire.send(BODY).await, "RESOURCE_EXHAUSTED", Some(two_seconds));
}

#[tokio::test]
async fn an_error_in_the_trailers_is_read() {
    let trailers = Some(vec![("grpc-status", "14")]);
    let answer = GrpcAnswer { body: Some(Vec::new()), trailers, ..GrpcAnswer::default() };
    let (url, _) = peer::grpc(vec![answer]).await;
    check_retry(&wire(&settings(Protocol::Grpc, &url)).send(BODY).await, "UNAVAILABLE", None);
}

#[tokio::test]
async fn an_answer_without_a_status_is_no_answer() {
    let (url, _) = peer::grpc(vec![GrpcAnswer::default()]).await;
    let outcome = wire(&settings(Protocol::Grpc, &url)).send(BODY).await;
    check_retry(&outcome, "connection_reset", None);
}

#[tokio::test]
async fn a_peer_that_speaks_http_1_is_no_peer() {
    let (url, _) = peer::http(vec![peer::Reaction::answer("200 OK\r\n", b"")]).await;
    let outcome = wire(&settings(Protocol::Grpc, &url)).send(BODY).await;
    check_retry(&outcome, "connection_reset", None);
}

#[tokio::test]
async fn a_long_answer_is_read_to_the_limit_and_no_further() {
    let body = Some(vec![0; ANSWER_BYTES_MAX + 1]);
    let (url, _) = peer::grpc(vec![GrpcAnswer { body, ..GrpcAnswer::default() }]).await;
    let outcome = wire(&settings(Protocol::Grpc, &url)).send(BODY).await;
    assert!(matches!(outcome, Outcome::ResponseTooLarge { .. }), "{outcome:?}");
}

#[tokio::test]
async fn many_attempts_at_once_use_one_connection() {
    let (url, log) = peer::grpc(vec![GrpcAnswer::ok(b"")]).await;
    let wire = wire(&settings(Protocol::Grpc, &url));
    for _ in 0..3 {
        let (one, two) = tokio::join!(wire.send(BODY), wire.send(BODY));
        check_delivered(&one, 0);
        check_delivered(&two, 0);
    }
    let connections: Vec<_> = log.lock().unwrap().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0; 6]);
}

#[tokio::test]
async fn after_a_dropped_attempt_the_next_one_has_a_new_connection() {
    let hang = GrpcAnswer { hangs: true, ..GrpcAnswer::default() };
    let (url, log) = peer::grpc(vec![hang, GrpcAnswer::ok(b"")]).await;
    let wire = wire(&settings(Protocol::Grpc, &url));
    let request = wire.prepare(BODY.to_vec(), LEN_MAX).unwrap();
    let arrived = async {
        while log.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        outcome = wire.attempt(&request) => panic!("{outcome:?}"),
        () = arrived => {}
    }
    for _ in 0..2 {
        check_delivered(&wire.send(BODY).await, 0);
    }
    let connections: Vec<_> = log.lock().unwrap().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 1, 1]);
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
#[tokio::test]
async fn compressed_bodies_say_so_and_decode_back() {
    let body = b"beacon ".repeat(1000);
    let (url, log) = peer::grpc(vec![GrpcAnswer::ok(b"")]).await;
    for compression in [Compression::Gzip, Compression::Zstd] {
        let settings = OtlpSettings { compression, ..settings(Protocol::Grpc, &url) };
        check_delivered(&wire(&settings).send(&body).await, 0);
        let seen = log.lock().unwrap().pop().unwrap();
        let name = compress::encoding_name(compression).unwrap();
        assert!(seen.head.contains(&format!("grpc-encoding: {name}\r\n")), "{}", seen.head);
        assert!(!seen.head.contains("content-encoding"));
        let (prefix, message) = seen.body.split_at(grpc_answer::FRAME_PREFIX_LEN);
        assert_eq!(prefix, grpc_answer::frame_prefix(true, message.len()).unwrap());
        assert_eq!(http::decompress(compression, message), body);
    }
}
