//! From `tracing` to telemetry: the layers, their filters, and how they are put together.

mod copied_fields;
mod errors;
mod field_list;
mod fields;
mod filter;
mod log_layer;
mod recorder;
mod redact;
mod restraint;
mod span_fields;
mod subscriber;
mod trace_layer;

pub(crate) use filter::DirectiveError;
pub(crate) use recorder::LogRecorder;
pub use redact::Redaction;
pub(crate) use redact::{REDACTED, Redactor, are_secret_keys};
pub(crate) use restraint::goes_with_trace;
pub(crate) use subscriber::{RecordingParts, layer, registry};

#[cfg(test)]
mod tests;
