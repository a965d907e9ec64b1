//! Telemetry that is built, not installed: every runtime flavor and none, against collectors that
//! work, hang and refuse.
#![expect(
    clippy::disallowed_methods,
    reason = "a host with runtimes, tasks and threads of its own, and a stopwatch"
)]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]

mod config;
mod ends;
mod flushes;
mod guards;
mod health;
mod hooks;
mod service;
mod traits;
