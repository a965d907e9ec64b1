//! A channel whose messages reach all receivers.

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, SendError, TryRecvError};

use crate::task::channel::Envelope;

/// Returns the two ends of a channel whose messages reach all receivers, as
/// `tokio::sync::broadcast::channel`.
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
/// let (sender, mut one) = channel::broadcast(4);
/// let mut two = sender.subscribe();
/// sender.send(7)?;
/// assert_eq!((one.try_recv()?.into_inner(), two.try_recv()?.into_inner()), (7, 7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn broadcast<T: Clone>(capacity: usize) -> (BroadcastSender<T>, BroadcastReceiver<T>) {
    let (sender, receiver) = broadcast::channel(capacity);
    (BroadcastSender { sender }, BroadcastReceiver { receiver })
}

/// Sends to all receivers, made by [`broadcast()`].
#[derive(Debug)]
pub struct BroadcastSender<T> {
    sender: broadcast::Sender<Envelope<T>>,
}

impl<T> BroadcastSender<T> {
    /// Sends a message from where the caller is. Returns how many receivers there are.
    ///
    /// # Errors
    ///
    /// When there is no receiver. The message comes back.
    pub fn send(&self, message: T) -> Result<usize, SendError<T>> {
        let sent = self.sender.send(Envelope::seal(message));
        sent.map_err(|SendError(envelope)| SendError(envelope.into_inner()))
    }

    /// Returns a further receiver, of what is sent from now on.
    pub fn subscribe(&self) -> BroadcastReceiver<T> {
        BroadcastReceiver { receiver: self.sender.subscribe() }
    }

    /// Returns how many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.sender.receiver_count()
    }
}

impl<T> Clone for BroadcastSender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone() }
    }
}

/// Receives what is sent to all, made by [`broadcast()`].
#[derive(Debug)]
pub struct BroadcastReceiver<T> {
    receiver: broadcast::Receiver<Envelope<T>>,
}

impl<T: Clone> BroadcastReceiver<T> {
    /// Waits for the next message.
    ///
    /// # Errors
    ///
    /// When all senders are gone, or messages were overwritten before they were received.
    pub async fn recv(&mut self) -> Result<Envelope<T>, RecvError> {
        self.receiver.recv().await
    }

    /// Returns the next message, if there is one.
    ///
    /// # Errors
    ///
    /// When there is none, and as [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.receiver.try_recv()
    }
}

impl<T> BroadcastReceiver<T> {
    /// Returns a further receiver, of what is sent from now on.
    #[must_use = "it only receives"]
    pub fn resubscribe(&self) -> Self
    where
        T: Clone,
    {
        Self { receiver: self.receiver.resubscribe() }
    }
}
