//! The encoders against `opentelemetry-proto`'s transform and against plain models of the rules.

mod buffer;
mod identity;
mod log_record;
mod model;
mod span;
mod split;
mod strategies;
