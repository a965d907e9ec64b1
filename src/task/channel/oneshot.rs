//! A channel for a single message.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::{RecvError, TryRecvError};

use crate::task::channel::Envelope;

/// Returns the two ends of a channel for a single message, as `tokio::sync::oneshot::channel`.
///
/// # Examples
///
/// ```
/// use beacon::task::channel;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let (sender, receiver) = channel::oneshot();
/// sender.send(7).map_err(|_| "nobody waits")?;
/// assert_eq!(receiver.await?.into_inner(), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn oneshot<T>() -> (OneshotSender<T>, OneshotReceiver<T>) {
    let (sender, receiver) = oneshot::channel();
    (OneshotSender { sender }, OneshotReceiver { receiver })
}

/// Sends the message, made by [`oneshot()`].
#[derive(Debug)]
pub struct OneshotSender<T> {
    sender: oneshot::Sender<Envelope<T>>,
}

impl<T> OneshotSender<T> {
    /// Sends the message from where the caller is.
    ///
    /// # Errors
    ///
    /// When the receiver is gone. The message comes back.
    pub fn send(self, message: T) -> Result<(), T> {
        self.sender.send(Envelope::seal(message)).map_err(Envelope::into_inner)
    }

    /// Waits until the receiver is gone.
    pub async fn closed(&mut self) {
        self.sender.closed().await;
    }

    /// Returns whether the receiver is gone.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }
}

/// The future of the message, made by [`oneshot()`].
#[derive(Debug)]
pub struct OneshotReceiver<T> {
    receiver: oneshot::Receiver<Envelope<T>>,
}

impl<T> OneshotReceiver<T> {
    /// Takes no message any more.
    pub fn close(&mut self) {
        self.receiver.close();
    }

    /// Returns the message, if it is there.
    ///
    /// # Errors
    ///
    /// When it is not, or never will be.
    pub fn try_recv(&mut self) -> Result<Envelope<T>, TryRecvError> {
        self.receiver.try_recv()
    }

    /// Blocks until the message is there.
    ///
    /// # Errors
    ///
    /// When the sender is gone without it.
    ///
    /// # Panics
    ///
    /// In a task, as Tokio's.
    pub fn blocking_recv(self) -> Result<Envelope<T>, RecvError> {
        self.receiver.blocking_recv()
    }
}

impl<T> Future for OneshotReceiver<T> {
    type Output = Result<Envelope<T>, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.receiver).poll(cx)
    }
}
