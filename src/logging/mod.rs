//! Logging: how lines for people look and where they go.
//!
//! [`manual::logging`](crate::manual::logging) tells the whole story.

mod copied_fields;
mod errors;
mod field_list;
mod fields;
mod filter;
mod lines;
mod log_layer;
mod recorder;
mod redact;
mod restraint;
mod span_fields;
mod subscriber;
mod trace_layer;

pub(crate) use filter::DirectiveError;
pub(crate) use lines::Lines;
pub(crate) use recorder::LogRecorder;
pub use redact::Redaction;
pub(crate) use redact::{REDACTED, Redactor, are_secret_keys};
pub(crate) use restraint::goes_with_trace;
pub(crate) use subscriber::{RecordingParts, layer, registry};

pub use crate::config::log_settings::{LogColor, LogConsole, LogFormat, LogTimeZone, Rotation};

#[cfg(test)]
mod tests;
