//! `tracing` in, encoded items out.

mod errors;
mod fields;
mod filters;
mod harm;
mod ids;
mod live;
mod named;
mod recording;

pub(super) use recording::{admits_all, settings, stopped_clock};
