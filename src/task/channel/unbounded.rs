//! A channel without a bound, with many senders and one receiver.

use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TryRecvError};

use crate::task::channel::Envelope;

/// Returns the two ends of a channel that holds whatever is sent, as
/// `tokio::sync::mpsc::unbounded_channel`. It grows as long as the receiver is slower than the senders.
///
/// # Examples
///
/// ```
/// use beacon::task::channel;
///
/// let (sender, mut receiver) = channel::unbounded();
/// sender.send(7)?;
/// assert_eq!(receiver.try_recv()?.into_inner(), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn unbounded<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (UnboundedSender { sender }, UnboundedReceiver { receiver })
}

/// Sends into a channel without a bound, made by [`unbounded`].
#[derive(Debug)]
pub struct UnboundedSender<T> {
    sender: mpsc::UnboundedSender<Envelope<T>>,
}

impl<T> UnboundedSender<T> {
    /// Sends a message from where the caller is.
    ///
    /// # Errors
    ///
    /// When the receiver is gone. The message comes back.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        let sent = self.sender.send(Envelope::seal(message));
        sent.map_err(|SendError(envelope)| SendError(envelope.into_inner()))
    }

    /// Waits until the receiver is gone.
    pub async fn closed(&self) {
        self.sender.closed().await;
    }

    /// Returns whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

/// Receives from a channel without a bound, made by [`unbounded`].
#[derive(Debug)]
pub struct UnboundedReceiver<T> {
    receiver: mpsc::UnboundedReceiver<Envelope<T>>,
}

impl<T> UnboundedReceiver<T> {
    /// Waits for the next message; `None` when all senders are gone. Can be cancelled: no message is
    /// lost.
    pub async fn recv(&mut self) -> Option<Envelope<T>> {
        self.receiver.recv().await
    }

    /// Waits for messages and puts at most `limit` of them into `buffer`. Returns how many; 0 when
    /// all senders are gone.
    pub async fn recv_many(&mut self, buffer: &mut Vec<Envelope<T>>, limit: usize) -> usize {
        self.receiver.recv_many(buffer, limit).await
    }

    /// Returns the next message, if there is one.
    ///
    /// # Errors
    ///
    /// When there is none, or all senders are gone.
    pub fn try_recv(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.receiver.try_recv()
    }

    /// Blocks until there is a message; `None` when all senders are gone.
    ///
    /// # Panics
    ///
    /// In a task, as Tokio's.
    pub fn blocking_recv(&mut self) -> Option<Envelope<T>> {
        self.receiver.blocking_recv()
    }

    /// As [`recv`](Self::recv), for whoever implements a future or a stream.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<Envelope<T>>> {
        self.receiver.poll_recv(cx)
    }

    /// Takes no further messages. Those that were sent can still be received.
    pub fn close(&mut self) {
        self.receiver.close();
    }
}
