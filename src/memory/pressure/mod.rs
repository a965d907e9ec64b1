//! What a service gives back when memory gets short.

mod meter;

use std::fmt;
use std::sync::Arc;

use crate::memory::hooks::{Guarded, Registration, Registry};

pub(crate) use crate::memory::pressure::meter::{PressureMeter, PressureThresholds};

/// Why a hook is asked to give memory back.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum PressureLevel {
    /// Somebody called [`reclaim`](crate::memory::reclaim()).
    Requested,
    /// Memory is about to end, from 90 % of the limit on: drop what can be dropped.
    Shed,
    /// Memory gets short, from 80 % of the limit on: shrink.
    Warn,
}

/// Keeps a hook registered: dropped, it is not called any more.
#[must_use = "the hook is only called while this lives"]
pub struct PressureGuard {
    _registration: Registration<PressureHook>,
}

/// Registers what gives memory back, such as a cache that can shrink.
///
/// `hook` is called on a thread of its own, one hook after the other, when the memory in use comes
/// close to the limit of the container and when [`reclaim`](crate::memory::reclaim()) is called;
/// after that the allocator is asked to give back what it does not need. One that panics or takes more
/// than five seconds is said and counted in `beacon.memory.hook.failures`, and harms nothing else: as long as
/// it is not back it is left out.
///
/// At most 256 can be registered; further ones are never called, and counted.
///
/// # Examples
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use beacon::memory::{self, PressureLevel};
///
/// let cache = Arc::new(Mutex::new(vec![0_u8; 1024]));
/// let own = Arc::clone(&cache);
/// let _guard = memory::on_pressure("thumbnails", move |level| {
///     let mut cache = own.lock().unwrap();
///     match level {
///         PressureLevel::Warn => cache.truncate(512),
///         _ => cache.clear(),
///     }
///     cache.shrink_to_fit();
/// });
/// let report = memory::reclaim();
/// assert_eq!(report.hooks_run, 1);
/// assert!(cache.lock().unwrap().is_empty());
/// ```
pub fn on_pressure(
    name: impl Into<String>,
    hook: impl Fn(PressureLevel) + Send + Sync + 'static,
) -> PressureGuard {
    let hook: Box<PressureHook> = Box::new(hook);
    PressureGuard { _registration: HOOKS.register(Guarded::new(name.into(), hook)) }
}

/// The hooks of the process.
pub(crate) fn hooks() -> Vec<Arc<Guarded<PressureHook>>> {
    HOOKS.all()
}

pub(crate) type PressureHook = dyn Fn(PressureLevel) + Send + Sync;

/// How many hooks were too many.
pub(crate) fn refused() -> u64 {
    HOOKS.refused()
}

static HOOKS: Registry<PressureHook> = Registry::new();

impl fmt::Debug for PressureGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PressureGuard").finish_non_exhaustive()
    }
}
