use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::peer::{GrpcAnswer, Reaction};
use super::*;

/// A certificate for `localhost` that has signed itself, and its key.
fn certificate() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    (made.cert.der().clone(), made.signing_key.serialize_der().try_into().unwrap())
}

/// Starts a peer that speaks both protocols over TLS, as the client chooses.
async fn peer(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> (u16, peer::Log) {
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (address, log) = peer::listen(move |stream, connection, log| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.ok()?;
            if stream.get_ref().1.alpn_protocol()? == b"h2" {
                let answers = vec![GrpcAnswer::ok(b"")];
                peer::serve_grpc(stream, connection, log, answers).await
            } else {
                let reactions = vec![Reaction::answer("200 OK\r\n", b"")];
                peer::serve_http(stream, connection, log, reactions).await
            }
        }
    })
    .await;
    (port(&address), log)
}

fn port(address: &str) -> u16 {
    address.rsplit_once(':').unwrap().1.parse().unwrap()
}

fn wire_that_trusts(root: CertificateDer<'static>, protocol: Protocol, port: u16) -> Wire {
    let settings = settings(protocol, &format!("https://localhost:{port}/v1/traces"));
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tls = TlsConfig::from_client(client, protocol == Protocol::Grpc);
    let target = Target::new(Signal::Traces, &settings).unwrap();
    Wire::with_tls(Signal::Traces, &settings, Arc::new(StoppedClock), target, Some(tls)).unwrap()
}

const PROTOCOLS: [Protocol; 2] = [Protocol::Grpc, Protocol::HttpProtobuf];

#[tokio::test]
async fn a_trusted_peer_is_spoken_to_in_the_protocol_of_the_settings() {
    let (certificate, key) = certificate();
    let (port, log) = peer(certificate.clone(), key).await;
    for protocol in PROTOCOLS {
        let wire = wire_that_trusts(certificate.clone(), protocol, port);
        check_delivered(&wire.send(BODY).await, 0);
        let seen = log.lock().unwrap().pop().unwrap();
        assert!(seen.body.ends_with(BODY));
    }
}

#[tokio::test]
async fn a_certificate_nobody_trusts_is_hopeless_for_now_and_says_why() {
    let (shown, key) = certificate();
    let (port, log) = peer(shown, key).await;
    for protocol in PROTOCOLS {
        let (other, _) = certificate();
        let outcome = wire_that_trusts(other, protocol, port).send(BODY).await;
        check_retry(&outcome, "tls", None);
        let Outcome::Retry { cause, .. } = outcome else { panic!("{outcome:?}") };
        assert!(cause.message.contains("invalid peer certificate"), "{cause}");
    }
    assert!(log.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_peer_without_tls_is_hopeless_for_now() {
    use tokio::io::AsyncWriteExt;

    let (address, _) = peer::listen(|mut stream, _, _| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.ok()?;
        std::future::pending().await
    })
    .await;
    let (other, _) = certificate();
    let wire = wire_that_trusts(other, Protocol::HttpProtobuf, port(&address));
    check_retry(&wire.send(BODY).await, "tls", None);
}

#[tokio::test]
async fn a_peer_that_leaves_amid_the_handshake_may_come_back() {
    let (address, _) = peer::listen(|stream, _, _| async move {
        drop(stream);
        None
    })
    .await;
    let (other, _) = certificate();
    let wire = wire_that_trusts(other, Protocol::HttpProtobuf, port(&address));
    check_retry(&wire.send(BODY).await, "connection_reset", None);
}

#[test]
fn the_roots_of_the_system_are_loaded_or_missed_by_name() {
    let settings = settings(Protocol::Grpc, "https://localhost:4317");
    // Which of the two depends on the machine.
    match Wire::new(Signal::Traces, &settings, Arc::new(StoppedClock)) {
        Ok(wire) => assert!(wire.target().to_string().ends_with("(grpc, TLS)")),
        Err(error) => assert!(error.to_string().starts_with("cannot set up TLS: "), "{error}"),
    }
}
