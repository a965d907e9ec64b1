//! What was found out about a call-site, found again by the address of its metadata.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::Metadata;

/// A small fact for each of many call-sites. Takes no lock and no memory after it was made.
///
/// A place holds address and fact in one word, so a fact is never taken for that of another
/// call-site. Of call-sites that share their places the last ones are known, and the others are looked
/// into anew: that costs time and is never wrong. Metadata that is not static is never found: its
/// address lies where no static lies.
pub(crate) struct CallSites {
    places: Box<[[AtomicU64; WAYS]]>,
}

impl CallSites {
    pub(crate) fn new() -> Self {
        Self { places: (0..PLACES).map(|_| Default::default()).collect() }
    }

    /// The fact, if it is known: [`FACT_BITS`] bits.
    #[inline]
    pub(crate) fn get(&self, metadata: &Metadata<'_>) -> Option<u32> {
        let address = address_bits(metadata);
        let place = self.place(address)?;
        let known = place.iter().map(|word| word.load(Ordering::Relaxed));
        let word = known.into_iter().find(|word| word >> FACT_BITS == address)?;
        u32::try_from(word & FACT_MASK).ok()
    }

    /// Remembers the fact, of which the lowest [`FACT_BITS`] bits count.
    pub(crate) fn set(&self, metadata: &'static Metadata<'static>, fact: u32) {
        let address = address_bits(metadata);
        let is_whole = address <= u64::MAX >> FACT_BITS;
        let Some(place) = self.place(address).filter(|_| is_whole) else { return };
        let word = address << FACT_BITS | u64::from(fact) & FACT_MASK;
        // Its own word, or an empty one, or one that pays for all.
        let is_free = |old: u64| old == 0 || old >> FACT_BITS == address;
        let mut words = place.iter();
        let free = words.find(|word| is_free(word.load(Ordering::Relaxed)));
        if let Some(slot) = free.or(place.last()) {
            slot.store(word, Ordering::Relaxed);
        }
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        self.places.iter().flatten().for_each(|word| word.store(0, Ordering::Relaxed));
    }

    #[inline]
    fn place(&self, address: u64) -> Option<&[AtomicU64; WAYS]> {
        // The fractional part of the golden ratio spreads the bits to the top.
        let spread = address.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> PLACE_SHIFT;
        self.places.get(usize::try_from(spread).ok()?)
    }
}

impl fmt::Debug for CallSites {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallSites").finish_non_exhaustive()
    }
}

/// The address without the bits that are always zero.
fn address_bits(metadata: &Metadata<'_>) -> u64 {
    const ALIGNED_BITS: u32 = align_of::<Metadata<'static>>().trailing_zeros();
    std::ptr::from_ref(metadata).addr() as u64 >> ALIGNED_BITS
}

/// What processors have in common are addresses of 48 bits; three of them are always zero.
pub(crate) const FACT_BITS: u32 = 19;
const FACT_MASK: u64 = (1 << FACT_BITS) - 1;
/// Three call-sites meet in one place when there are a thousand.
const WAYS: usize = 4;
/// With the ways: as many as a large service has call-sites, in 32 KiB.
const PLACES: usize = 1024;
const PLACE_SHIFT: u32 = u64::BITS - PLACES.trailing_zeros();

#[cfg(test)]
mod tests {
    use tracing::callsite::Identifier;
    use tracing::field::FieldSet;
    use tracing::metadata::Kind;
    use tracing::{Callsite, Level};

    use super::*;

    struct Nowhere;

    impl Callsite for Nowhere {
        fn set_interest(&self, _: tracing::subscriber::Interest) {}

        fn metadata(&self) -> &Metadata<'_> {
            unreachable!("nobody asks")
        }
    }

    static NOWHERE: Nowhere = Nowhere;

    fn metadata() -> Metadata<'static> {
        let fields = FieldSet::new(&[], Identifier(&NOWHERE));
        Metadata::new("event", "here", Level::INFO, None, None, None, fields, Kind::EVENT)
    }

    #[test]
    fn what_is_known_is_right_however_many_there_are() {
        let known = CallSites::new();
        let all: Vec<&'static Metadata<'static>> =
            (0..20_000).map(|_| &*Box::leak(Box::new(metadata()))).collect();
        for (fact, metadata) in (0..).zip(&all) {
            known.set(metadata, fact);
            assert_eq!(known.get(metadata), Some(fact));
        }
        let found =
            (0..).zip(&all).filter_map(|(fact, metadata)| Some((fact, known.get(metadata)?)));
        let found: Vec<(u32, u32)> = found.collect();
        assert!(found.iter().all(|(fact, got)| fact == got));
        assert_eq!(found.len(), PLACES * WAYS);
    }

    #[test]
    fn a_fact_can_change_and_be_zero_and_be_forgotten() {
        let known = CallSites::new();
        let metadata: &'static Metadata<'static> = Box::leak(Box::new(metadata()));
        assert_eq!(known.get(metadata), None);
        for fact in [0, 1, (1 << FACT_BITS) - 1, 0] {
            known.set(metadata, fact);
            assert_eq!(known.get(metadata), Some(fact));
        }
        known.clear();
        assert_eq!(known.get(metadata), None);
    }

    #[test]
    fn a_thousand_call_sites_are_nearly_all_known() {
        let known = CallSites::new();
        let all: Vec<&'static Metadata<'static>> =
            (0..1_000).map(|_| &*Box::leak(Box::new(metadata()))).collect();
        for metadata in &all {
            known.set(metadata, 1);
        }
        let found = all.iter().filter(|metadata| known.get(metadata).is_some()).count();
        assert!(found > 980, "{found}");
    }
}
