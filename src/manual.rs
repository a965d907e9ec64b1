//! The manual: what the reference pages of single items cannot tell.

#[doc = include_str!("manual/metrics.md")]
pub mod metrics {}

#[cfg(feature = "testing")]
#[doc = include_str!("manual/testing.md")]
pub mod testing {}
