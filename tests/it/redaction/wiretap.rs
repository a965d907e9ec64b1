//! Listens in on the way to a collector.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use beacon::collector::Collector;

/// Passes bytes on to a collector and keeps a copy. Its threads end with the connections.
pub(super) struct Wiretap {
    endpoint: String,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Wiretap {
    pub(super) fn start(collector: &Collector) -> Self {
        let peer = collector.addresses()[0];
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let seen: Arc<Mutex<Vec<u8>>> = Arc::default();
        let copy = Arc::clone(&seen);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(peer) = TcpStream::connect(peer) else { return };
                let (Ok(back), Ok(answers)) = (client.try_clone(), peer.try_clone()) else {
                    return;
                };
                let copy = Arc::clone(&copy);
                thread::spawn(move || pass(client, peer, Some(&copy)));
                thread::spawn(move || pass(answers, back, None));
            }
        });
        Self { endpoint: format!("http://{address}"), seen }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether these bytes went to the collector.
    pub(super) fn has_seen(&self, text: &str) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!seen.is_empty(), "nothing was sent");
        seen.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

/// An end of the connection, whatever its reason, ends it in both directions.
fn pass(mut from: TcpStream, mut to: TcpStream, copy: Option<&Mutex<Vec<u8>>>) -> io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let len = from.read(&mut bytes)?;
        if len == 0 {
            return to.shutdown(std::net::Shutdown::Write);
        }
        if let Some(copy) = copy {
            // Before the bytes are passed on: an answer proves that they are kept.
            copy.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&bytes[..len]);
        }
        to.write_all(&bytes[..len])?;
    }
}
