//! A message and where it was sent from.

use std::ops::{Deref, DerefMut};

use crate::task::message::{CarriesContext, MessageContext};

/// A message and where it was sent from. The message is what it dereferences to.
///
/// # Examples
///
/// ```
/// use beacon::task::channel::Envelope;
///
/// let envelope = Envelope::seal("parcel");
/// assert_eq!(envelope.len(), 6);
/// assert_eq!(envelope.into_inner(), "parcel");
/// ```
#[derive(Clone, Debug)]
pub struct Envelope<T> {
    message: T,
    context: MessageContext,
}

impl<T> Envelope<T> {
    /// Puts a message into an envelope, sent from where the caller is.
    pub fn seal(message: T) -> Self {
        Self { message, context: MessageContext::current() }
    }

    /// Puts a message into an envelope, sent from somewhere else.
    pub const fn from_parts(message: T, context: MessageContext) -> Self {
        Self { message, context }
    }

    /// Returns the message.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// Returns the message and where it was sent from.
    pub fn into_parts(self) -> (T, MessageContext) {
        (self.message, self.context)
    }
}

impl<T> Envelope<T> {
    /// Makes the caller's place the one that the message was sent from.
    pub(super) fn move_here(&mut self) {
        self.context = MessageContext::current();
    }
}

impl<T> CarriesContext for Envelope<T> {
    fn message_context(&self) -> &MessageContext {
        &self.context
    }
}

impl<T> Deref for Envelope<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.message
    }
}

impl<T> DerefMut for Envelope<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.message
    }
}
