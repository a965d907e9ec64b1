//! `tracing` in, encoded items out.

mod errors;
mod fields;
mod filters;
mod harm;
mod ids;
mod live;
mod named;
mod recording;
