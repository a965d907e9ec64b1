//! Assert on what your own service emits. For tests; see the feature `testing`.
//!
//! [`TestTelemetry`] is telemetry for one test: everything that the code under test records comes
//! back as span trees, log records and metrics. It touches no globals, so tests run in parallel.
//! The [manual](crate::manual::testing) shows it at work.
//!
//! ```
//! use beacon::testing::TestTelemetry;
//! use tracing::{info, info_span};
//!
//! let test = TestTelemetry::start()?;
//! test.with(|| info_span!("checkout", user.id = 7).in_scope(|| info!("paid")));
//!
//! assert_eq!(test.span("checkout")?.attribute("user.id")?, &7_i64);
//! test.check(
//!     "
//!     trace-1
//!       checkout {user.id=7}
//!         - INFO paid
//!     ",
//! )?;
//! # Ok::<(), beacon::testing::TestError>(())
//! ```

mod capture;
mod captured_metric;
mod captured_traces;
mod clock;
mod diff;
mod heard;
mod interest;
mod reading;
mod render;
mod scaled_clock;
mod scope;
mod span_tree;
mod test_error;
mod test_telemetry;

pub(crate) use scaled_clock::ScaledClock;

pub use captured_metric::CapturedMetric;
pub use captured_traces::CapturedTraces;
pub use clock::ManualClock;
pub use scope::EnteredTest;
pub use span_tree::SpanTree;
pub use test_error::TestError;
pub use test_telemetry::TestTelemetry;
