//! From synchronous code to asynchronous code and back.

mod background;
mod blocking;
mod run;

pub(crate) use background::{end_when_idle, timer};
pub use blocking::block_in_place_if_possible;
pub(crate) use blocking::is_only_thread;
pub use run::{TimedOut, run_async, run_async_timeout, run_async_until};
