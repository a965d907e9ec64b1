//! A request that breaks the peer each time does not keep the others from it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use beacon::collector::Collector;
use beacon::testing::ManualClock;
use beacon::tracing;

use crate::support::{Service, drive};

const POISON: &[u8] = b"poison";

#[test]
fn a_request_that_breaks_the_peer_each_time_lets_the_others_pass() {
    let peer = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", peer.local_addr().expect("it is bound"));
    // Ends with the process: nobody tells a listener of the standard library to stop.
    let peer = thread::Builder::new().spawn(move || serve(&peer)).expect("a thread starts");
    let clock = ManualClock::new();
    let unused = Collector::start().expect("a collector starts");
    let service = Service::builder(&unused)
        .clock(&clock)
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
        .set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1)
        // One at a time, so that no other is under way beside it.
        .set("BEACON_REQUESTS_IN_FLIGHT", 1)
        .set("BEACON_SHUTDOWN_TIMEOUT", "100ms")
        .start();
    service.run(|| drop(tracing::info_span!("work", what = "poison")));
    service.record_spans(20);
    drive(&clock, "the others arrive", || service.traces().delivered == 20);
    let traces = service.traces();
    assert_eq!((traces.held, traces.lost()), (1, 0), "{traces:?}");
    assert!(!peer.is_finished());
}

/// Answers every request but the poisoned one, on which it drops the connection.
fn serve(listener: &TcpListener) {
    for connection in listener.incoming().flatten() {
        let serving = thread::Builder::new().spawn(move || {
            // The other side may go away at any time.
            drop(answer_all(connection));
        });
        drop(serving);
    }
}

fn answer_all(connection: TcpStream) -> io::Result<()> {
    let mut requests = BufReader::new(connection.try_clone()?);
    let mut answers = connection;
    loop {
        let (mut len, mut line) = (0, String::new());
        loop {
            line.clear();
            if requests.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                len = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; len];
        requests.read_exact(&mut body)?;
        if body.windows(POISON.len()).any(|window| window == POISON) {
            return Ok(());
        }
        answers.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
    }
}
