//! Scopes, encoded once and found again without a lock.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::export::courier::Scope;

/// Encoded scopes by what they were made from.
///
/// Every finished item asks here, from all threads; new scopes are rare. So a lookup takes no lock and
/// writes nothing that threads share: scopes are added and never taken out.
pub(crate) struct ScopeCache<K> {
    segments: Box<[Segment<K>]>,
    len: AtomicUsize,
}

/// Places that come into being when the first of them is used.
type Segment<K> = OnceLock<Box<[Place<K>]>>;

type Place<K> = OnceLock<(K, Arc<Scope>)>;

impl<K: Clone + Eq + Hash> ScopeCache<K> {
    pub(crate) fn new() -> Self {
        Self { segments: (0..SEGMENTS).map(|_| OnceLock::new()).collect(), len: 0.into() }
    }

    /// Calls `use_scope` with the scope of `key`, made first if it is new.
    ///
    /// Beyond the bound a scope is made for each use: slow, but neither wrong nor a leak.
    #[inline]
    pub(crate) fn with<Q, T>(
        &self,
        key: &Q,
        make: impl FnOnce() -> Arc<Scope>,
        use_scope: impl FnOnce(&Arc<Scope>) -> T,
    ) -> T
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        match self.find(key) {
            Some(scope) => use_scope(scope),
            None => use_scope(&self.insert(key, make)),
        }
    }

    #[inline]
    fn find<Q>(&self, key: &Q) -> Option<&Arc<Scope>>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        for number in numbers(key) {
            let segment = self.segments.get(number / SEGMENT_PLACES)?.get()?;
            let (own, scope) = segment.get(number % SEGMENT_PLACES)?.get()?;
            if own.borrow() == key {
                return Some(scope);
            }
        }
        None
    }

    /// Puts it into the first free place. Where another thread was faster with the same key, there are
    /// two that mean the same.
    #[cold]
    fn insert<Q>(&self, key: &Q, make: impl FnOnce() -> Arc<Scope>) -> Arc<Scope>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        let scope = make();
        if self.len.load(Ordering::Relaxed) >= SCOPES_MAX {
            return scope;
        }
        let mut entry = (key.to_owned(), Arc::clone(&scope));
        for number in numbers(key) {
            let segment = self.segments.get(number / SEGMENT_PLACES).map(|segment| {
                segment.get_or_init(|| (0..SEGMENT_PLACES).map(|_| OnceLock::new()).collect())
            });
            let Some(place) = segment.and_then(|it| it.get(number % SEGMENT_PLACES)) else { break };
            match place.set(entry) {
                Ok(()) => {
                    self.len.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Err(refused) => entry = refused,
            }
        }
        scope
    }
}

/// The numbers of the places where the key may be, in order.
fn numbers<Q: Hash + ?Sized>(key: &Q) -> impl Iterator<Item = usize> {
    let mut hasher = NameHasher::default();
    key.hash(&mut hasher);
    let first = usize::try_from(hasher.finish() & LOW_BITS).unwrap_or_default();
    (0..PROBES_MAX).map(move |probe| first.wrapping_add(probe) % TABLE_PLACES)
}

impl<K> fmt::Debug for ScopeCache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeCache").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Hashes names for a table of bounded size: eight bytes at a time, which costs a fifth of the
/// standard hasher. It resists nobody who chooses names to collide, and need not: names come from
/// the program, and the bound of the table bounds the harm.
#[derive(Clone, Copy, Debug, Default)]
struct NameHasher(u64);

impl NameHasher {
    fn add(&mut self, word: u64) {
        // The fractional part of the golden ratio spreads the bits to the top.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            self.add(rest.iter().fold(1, |word, byte| word << 8 | u64::from(*byte)));
        }
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn finish(&self) -> u64 {
        // The table looks at the lowest bits.
        self.0.rotate_left(26)
    }
}

/// A large service has some hundred modules and tracers. More than this is a name made at run
/// time.
const SCOPES_MAX: usize = 2048;
/// At most half of them are used, so that nearly every search ends at its first places.
const TABLE_PLACES: usize = 2 * SCOPES_MAX;
const SEGMENT_PLACES: usize = 64;
const SEGMENTS: usize = TABLE_PLACES / SEGMENT_PLACES;
/// Far more than there are places.
const LOW_BITS: u64 = 0xffff_ffff;
/// Names that were chosen to collide make no search long.
const PROBES_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn scope(byte: u8) -> Arc<Scope> {
        Arc::new(Scope { fields: Box::new([byte]) })
    }

    #[test]
    fn a_scope_is_encoded_once() {
        let cache = ScopeCache::<String>::new();
        let encoded = Cell::new(0);
        for _ in 0..3 {
            let encode = || {
                encoded.set(encoded.get() + 1);
                scope(1)
            };
            cache.with("shop", encode, |found| assert_eq!(*found, scope(1)));
        }
        assert_eq!(encoded.get(), 1);
    }

    #[test]
    fn different_keys_have_different_scopes() {
        let cache = ScopeCache::<String>::new();
        cache.with("a", || scope(1), |found| assert_eq!(*found, scope(1)));
        cache.with("b", || scope(2), |found| assert_eq!(*found, scope(2)));
        cache.with("a", || scope(3), |found| assert_eq!(*found, scope(1)));
    }

    #[test]
    fn scopes_beyond_the_bound_are_used_but_not_kept() {
        let cache = ScopeCache::<String>::new();
        for n in 0..SCOPES_MAX {
            cache.with(n.to_string().as_str(), || scope(0), |_| ());
        }
        cache.with("late", || scope(1), |found| assert_eq!(*found, scope(1)));
        cache.with("late", || scope(2), |found| assert_eq!(*found, scope(2)));
        assert_eq!(cache.len.into_inner(), SCOPES_MAX);
    }
}
