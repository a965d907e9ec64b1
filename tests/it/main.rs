//! Black-box tests: the public API against a collector in the same process.
//!
//! Nothing here is global: each test has a pipeline, a subscriber and a collector of its own.

mod delivery;
mod failure;
mod idle;
mod outage;
mod overload;
mod self_metrics;
mod size;
mod support;
mod tidy;
