//! A bounded channel with many senders and one receiver.

use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TryRecvError, TrySendError};

use crate::task::channel::Envelope;

/// Returns the two ends of a bounded channel, as `tokio::sync::mpsc::channel`.
///
/// # Panics
///
/// When the capacity is 0, as Tokio's.
///
/// # Examples
///
/// ```
/// use beacon::task::channel;
///
/// let (sender, mut receiver) = channel::mpsc(1);
/// sender.try_send(7)?;
/// assert!(sender.try_send(8).is_err(), "it is full");
/// assert_eq!(receiver.try_recv()?.into_inner(), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn mpsc<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel(capacity);
    (Sender { sender }, Receiver { receiver })
}

/// Sends into a bounded channel, made by [`mpsc()`].
#[derive(Debug)]
pub struct Sender<T> {
    sender: mpsc::Sender<Envelope<T>>,
}

impl<T> Sender<T> {
    /// Sends a message from where the caller is, and waits for room.
    ///
    /// # Errors
    ///
    /// When the receiver is gone. The message comes back.
    pub async fn send(&self, message: T) -> Result<(), SendError<T>> {
        let sent = self.sender.send(Envelope::seal(message)).await;
        sent.map_err(|SendError(envelope)| SendError(envelope.into_inner()))
    }

    /// Sends a message from where the caller is, if there is room.
    ///
    /// # Errors
    ///
    /// When the channel is full or the receiver is gone. The message comes back.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.sender.try_send(Envelope::seal(message)).map_err(|error| match error {
            TrySendError::Closed(envelope) => TrySendError::Closed(envelope.into_inner()),
            TrySendError::Full(envelope) => TrySendError::Full(envelope.into_inner()),
        })
    }

    /// Sends a message from where the caller is, and blocks until there is room.
    ///
    /// # Errors
    ///
    /// When the receiver is gone. The message comes back.
    ///
    /// # Panics
    ///
    /// In a task, as Tokio's.
    pub fn blocking_send(&self, message: T) -> Result<(), SendError<T>> {
        let sent = self.sender.blocking_send(Envelope::seal(message));
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

    /// Returns how many messages there is room for.
    pub fn capacity(&self) -> usize {
        self.sender.capacity()
    }

    /// Returns Tokio's sender, for envelopes that are sealed by hand.
    pub const fn envelopes(&self) -> &mpsc::Sender<Envelope<T>> {
        &self.sender
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

/// Receives from a bounded channel, made by [`mpsc()`].
#[derive(Debug)]
pub struct Receiver<T> {
    receiver: mpsc::Receiver<Envelope<T>>,
}

impl<T> Receiver<T> {
    /// Waits for the next message; `None` when all senders are gone. Can be cancelled: no message is
    /// lost.
    pub async fn recv(&mut self) -> Option<Envelope<T>> {
        self.receiver.recv().await
    }

    /// Waits for messages and puts at most `limit` of them into `buffer`. Returns how many; 0 when
    /// all senders are gone. For a span that refers to all of them see
    /// [`batch_span`](crate::task::batch_span).
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

    /// Returns how many messages wait.
    pub fn len(&self) -> usize {
        self.receiver.len()
    }

    /// Returns whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.receiver.is_empty()
    }
}
