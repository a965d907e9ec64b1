//! OpenTelemetry for Rust services in one call.
//!
//! Under construction: see `ARCHITECTURE.md`.

mod builder;
mod catalog;
mod clock;
#[cfg(feature = "collector")]
pub mod collector;
pub mod config;
mod diagnostics;
mod error;
mod export;
mod health;
mod install;
mod logging;
pub mod manual;
mod pipeline;
mod propagation;
mod report;
mod shutdown_signal;
mod signal;
mod suppression;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod wait;

pub use opentelemetry;
pub use tracing;
pub use tracing_opentelemetry;

pub use crate::builder::TelemetryBuilder;
pub use crate::diagnostics::{Diagnostic, DiagnosticLevel};
pub use crate::error::InitError;
pub use crate::health::{Health, HealthState};
pub use crate::report::{DropReason, SignalReport, TelemetryReport};
pub use crate::shutdown_signal::shutdown_signal;
pub use crate::signal::Signal;
pub use crate::telemetry::{FlushError, ShutdownError, Telemetry};

/// Starts telemetry with the settings of the environment, for the whole process.
///
/// # Errors
///
/// As [`TelemetryBuilder::install`].
#[track_caller]
pub fn init_telemetry() -> Result<Telemetry, InitError> {
    Telemetry::builder().install()
}
