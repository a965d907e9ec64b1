//! `tracing` in, encoded items out.

mod errors;
mod fields;
mod filters;
mod harm;
mod ids;
mod live;
mod log_fields;
mod named;
mod recording;
mod whole_path;

pub(super) use recording::{admits_all, settings, stopped_clock};
