//! Channels whose messages know where they were sent from.
//!
//! They are Tokio's channels around [`Envelope`]s: what is sent is put into one, and the receiver
//! gets one. It then decides for each message what its work is: a part of the sender's trace
//! ([`child_span`](CarriesContext::child_span)), or a trace of its own with a link
//! ([`linked_span`](CarriesContext::linked_span)). The loop of an actor stays outside of both, so it
//! does not become one endless trace.
//!
//! ```
//! use beacon::task::{CarriesContext as _, ContextExt as _, channel};
//! use beacon::testing::TestTelemetry;
//! use tracing::{Instrument as _, info, info_span};
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let test = TestTelemetry::start()?;
//! let _entered = test.enter();
//! let (sender, mut receiver) = channel::mpsc(8);
//! async { sender.send("parcel").await }.instrument(info_span!("request")).await?;
//! drop(sender);
//!
//! // The actor.
//! while let Some(message) = receiver.recv().await {
//!     let span = message.child_span(|| info_span!("deliver"));
//!     let parcel = message.into_inner();
//!     async move { info!(parcel, "delivered") }.in_span(span).await;
//! }
//! test.span("request")?.child("deliver")?.log("delivered")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod broadcast;
mod envelope;
mod mpsc;
mod oneshot;
mod unbounded;
mod watch;

pub use broadcast::{BroadcastReceiver, BroadcastSender, broadcast};
pub use envelope::Envelope;
pub use mpsc::{Receiver, Sender, mpsc};
pub use oneshot::{OneshotReceiver, OneshotSender, oneshot};
pub use unbounded::{UnboundedReceiver, UnboundedSender, unbounded};
pub use watch::{WatchReceiver, WatchSender, watch};

#[cfg(doc)]
use crate::task::CarriesContext;
