//! From `tracing` to telemetry: the layers, their filters, and how they are put together.

mod errors;
mod fields;
mod filter;
mod log_layer;
mod recorder;
mod subscriber;
mod trace_layer;

pub(crate) use filter::DirectiveError;
pub(crate) use recorder::LogRecorder;
pub(crate) use subscriber::{RecordingParts, layer, registry};

#[cfg(test)]
mod tests;
