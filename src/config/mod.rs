//! Settings: where they come from, what they may be, and which one wins.
//!
//! Code beats the variable of one signal, which beats the variable for all signals, which beats the
//! default. A bad value of a standard `OTEL_*` variable is ignored with a warning; a bad value in
//! code or in a `BEACON_*` variable is an [`InitError`](crate::InitError).

mod attributes;
mod choice;
mod destination;
mod endpoint;
mod env;
mod filter;
mod found;
mod headers;
pub(crate) mod key;
mod kind;
mod kubernetes;
mod leaks;
mod limits;
mod line_rows;
mod lines;
pub(crate) mod log_settings;
mod lookup;
mod memory;
mod names;
mod parse;
mod rate;
mod report;
mod resolve;
mod runtime;
mod settings;
mod source;
mod table;
mod unsupported;
mod value;

pub(crate) use filter::canonical as canonical_filter;
pub(crate) use leaks::{HeapSettings, LeakSettings};
pub(crate) use log_settings::{FileSettings, LineSettings};
pub(crate) use memory::MemorySettings;
pub(crate) use rate::LogRateLimit;
pub(crate) use resolve::{Resolved, resolve};
pub(crate) use runtime::RuntimeSettings;
pub(crate) use settings::*;
pub(crate) use value::{Overrides, SettingValue};

pub use env::Environment;
pub use report::{EffectiveConfig, Origin, SettingReport, SettingWarning};
pub use settings::{
    Compression, Exporter, LogSampling, Propagator, Protocol, Sampler, Temporality,
};

#[cfg(test)]
mod tests;
