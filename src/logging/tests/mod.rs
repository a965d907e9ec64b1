//! `tracing` in, encoded items out.

mod errors;
mod fields;
mod filters;
mod harm;
mod ids;
mod recording;

pub(super) use recording::{admits_all, stopped_clock};
