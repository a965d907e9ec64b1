//! Whether the collector listens, and how it stops and starts again on the same ports.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::net::TcpSocket;

use super::server::ServerThread;
use super::shared::Shared;

#[derive(Debug)]
pub(super) enum Listening {
    /// Nobody answers. The sockets are bound but do not listen: connections are refused, and no
    /// other program gets the ports.
    Paused(Vec<TcpSocket>),
    Running(ServerThread),
}

impl Listening {
    pub(super) fn start(listeners: Vec<TcpListener>, shared: &Arc<Shared>) -> io::Result<Self> {
        ServerThread::start(listeners, Arc::clone(shared)).map(Self::Running)
    }

    pub(super) fn pause(&mut self, addresses: &[SocketAddr]) {
        match std::mem::replace(self, Self::Paused(Vec::new())) {
            Self::Running(thread) => {
                thread.stop();
                // A port that cannot be reserved may still be free when it is wanted again.
                let reserved = addresses.iter().filter_map(|address| reserve(*address).ok());
                *self = Self::Paused(reserved.collect());
            }
            paused @ Self::Paused(_) => *self = paused,
        }
    }

    pub(super) fn resume(
        &mut self,
        addresses: &[SocketAddr],
        shared: &Arc<Shared>,
    ) -> io::Result<()> {
        if let Self::Paused(reserved) = self {
            reserved.clear();
            let listeners = addresses.iter().map(TcpListener::bind).collect::<io::Result<_>>()?;
            *self = Self::start(listeners, shared)?;
        }
        Ok(())
    }
}

/// Binds an address without listening on it.
fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
