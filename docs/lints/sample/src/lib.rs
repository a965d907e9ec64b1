//! What loses the trace context, and what to write instead.

pub mod bad;
pub mod good;
