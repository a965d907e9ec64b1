//! OpenTelemetry for Rust services in one call: `tracing` spans and events become OpenTelemetry
//! traces and logs, metrics join them, all of it leaves over OTLP, and every item is accounted for.
//!
//! ```no_run
//! // `no_run`: it would become this process's subscriber.
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let telemetry = beacon::init_telemetry()?; // OTEL_* and BEACON_* decide the rest
//!     tracing::info!(answer = 42, "serving");
//!     telemetry.shutdown().await?; // or let the guard drop: same work, bounded
//!     Ok(())
//! }
//! ```
//!
//! # Where to look
//!
//! - [`init_telemetry`] and [`Telemetry::builder`] start it; [`Telemetry`] is the guard that ends
//!   it. [`Telemetry::layer`] is for those with a subscriber of their own.
//! - [`task`] keeps work in its trace that goes to other tasks, threads and channels.
//! - [`config`] holds the settings, and [`manual::environment`] every variable.
//! - [`propagation`] carries a trace to the next service and takes it from the one before;
//!   [`manual::context`] tells the rules.
//! - [`Telemetry::stats`], [`Telemetry::health`] and [`manual::metrics`] tell how it goes;
//!   [`manual::delivery`] what happens to an item on its way, and when things fail.
//! - [`memory`] watches the memory of the process and the limit around it; [`manual::heap`] tells who
//!   holds the heap.
//!
//! # Features
//!
//! | feature | default | what it adds | who should leave it out |
//! |---|---|---|---|
//! | `gzip` | yes | requests compressed with gzip | who sends to a collector on the same host |
//! | `zstd` | yes | requests compressed with zstd, at a tenth of the cost; compiles C | builds without a C compiler |
//! | `symbols` | yes | names of functions in heap profiles | programs whose file has no symbols |
//! | `tls-ring` | yes | `https` endpoints, with ring unless the process has another provider | who only sends plain text |
//! | `tls-aws-lc` | no | `https` endpoints, with aws-lc-rs unless the process has another provider | as above |
//! | `jemalloc` | no | what jemalloc says about itself, where the program allocates there; compiles C | programs on another allocator |
//! | `mimalloc` | no | the same for mimalloc; compiles C | programs on another allocator |
//! | `rayon` | no | work on a pool of rayon stays in its trace | who does not use rayon |
//! | `axum` | no | routes of axum in `HttpServerLayer` | who does not use axum |
//! | `collector` | no | an OTLP receiver inside the process | services |
//! | `testing` | no | `TestTelemetry`, a clock that a test drives | everything but dev-dependencies |
//!
//! A feature only adds: none changes a default, a protocol, a filter or the allocator.

mod builder;
#[doc(hidden)]
pub mod catalog;
mod characters;
mod civil_time;
mod clock;
#[cfg(feature = "collector")]
pub mod collector;
pub mod config;
mod diagnostics;
mod error;
mod export;
mod health;
mod install;
pub mod logging;
pub mod manual;
pub mod memory;
mod pipeline;
pub mod propagation;
mod report;
mod shutdown_signal;
mod signal;
mod suppression;
pub mod task;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod thread_end;
mod timer_thread;
mod wait;

/// Makes an `async fn` callable as a plain function, by means of [`task::run_async`].
///
/// For synchronous handlers, traits and callbacks that should call asynchronous code. The function
/// may borrow; what it borrows and returns must be [`Send`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// #[beacon::run_async]
/// async fn length_of(text: &str) -> Result<usize, std::num::ParseIntError> {
///     tokio::time::sleep(Duration::from_millis(1)).await;
///     Ok(text.len().to_string().parse()?)
/// }
///
/// assert_eq!(length_of("four"), Ok(4));
/// ```
///
/// On anything else it is an error:
///
/// ```compile_fail
/// #[beacon::run_async]
/// fn plain() {}
/// ```
pub use beacon_telemetry_macros::run_async;
pub use opentelemetry;
pub use tracing;
pub use tracing_opentelemetry;

pub use crate::builder::TelemetryBuilder;
pub use crate::diagnostics::{Diagnostic, DiagnosticLevel};
pub use crate::error::{FlushError, InitError, ShutdownError};
pub use crate::health::{Health, HealthState};
pub use crate::report::{DropReason, SignalReport, TelemetryReport};
pub use crate::shutdown_signal::shutdown_signal;
pub use crate::signal::Signal;
pub use crate::telemetry::Telemetry;

/// Starts telemetry for the whole process, with the settings of the environment.
///
/// Works in `fn main`, in any runtime flavor and in none. An unreachable collector is no error: it
/// may come later, and until then items are held within bounds.
///
/// # Errors
///
/// As [`TelemetryBuilder::install`]: a setting that cannot be ignored safely, a second call (the
/// error names the first), a global subscriber of someone else, a thread that the system refuses.
/// Nothing is half-installed then.
///
/// # Examples
///
/// ```
/// let telemetry = beacon::init_telemetry()?;
/// tracing::info_span!("work").in_scope(|| tracing::info!("done"));
/// # drop(telemetry);
/// # Ok::<(), beacon::InitError>(())
/// ```
#[track_caller]
pub fn init_telemetry() -> Result<Telemetry, InitError> {
    Telemetry::builder().install()
}

/// The quick start of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
