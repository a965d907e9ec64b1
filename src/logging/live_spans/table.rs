//! The ids of spans that have not ended, without a lock.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Ids with the times that they came, each in one of a few places that its number allows.
#[derive(Debug)]
pub(super) struct Table {
    places: Box<[Place]>,
    unlisted: AtomicU64,
}

#[derive(Debug, Default)]
struct Place {
    /// 0: free.
    id: AtomicU64,
    /// Nanoseconds plus one, shifted by one; the lowest bit tells whether people know of it.
    since: AtomicU64,
}

impl Table {
    pub(super) fn new() -> Self {
        let places = (0..PLACES).map(|_| Place::default()).collect();
        Self { places, unlisted: AtomicU64::new(0) }
    }

    pub(super) fn insert(&self, id: u64, now: Duration) {
        for place in self.places_of(id) {
            if place.id.load(Relaxed) == 0
                && place.id.compare_exchange(0, id, Relaxed, Relaxed).is_ok()
            {
                place.since.store(nanos(now), Relaxed);
                return;
            }
        }
        self.unlisted.fetch_add(1, Relaxed);
    }

    pub(super) fn remove(&self, id: u64) {
        if let Some(place) = self.places_of(id).find(|place| place.id.load(Relaxed) == id) {
            // A place that is free has no time, so that the next one is never taken for old.
            place.since.store(0, Relaxed);
            place.id.store(0, Relaxed);
        }
    }

    /// Spans that found no place so far.
    pub(super) fn unlisted(&self) -> u64 {
        self.unlisted.load(Relaxed)
    }

    /// What is in it. Spans that come and go meanwhile may be missing.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.places.iter().filter_map(|place| {
            let (id, since) = (place.id.load(Relaxed), place.since.load(Relaxed));
            (id != 0 && since != 0).then_some(Entry { place, id, since })
        })
    }

    fn places_of(&self, id: u64) -> impl Iterator<Item = &Place> {
        // Source: Knuth, The Art of Computer Programming 3, 6.4: multiplicative hashing.
        let hash = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let start = usize::try_from(hash >> (u64::BITS - PLACES_LOG2)).unwrap_or_default();
        let (head, tail) = self.places.split_at(start.min(self.places.len()));
        tail.iter().chain(head).take(TRIES)
    }
}

/// A span of the table.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    place: &'a Place,
    pub(super) id: u64,
    since: u64,
}

impl Entry<'_> {
    pub(super) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_nanos((self.since >> 1).saturating_sub(1)))
    }

    pub(super) const fn is_told(&self) -> bool {
        !self.since.is_multiple_of(2)
    }

    /// Remembers that people know of it, unless it has gone.
    pub(super) fn set_told(&self) {
        let _ = self.place.since.compare_exchange(self.since, self.since | 1, Relaxed, Relaxed);
    }
}

/// One more, so that it is never 0, and shifted.
fn nanos(now: Duration) -> u64 {
    let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).saturating_add(1);
    nanos << 1
}

/// 128 KiB. Spans that are forgotten fill it slowly; spans that end make room.
const PLACES_LOG2: u32 = 13;
const PLACES: usize = 1 << PLACES_LOG2;

/// A bound for what a span costs when the list is nearly full. Were places taken at random, 16 of them
/// would all be taken in one of 100 cases when three quarters are.
const TRIES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_has_not_ended() {
        let table = Table::new();
        for id in 1..=1_000 {
            table.insert(id, Duration::from_secs(id));
        }
        for id in 1..=999 {
            table.remove(id);
        }
        let entries: Vec<_> = table.entries().collect();
        assert_eq!(entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [1_000]);
        assert_eq!(entries[0].age(Duration::from_secs(1_005)), Duration::from_secs(5));
        assert!(!entries[0].is_told());
        entries[0].set_told();
        assert!(table.entries().all(|entry| entry.is_told()));
        // Whoever is not in it does not harm.
        table.remove(77);
        assert_eq!((table.entries().count(), table.unlisted()), (1, 0));
    }

    #[test]
    fn what_finds_no_place_is_counted() {
        let table = Table::new();
        let many = 2 * u64::try_from(PLACES).unwrap();
        for id in 1..=many {
            table.insert(id, Duration::ZERO);
        }
        let held = u64::try_from(table.entries().count()).unwrap();
        assert_eq!(held + table.unlisted(), many);
        assert!(held > many / 3, "{held}");
        for id in 1..=many {
            table.remove(id);
        }
        assert_eq!(table.entries().count(), 0);
        // There is room again.
        let unlisted = table.unlisted();
        for id in 1..=1_000 {
            table.insert(id, Duration::ZERO);
        }
        assert_eq!((table.entries().count(), table.unlisted()), (1_000, unlisted));
    }
}
