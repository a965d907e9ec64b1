//! What users have registered in the process.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::memory::hooks::Guarded;

/// Registered code of one kind, at most 256 pieces.
#[derive(Debug)]
pub(crate) struct Registry<F: ?Sized> {
    all: Mutex<Vec<Arc<Guarded<F>>>>,
    refused: AtomicU64,
}

impl<F: ?Sized> Registry<F> {
    pub(crate) const fn new() -> Self {
        Self { all: Mutex::new(Vec::new()), refused: AtomicU64::new(0) }
    }

    /// Registers it while the result lives; without effect when there are too many.
    pub(crate) fn register(&'static self, guarded: Guarded<F>) -> Registration<F> {
        let guarded = Arc::new(guarded);
        let mut all = self.lock();
        if all.len() < REGISTERED_MAX {
            all.push(Arc::clone(&guarded));
        } else {
            self.refused.fetch_add(1, Relaxed);
        }
        Registration { registry: self, guarded }
    }

    pub(crate) fn all(&self) -> Vec<Arc<Guarded<F>>> {
        self.lock().clone()
    }

    /// How many there were too many.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Guarded<F>>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends with the registration.
pub(crate) struct Registration<F: ?Sized + 'static> {
    registry: &'static Registry<F>,
    guarded: Arc<Guarded<F>>,
}

impl<F: ?Sized> Drop for Registration<F> {
    fn drop(&mut self) {
        self.registry.lock().retain(|other| !Arc::ptr_eq(other, &self.guarded));
    }
}

impl<F: ?Sized> fmt::Debug for Registration<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("guarded", &self.guarded).finish_non_exhaustive()
    }
}

/// More is a registration in a loop, which would never end.
const REGISTERED_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_registered_ends_with_its_guard_and_has_a_bound() {
        static REGISTRY: Registry<u32> = Registry::new();
        let register = |number| REGISTRY.register(Guarded::new(String::new(), Box::new(number)));
        let mut guards: Vec<_> = (0..256).map(register).collect();
        assert_eq!((REGISTRY.all().len(), REGISTRY.refused()), (256, 0));
        drop(register(256));
        assert_eq!((REGISTRY.all().len(), REGISTRY.refused()), (256, 1));
        guards.pop();
        guards.push(register(257));
        assert_eq!((REGISTRY.all().len(), REGISTRY.refused()), (256, 1));
        drop(guards);
        assert!(REGISTRY.all().is_empty());
    }
}
