//! Code of the user's that beacon calls: it may panic, and it may hang.

mod counts;
mod guarded;
mod registry;

pub(crate) use crate::memory::hooks::counts::{HookCounts, HookFailure, HookKind};
pub(crate) use crate::memory::hooks::guarded::{Guarded, call, call_all};
pub(crate) use crate::memory::hooks::registry::{Registration, Registry};
