//! The encoders against `opentelemetry-proto`'s transform and against plain models of the rules.
#![expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]

mod buffer;
mod identity;
mod log_record;
mod model;
mod span;
mod split;
mod strategies;
