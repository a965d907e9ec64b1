//! The manual: what the reference pages of single items cannot tell.

#[doc = include_str!("manual/metrics.md")]
pub mod metrics {}

#[doc = include_str!("manual/overhead.md")]
pub mod overhead {}
