//! A channel that holds the latest value.

use tokio::sync::watch;
use tokio::sync::watch::Ref;
use tokio::sync::watch::error::{RecvError, SendError};

use crate::task::channel::Envelope;

/// Returns the two ends of a channel that holds the latest value, as `tokio::sync::watch::channel`.
///
/// # Examples
///
/// ```
/// use beacon::task::channel;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let (sender, mut receiver) = channel::watch(1);
/// sender.send(2)?;
/// receiver.changed().await?;
/// assert_eq!(**receiver.borrow_and_update(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn watch<T>(initial: T) -> (WatchSender<T>, WatchReceiver<T>) {
    let (sender, receiver) = watch::channel(Envelope::seal(initial));
    (WatchSender { sender }, WatchReceiver { receiver })
}

/// Changes the value, made by [`watch()`].
#[derive(Debug)]
pub struct WatchSender<T> {
    sender: watch::Sender<Envelope<T>>,
}

impl<T> WatchSender<T> {
    /// Replaces the value, from where the caller is.
    ///
    /// # Errors
    ///
    /// When there is no receiver. The value comes back.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let sent = self.sender.send(Envelope::seal(value));
        sent.map_err(|SendError(envelope)| SendError(envelope.into_inner()))
    }

    /// Replaces the value, also without a receiver, and returns the one before.
    pub fn send_replace(&self, value: T) -> Envelope<T> {
        self.sender.send_replace(Envelope::seal(value))
    }

    /// Changes the value in place, from where the caller is, also without a receiver.
    pub fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.sender.send_modify(|envelope| {
            modify(envelope);
            envelope.move_here();
        });
    }

    /// Returns the latest value. It is locked as long as it is looked at.
    pub fn borrow(&self) -> Ref<'_, Envelope<T>> {
        self.sender.borrow()
    }

    /// Returns a further receiver.
    pub fn subscribe(&self) -> WatchReceiver<T> {
        WatchReceiver { receiver: self.sender.subscribe() }
    }

    /// Waits until all receivers are gone.
    pub async fn closed(&self) {
        self.sender.closed().await;
    }
}

/// Looks at the value, made by [`watch()`].
#[derive(Debug)]
pub struct WatchReceiver<T> {
    receiver: watch::Receiver<Envelope<T>>,
}

impl<T> WatchReceiver<T> {
    /// Waits until there is a value that was not seen.
    ///
    /// # Errors
    ///
    /// When the sender is gone.
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        self.receiver.changed().await
    }

    /// Returns the latest value. It is locked as long as it is looked at.
    pub fn borrow(&self) -> Ref<'_, Envelope<T>> {
        self.receiver.borrow()
    }

    /// Returns the latest value, which counts as seen.
    pub fn borrow_and_update(&mut self) -> Ref<'_, Envelope<T>> {
        self.receiver.borrow_and_update()
    }

    /// Waits until the value is as wanted.
    ///
    /// # Errors
    ///
    /// When the sender is gone and it is not.
    pub async fn wait_for(
        &mut self,
        mut is_wanted: impl FnMut(&T) -> bool,
    ) -> Result<Ref<'_, Envelope<T>>, RecvError> {
        self.receiver.wait_for(|envelope| is_wanted(envelope)).await
    }
}

impl<T> Clone for WatchReceiver<T> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone() }
    }
}
