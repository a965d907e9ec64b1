//! The manual: what the reference pages of single items cannot tell.

#[doc = include_str!("manual/alerts.md")]
pub mod alerts {}

#[doc = include_str!("manual/context.md")]
pub mod context {}

#[doc = include_str!("manual/delivery.md")]
pub mod delivery {}

#[doc = include_str!("manual/environment.md")]
pub mod environment {}

#[doc = include_str!("manual/heap.md")]
pub mod heap {}

#[doc = include_str!("manual/http.md")]
pub mod http {}

#[doc = include_str!("manual/leaks.md")]
pub mod leaks {}

#[doc = include_str!("manual/logging.md")]
pub mod logging {}

#[doc = include_str!("manual/memory.md")]
pub mod memory {}

#[doc = include_str!("manual/metrics.md")]
pub mod metrics {}

#[doc = include_str!("manual/overhead.md")]
pub mod overhead {}

#[doc = include_str!("manual/runtime.md")]
pub mod runtime {}

#[doc = include_str!("manual/tasks.md")]
pub mod tasks {}

#[cfg(feature = "testing")]
#[doc = include_str!("manual/testing.md")]
pub mod testing {}
