//! Scopes, encoded once and found again without a lock.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::export::courier::Scope;

/// Encoded scopes by what they were made from.
///
/// Every finished item asks here, from all threads; new scopes are rare. So a lookup takes no lock
/// and touches no shared counter, and an insertion copies the map.
pub(crate) struct ScopeCache<K> {
    scopes: ArcSwap<Scopes<K>>,
}

impl<K: Clone + Eq + Hash> ScopeCache<K> {
    pub(crate) fn new() -> Self {
        Self { scopes: ArcSwap::from_pointee(Scopes::default()) }
    }

    /// Calls `use_scope` with the scope of `key`, encoding it first if it is new.
    ///
    /// Beyond the bound a scope is encoded for each use: slow, but neither wrong nor a leak.
    pub(crate) fn with<Q>(
        &self,
        key: &Q,
        encode: impl FnOnce() -> Scope,
        use_scope: impl FnOnce(&Arc<Scope>),
    ) where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(scope) = self.scopes.load().get(key) {
            return use_scope(scope);
        }
        let scope = Arc::new(encode());
        self.insert(key, &scope);
        use_scope(&scope);
    }

    fn insert<Q>(&self, key: &Q, scope: &Arc<Scope>)
    where
        Q: ToOwned<Owned = K> + ?Sized,
    {
        self.scopes.rcu(|scopes| {
            if scopes.len() >= SCOPES_MAX {
                return Arc::clone(scopes);
            }
            let mut scopes = Scopes::clone(scopes);
            scopes.entry(key.to_owned()).or_insert_with(|| Arc::clone(scope));
            Arc::new(scopes)
        });
    }
}

impl<K> fmt::Debug for ScopeCache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeCache").field("len", &self.scopes.load().len()).finish()
    }
}

type Scopes<K> = HashMap<K, Arc<Scope>, BuildHasherDefault<NameHasher>>;

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

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.add(value);
    }

    fn finish(&self) -> u64 {
        // The table looks at the lowest bits first.
        self.0.rotate_left(26)
    }
}

/// A large service has some hundred modules and tracers. More than this is a name made at run
/// time.
const SCOPES_MAX: usize = 2048;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn scope(byte: u8) -> Scope {
        Scope { fields: Box::new([byte]) }
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
            cache.with("shop", encode, |found| assert_eq!(**found, scope(1)));
        }
        assert_eq!(encoded.get(), 1);
    }

    #[test]
    fn different_keys_have_different_scopes() {
        let cache = ScopeCache::<String>::new();
        cache.with("a", || scope(1), |found| assert_eq!(**found, scope(1)));
        cache.with("b", || scope(2), |found| assert_eq!(**found, scope(2)));
        cache.with("a", || scope(3), |found| assert_eq!(**found, scope(1)));
    }

    #[test]
    fn scopes_beyond_the_bound_are_used_but_not_kept() {
        let cache = ScopeCache::<String>::new();
        for n in 0..SCOPES_MAX {
            cache.with(n.to_string().as_str(), || scope(0), |_| ());
        }
        cache.with("late", || scope(1), |found| assert_eq!(**found, scope(1)));
        cache.with("late", || scope(2), |found| assert_eq!(**found, scope(2)));
        assert_eq!(cache.scopes.load().len(), SCOPES_MAX);
    }
}
