//! From `tracing` to telemetry: the layers, their filters, and how they are put together.
//!
//! In ordinary Rust code the macros of `tracing` are the interface. Here is what they lack: filters
//! that change while the service runs, and loggers whose names are known at run time only. See
//! [the manual](crate::manual::logging).

mod errors;
mod fields;
mod filter;
mod filter_file;
mod installed;
mod live;
mod log_bridge;
mod log_layer;
mod logger;
mod named;
mod panics;
mod question;
mod recorder;
mod source;
mod subscriber;
mod trace_layer;
mod value;

pub(crate) use filter::DirectiveError;
pub(crate) use filter_file::FilterFile;
pub(crate) use installed::set_installed;
pub(crate) use live::{Filtered, LiveFilters, Timer};
pub(crate) use log_bridge::set_logger;
pub(crate) use panics::{PanicHook, set_panic_hook};
pub(crate) use recorder::LogRecorder;
pub(crate) use subscriber::{RecordingParts, layer, registry};

pub use installed::{
    FilterError, filter, set_filter, set_filter_for, set_trace_filter, trace_filter,
};
pub use logger::{Logger, get_logger};
pub use value::LogValue;

#[cfg(test)]
mod tests;
