//! Logging: lines for people and records for the collector, from the same events.
//!
//! In ordinary Rust code the macros of `tracing` are the interface. Here is what they lack: filters
//! that change while the service runs, loggers whose names are known at run time only, and how lines
//! look. [`manual::logging`](crate::manual::logging) tells the whole story.

mod call_sites;
mod copied_fields;
mod directives;
mod errors;
mod field_list;
mod fields;
mod filter;
mod filter_file;
mod installed;
mod lines;
mod live;
mod live_spans;
mod log_bridge;
mod log_fields;
mod log_layer;
mod logger;
mod named;
mod own_events;
mod panics;
mod question;
mod recorder;
mod redact;
mod reentry;
mod restraint;
mod sinks;
mod source;
mod span_fields;
mod subscriber;
mod trace_layer;
mod value;

pub(crate) use directives::DirectiveError;
pub(crate) use filter_file::FilterFile;
pub(crate) use installed::set_installed;
pub(crate) use lines::{LineParts, Lines};
pub(crate) use live::{Filtered, LiveFilters, Timer};
pub use live_spans::{LiveSpan, live_spans};
pub(crate) use live_spans::{LiveSpans, OverdueSpans, SpanFacts, set_installed_live_spans};
pub(crate) use log_bridge::set_logger;
pub(crate) use own_events::{OwnEvent, OwnEvents, OwnValue};
pub(crate) use panics::{PanicHook, set_panic_hook};
pub(crate) use recorder::LogRecorder;
pub use redact::Redaction;
pub(crate) use redact::{REDACTED, Redactor, are_secret_keys};
pub(crate) use reentry::{Reentered, Reentry};
pub(crate) use restraint::goes_with_trace;
pub(crate) use sinks::Sinks;
pub(crate) use subscriber::{RecordingParts, layer, registry};

pub use crate::config::log_settings::{LogColor, LogConsole, LogFormat, LogTimeZone, Rotation};
pub use installed::{
    FilterError, filter, set_filter, set_filter_for, set_trace_filter, trace_filter,
};
pub use logger::{Logger, get_logger};
pub use value::LogValue;

#[cfg(test)]
mod tests;
