//! The collector's thread: it listens, and takes all connections with it when it ends.

use std::net::TcpListener;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{io, pin::pin};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::sync::{Notify, oneshot};

use super::service::{Connection, handle};
use super::shared::Shared;
use crate::suppression::suppress_thread;

/// A running thread. Dropping it without `stop` leaves the thread to end by itself.
#[derive(Debug)]
pub(super) struct ServerThread {
    stop: oneshot::Sender<()>,
    ended: mpsc::Receiver<()>,
    thread: JoinHandle<()>,
}

impl ServerThread {
    pub(super) fn start(listeners: Vec<TcpListener>, shared: Arc<Shared>) -> io::Result<Self> {
        for listener in &listeners {
            listener.set_nonblocking(true)?;
        }
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = mpsc::channel();
        let run = move || {
            // Whatever the collector's libraries do is not the telemetry of the host.
            let _suppressed = suppress_thread();
            runtime.block_on(listen(listeners, shared, stopped));
            // This closes the listeners and every connection.
            drop(runtime);
            // The owner may have given up waiting.
            end.send(()).ok();
        };
        let thread = thread::Builder::new().name("beacon-collector".to_owned()).spawn(run)?;
        Ok(Self { stop, ended, thread })
    }

    /// Closes everything and joins the thread. One that needs longer than the limit is busy with
    /// a request; it is left to end by itself.
    pub(super) fn stop(self) {
        // A thread that is gone already needs no telling.
        self.stop.send(()).ok();
        let waited = self.ended.recv_timeout(STOP_LIMIT);
        if waited != Err(mpsc::RecvTimeoutError::Timeout) {
            // A panic of the thread was printed when it happened.
            self.thread.join().ok();
        }
    }
}

async fn listen(listeners: Vec<TcpListener>, shared: Arc<Shared>, stopped: oneshot::Receiver<()>) {
    for listener in listeners {
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => spawn(accept(listener, Arc::clone(&shared))),
            // The listener came from `bind`, and the runtime has just been made.
            Err(error) => debug_assert!(false, "listener refused: {error}"),
        }
    }
    // A sender that is dropped means the same as one that sends.
    stopped.await.ok();
}

async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    loop {
        // Errors are those of one connection (gone again) or of the process (no descriptors left).
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let (number, is_refused) = shared
            .update(|state| (state.store.count_connection(), state.faults.refuses_connection()));
        if !is_refused {
            spawn(serve(stream, number, Arc::clone(&shared)));
        }
    }
}

async fn serve(stream: TcpStream, number: u64, shared: Arc<Shared>) {
    // Without it answers are late, nothing else.
    stream.set_nodelay(true).ok();
    let connection = Arc::new(Connection { number, close: Notify::new() });
    let service =
        service_fn(|request| handle(Arc::clone(&shared), Arc::clone(&connection), request));
    let builder = auto::Builder::new(TokioExecutor::new());
    let serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        // A peer that breaks off is nothing to tell anyone about.
        _ = serving => {}
        () = connection.close.notified() => {}
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "tasks of the collector's own runtime have no parent"
)]
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(task));
}

/// Ending takes microseconds; a thread that needs longer decodes a large request.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Keeps a process without free descriptors from spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
