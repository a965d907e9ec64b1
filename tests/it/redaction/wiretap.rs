//! Listens in on the way to a collector.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use beacon::collector::Collector;

/// Passes bytes on to a collector and keeps a copy. A connection's threads end with it.
pub(super) struct Wiretap {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<u8>>>,
    is_over: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Wiretap {
    pub(super) fn start(collector: &Collector) -> Self {
        let peer = *collector.addresses().first().expect("it listens");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (seen, is_over) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (copy, is_done) = (Arc::clone(&seen), Arc::clone(&is_over));
        let listening = spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if is_done.load(Ordering::Relaxed) || connect(client, peer, &copy).is_err() {
                    return;
                }
            }
        });
        Self { address, seen, is_over, listening: Some(listening) }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether these bytes went to the collector.
    pub(super) fn has_seen(&self, text: &str) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!seen.is_empty(), "nothing was sent");
        seen.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

impl Drop for Wiretap {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes the thread that listens.
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}

fn connect(client: TcpStream, peer: SocketAddr, copy: &Arc<Mutex<Vec<u8>>>) -> io::Result<()> {
    let peer = TcpStream::connect(peer)?;
    let (back, answers) = (client.try_clone()?, peer.try_clone()?);
    let copy = Arc::clone(copy);
    drop(spawn(move || pass(client, peer, Some(&copy))));
    drop(spawn(move || pass(answers, back, None)));
    Ok(())
}

fn spawn<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::Builder::new().name("wiretap".to_owned()).spawn(run).expect("a thread starts")
}

/// An end of the connection, whatever its reason, ends it in both directions.
fn pass(mut from: TcpStream, mut to: TcpStream, copy: Option<&Mutex<Vec<u8>>>) -> io::Result<()> {
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let len = from.read(&mut bytes)?;
        if len == 0 {
            return to.shutdown(Shutdown::Write);
        }
        let read = bytes.get(..len).unwrap_or_default();
        if let Some(copy) = copy {
            // Before the bytes are passed on: an answer proves that they are kept.
            copy.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(read);
        }
        to.write_all(read)?;
    }
}
