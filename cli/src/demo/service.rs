//! The HTTP service.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::demo::task;

/// A running HTTP service on a port of the loopback.
#[derive(Debug)]
pub(super) struct Service {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Service {
    /// # Errors
    ///
    /// When no port can be bound.
    pub(super) async fn start(router: Router) -> io::Result<Self> {
        Self::start_at(router, 0).await
    }

    /// # Errors
    ///
    /// When the port cannot be bound.
    pub(super) async fn start_at(router: Router, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = task::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(async {
                    // A sender that is gone means the same as one that sent.
                    let _ = stopped.await;
                })
                .await
        });
        Ok(Self { address, stop, task })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers what has begun and ends. Afterwards all spans of the service have ended.
    ///
    /// # Errors
    ///
    /// When the service failed, or did not end in time.
    pub(super) async fn stop(mut self) -> io::Result<()> {
        // The receiver is gone only when the service has ended already.
        let _ = self.stop.send(());
        match timeout(STOP_TIMEOUT, &mut self.task).await {
            Ok(Ok(served)) => served,
            Ok(Err(panicked)) => Err(io::Error::other(panicked)),
            Err(_elapsed) => {
                self.task.abort();
                Err(io::Error::new(io::ErrorKind::TimedOut, "the service did not end in time"))
            }
        }
    }
}

/// Its requests take milliseconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
