//! Black-box tests: the public API against a collector in the same process.
//!
//! Nothing here is global: each test has a pipeline, a subscriber and a collector of its own.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail; clippy only knows functions marked as tests, and not their helpers"
)]

mod delivery;
mod failure;
mod filters;
mod idle;
mod limits;
mod lines;
mod outage;
mod overload;
mod poison;
mod propagation;
mod redaction;
mod restraint;
mod rolling;
mod self_metrics;
mod sinks;
mod size;
mod support;
mod tidy;
