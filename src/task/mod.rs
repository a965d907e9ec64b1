//! Work that goes elsewhere and stays in its trace: tasks, threads, streams, messages, and the way
//! between synchronous and asynchronous code.
//!
//! | instead of | use |
//! |---|---|
//! | `tokio::spawn`, `spawn_blocking`, `spawn_local`, `Handle::spawn` | [`spawn()`], [`spawn_blocking`], [`spawn_local`], [`spawn_on`] |
//! | … for work that outlives its request | [`spawn_linked`] |
//! | … that is to be counted by name | [`named()`] |
//! | `tokio::task::JoinSet`, `tokio_util::task::JoinMap` | [`JoinSet`], [`JoinMap`] |
//! | a pile of join handles | [`Group`] |
//! | `std::thread`, rayon | [`thread`], `task::rayon` (feature `rayon`) |
//! | `.instrument(…)` on futures; nothing for streams and sinks | [`ContextExt`] |
//! | `tokio::sync::{mpsc, oneshot, broadcast, watch}` | [`channel`] |
//! | a queue or job of your own | [`MessageContext`], [`CarriesContext`] |
//! | `Runtime::block_on`, `Handle::block_on` | [`run_async`] |
//! | `Handle::metrics`, a watchdog of your own | [`observe_runtime`] |
//!
//! Everything takes along what a [`TaskContext`] holds. Panics, cancellation and what is returned are
//! as in Tokio and the standard library. The manual has [the longer story](crate::manual::tasks).

pub mod channel;
mod context;
mod counts;
mod group;
mod in_context;
mod join_map;
mod join_set;
mod message;
mod named;
mod names;
#[cfg(feature = "rayon")]
pub mod rayon;
mod runtime;
mod spawn;
mod sync;
pub mod thread;

#[cfg(feature = "testing")]
pub(crate) use context::ScopedSubscriber;
pub use context::{EnteredContext, TaskContext};
pub(crate) use counts::Counted;
pub use counts::{TaskCounts, task_counts};
pub(crate) use group::{Drain, drain_all};
pub use group::{Group, GroupError, GroupReport, RunningTask};
pub use in_context::{ContextExt, InContext};
pub use join_map::JoinMap;
pub use join_set::JoinSet;
pub use message::{CarriesContext, MessageContext, batch_span};
pub use named::{NamedTask, named};
pub use runtime::{ObserveRuntimeError, RuntimeConfig, observe_runtime};
pub(crate) use runtime::{RuntimeWatch, RuntimeWatchParts, set_installed_runtime_watch};
pub use spawn::{spawn, spawn_blocking, spawn_blocking_on, spawn_linked, spawn_local, spawn_on};
pub use sync::{
    TimedOut, block_in_place_if_possible, run_async, run_async_timeout, run_async_until,
};
pub(crate) use sync::{end_when_idle, is_only_thread};
