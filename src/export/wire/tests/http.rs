use std::time::Duration;

use ::http::{HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::peer::Reaction;
use super::*;

fn ok(body: &[u8]) -> Reaction {
    Reaction::answer("200 OK\r\n", body)
}

#[tokio::test]
async fn a_request_arrives_whole_and_with_its_headers() {
    let (url, log) = peer::http(vec![ok(b"")]).await;
    let mut settings = settings(Protocol::HttpProtobuf, &url);
    let header = |name, value| (HeaderName::from_static(name), HeaderValue::from_static(value));
    settings.headers = vec![header("authorization", "Bearer 1")];
    check_delivered(&wire(&settings).send(BODY).await, 0);

    let seen = log.lock().unwrap().remove(0);
    assert_eq!(seen.body, BODY);
    let mut lines: Vec<_> = seen.head.trim_end().split("\r\n").collect();
    assert_eq!(lines.remove(0), "POST /v1/traces HTTP/1.1");
    lines.retain(|line| !line.starts_with("host: 127.0.0.1:"));
    lines.sort_unstable();
    let agent = concat!(
        "user-agent: beacon-telemetry/",
        env!("CARGO_PKG_VERSION"),
        " OTel-OTLP-Exporter-Rust/0.33.1"
    );
    let expected = [
        "authorization: Bearer 1",
        "content-length: 8",
        "content-type: application/x-protobuf",
        agent,
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn partial_success_is_read() {
    let (url, _) = peer::http(vec![ok(b"\x0a\x07\x08\x03\x12\x03bad")]).await;
    let outcome = wire(&settings(Protocol::HttpProtobuf, &url)).send(BODY).await;
    let Outcome::Delivered { rejected: 3, advice, status } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(advice.as_deref(), Some("bad"));
    assert_eq!(status, Some(PeerStatus::Http(200)));
}

#[tokio::test]
async fn many_attempts_use_one_connection() {
    let busy = Reaction::answer("503 Busy\r\n", b"later");
    let (url, log) = peer::http(vec![ok(b""), busy, ok(b"")]).await;
    let wire = wire(&settings(Protocol::HttpProtobuf, &url));
    for _ in 0..5 {
        drop(wire.send(BODY).await);
    }
    let connections: Vec<_> = log.lock().unwrap().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0; 5]);
}

#[tokio::test]
async fn hints_of_a_busy_peer_are_honored() {
    let busy = |value| Reaction::answer(&format!("503 Busy\r\nRetry-After: {value}\r\n"), b"");
    let reactions = vec![busy("3"), busy("Sun, 06 Nov 1994 08:50:07 GMT"), busy("soon")];
    let (url, _) = peer::http(reactions).await;
    let wire = wire(&settings(Protocol::HttpProtobuf, &url));
    for hint in [Some(3), Some(30), None] {
        check_retry(&wire.send(BODY).await, "503", hint.map(Duration::from_secs));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (other_url, other_log) = peer::http(vec![ok(b"")]).await;
    for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let head = format!("{status}\r\nlocation: {other_url}\r\n");
        let (url, log) = peer::http(vec![Reaction::answer(&head, b"")]).await;
        let outcome = wire(&settings(Protocol::HttpProtobuf, &url)).send(BODY).await;
        let Outcome::Refused { cause } = outcome else { panic!("{outcome:?}") };
        assert!(cause.message.ends_with("leads to `127.0.0.1`"), "{cause}");
        assert_eq!(log.lock().unwrap().len(), 1);
    }
    assert!(other_log.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_cut_or_garbled_is_no_answer() {
    for bytes in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", "SSH-2.0-x\r\n"] {
        let (url, log) = peer::http(vec![Reaction::AnswerAndClose(bytes.into()), ok(b"")]).await;
        let wire = wire(&settings(Protocol::HttpProtobuf, &url));
        check_retry(&wire.send(BODY).await, "connection_reset", None);
        check_delivered(&wire.send(BODY).await, 0);
        assert_eq!(log.lock().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn a_long_answer_is_read_to_the_limit_and_no_further() {
    // Chunked, without an end: whoever reads on hangs.
    let mut endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"10000\r\n".to_vec(), vec![0; 0x10000], b"\r\n".to_vec()].concat();
    for _ in 0..65 {
        endless.extend_from_slice(&chunk);
    }
    let (url, _) = peer::http(vec![Reaction::Answer(endless)]).await;
    let outcome = wire(&settings(Protocol::HttpProtobuf, &url)).send(BODY).await;
    assert!(matches!(outcome, Outcome::ResponseTooLarge { .. }), "{outcome:?}");
}

#[tokio::test]
async fn an_answer_at_the_limit_is_read() {
    // One unknown field of protobuf that fills 4 MiB: tag, length in four bytes, value.
    let mut body = b"\x7a\xfb\xff\xff\x01".to_vec();
    body.resize(ANSWER_BYTES_MAX, 0);
    let (url, _) = peer::http(vec![ok(&body)]).await;
    let outcome = wire(&settings(Protocol::HttpProtobuf, &url)).send(BODY).await;
    assert!(matches!(outcome, Outcome::Delivered { advice: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_refusal_that_comes_before_the_body_has_left_is_read() {
    let (address, _) = peer::listen(|mut stream, _, _| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        // Nothing reads on: the body does not fit into the buffers between the two.
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n").await.ok()?;
        std::future::pending().await
    })
    .await;
    let wire = wire(&settings(Protocol::HttpProtobuf, &format!("http://{address}/")));
    let request = wire.prepare(vec![0; 64 << 20], usize::MAX).unwrap();
    let outcome = wire.attempt(&request).await;
    let Outcome::Refused { cause } = outcome else { panic!("{outcome:?}") };
    assert_eq!(cause.error_type, "413");
}

#[tokio::test]
async fn json_is_named_and_its_answers_are_read() {
    let (url, log) = peer::http(vec![ok(br#"{"partialSuccess":{"rejectedSpans":"3"}}"#)]).await;
    let wire = wire(&settings(Protocol::HttpJson, &url));
    let body = RequestBody::new(Bytes::new(), Bytes::from_static(b"{}"));
    check_delivered(&wire.attempt(&Prepared { body }).await, 3);
    let seen = log.lock().unwrap().remove(0);
    assert!(seen.head.contains("content-type: application/json\r\n"), "{}", seen.head);
    assert_eq!(seen.body, b"{}");
}

#[tokio::test]
async fn a_closed_port_is_a_refused_connection() {
    let url = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/v1/traces", listener.local_addr().unwrap())
    };
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let outcome = wire(&settings(protocol, &url)).send(BODY).await;
        check_retry(&outcome, "connection_refused", None);
    }
}

#[tokio::test]
async fn a_name_without_an_address_is_a_failure_of_the_resolver() {
    // A label of 64 characters is illegal: no resolver asks the network for it.
    let name = "x".repeat(64);
    let url = format!("http://{name}.invalid:4318/v1/traces");
    let outcome = wire(&settings(Protocol::HttpProtobuf, &url)).send(BODY).await;
    check_retry(&outcome, "dns", None);
    let Outcome::Retry { cause, .. } = outcome else { panic!() };
    assert!(cause.message.contains(&format!("no address for `{name}.invalid`")), "{cause}");
}

#[tokio::test]
async fn a_dropped_attempt_leaves_a_wire_that_works() {
    let (url, log) = peer::http(vec![Reaction::Hang, ok(b"")]).await;
    let wire = wire(&settings(Protocol::HttpProtobuf, &url));
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
    check_delivered(&wire.send(BODY).await, 0);
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
#[tokio::test]
async fn compressed_bodies_say_so_and_decode_back() {
    let body = b"beacon ".repeat(1000);
    let (url, log) = peer::http(vec![ok(b"")]).await;
    for compression in [Compression::Gzip, Compression::Zstd] {
        let settings = OtlpSettings { compression, ..settings(Protocol::HttpProtobuf, &url) };
        check_delivered(&wire(&settings).send(&body).await, 0);
        let seen = log.lock().unwrap().pop().unwrap();
        let name = compress::encoding_name(compression).unwrap();
        assert!(seen.head.contains(&format!("content-encoding: {name}\r\n")), "{}", seen.head);
        assert_eq!(decompress(compression, &seen.body), body);
    }
}

#[cfg(all(feature = "gzip", feature = "zstd"))]
pub(super) fn decompress(compression: Compression, body: &[u8]) -> Vec<u8> {
    use std::io::Read;

    let mut plain = Vec::new();
    match compression {
        Compression::Gzip => {
            flate2::read::GzDecoder::new(body).read_to_end(&mut plain).unwrap();
        }
        Compression::None => plain.extend_from_slice(body),
        Compression::Zstd => plain = zstd::stream::decode_all(body).unwrap(),
    }
    plain
}
