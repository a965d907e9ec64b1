//! Work that goes elsewhere stays in its trace, as the collector sees it: one test for each way.
//!
//! Nothing here is global: each test has a telemetry and runtimes of its own.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::async_yields_async,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may fail; clippy only knows functions marked as tests, and not their helpers"
)]
#![expect(clippy::disallowed_methods, reason = "hosts with tasks and threads of their own")]

mod channels;
mod counts;
mod groups;
mod live_spans;
mod messages;
mod runtimes;
mod sets;
mod soak;
mod spawning;
mod stalls;
mod streams;
mod support;
mod sync;
mod threads;
