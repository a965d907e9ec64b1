//! OpenTelemetry for Rust services in one call.
//!
//! Under construction: see `ARCHITECTURE.md`.

pub mod config;
mod catalog;
mod clock;
#[cfg(feature = "collector")]
pub mod collector;
mod diagnostics;
mod error;
mod export;
mod logging;
mod propagation;
mod signal;

pub use opentelemetry;
pub use tracing;
pub use tracing_opentelemetry;


pub use crate::signal::Signal;
