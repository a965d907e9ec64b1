//! The samples whose blocks are alive, by pointer. Nobody waits for anybody.
//!
//! Eight slots share a bucket, whose pointers are one cache line. A pointer is put in before its
//! block is handed out and taken out before its block ends, so it is here once.

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};

use crate::memory::allocator::filter::hash;

/// What is known of a sampled block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) size_bytes: usize,
    /// What it stands for.
    pub(super) weight_bytes: f64,
    pub(super) born_seconds: u32,
    pub(super) site: u32,
}

/// What became of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Inserted {
    Free,
    /// It took the place of a younger or lighter one.
    Instead {
        pointer: usize,
        sample: Sample,
    },
    Not,
}

#[derive(Debug)]
pub(super) struct LiveTable<const BUCKETS: usize> {
    pointers: [Pointers; BUCKETS],
    slots: [[Slot; SLOTS]; BUCKETS],
    len: AtomicU32,
    len_max: u32,
}

/// `EMPTY`, `BUSY`, or the pointer of a block.
#[derive(Debug)]
#[repr(align(64))]
struct Pointers([AtomicUsize; SLOTS]);

#[derive(Debug)]
struct Slot {
    /// Odd while somebody writes. A reader that sees a change reads nothing.
    version: AtomicU32,
    born_seconds: AtomicU32,
    site: AtomicU32,
    size_bytes: AtomicUsize,
    weight: AtomicU64,
}

/// A slot, by its pointer and its sample.
type Place<'a> = (&'a AtomicUsize, &'a Slot);

impl<const BUCKETS: usize> LiveTable<BUCKETS> {
    const MASK: usize = BUCKETS.wrapping_sub(1);

    pub(super) const fn new(len_max: u32) -> Self {
        assert!(BUCKETS.is_power_of_two(), "the hash has whole bits");
        Self {
            pointers: [const { Pointers([const { AtomicUsize::new(EMPTY) }; SLOTS]) }; BUCKETS],
            slots: [const { [const { Slot::new() }; SLOTS] }; BUCKETS],
            len: AtomicU32::new(0),
            len_max,
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.len.load(Ordering::Relaxed)
    }

    pub(super) fn insert(&self, pointer: usize, sample: Sample, now_seconds: u32) -> Inserted {
        let Some((place, is_new)) = self.claim(pointer, now_seconds) else { return Inserted::Not };
        let outcome = match is_new {
            Claimed::Empty => self.make_room(pointer, now_seconds),
            Claimed::From(old) => old,
        };
        if outcome == Inserted::Not {
            place.0.store(EMPTY, Ordering::Release);
            return Inserted::Not;
        }
        place.1.write(sample);
        place.0.store(pointer, Ordering::Release);
        outcome
    }

    /// Takes out the sample of a block that its owner is about to end.
    pub(super) fn remove(&self, pointer: usize) -> Option<Sample> {
        let (word, slot) = self
            .bucket(Self::bucket_of(pointer))
            .find(|(word, _)| word.load(Ordering::Relaxed) == pointer)?;
        // Acquire: what the thread wrote that put it in. It fails when somebody needed the room.
        word.compare_exchange(pointer, BUSY, Ordering::Acquire, Ordering::Relaxed).ok()?;
        let sample = slot.read();
        word.store(EMPTY, Ordering::Release);
        self.len.fetch_sub(1, Ordering::Relaxed);
        Some(sample)
    }

    /// Shows each sample. Those that come or go meanwhile are seen or not.
    pub(super) fn for_each(&self, mut seen: impl FnMut(Sample)) {
        for (word, slot) in (0..BUCKETS).flat_map(|bucket| self.bucket(bucket)) {
            let version = slot.version.load(Ordering::Acquire);
            let pointer = word.load(Ordering::Acquire);
            let sample = slot.read();
            fence(Ordering::Acquire);
            let is_same = slot.version.load(Ordering::Relaxed) == version
                && word.load(Ordering::Relaxed) == pointer;
            if pointer > BUSY && version.is_multiple_of(2) && is_same {
                seen(sample);
            }
        }
    }

    /// Makes a slot of the pointer's bucket one that only the caller touches.
    fn claim(&self, pointer: usize, now_seconds: u32) -> Option<(Place<'_>, Claimed)> {
        let bucket = Self::bucket_of(pointer);
        let is_won = |(word, _): &Place<'_>| {
            word.load(Ordering::Relaxed) == EMPTY
                && word.compare_exchange(EMPTY, BUSY, Ordering::Acquire, Ordering::Relaxed).is_ok()
        };
        if let Some(place) = self.bucket(bucket).find(is_won) {
            return Some((place, Claimed::Empty));
        }
        let (place, old) = self.evict(bucket, 1, now_seconds)?;
        Some((place, Claimed::From(old)))
    }

    /// Counts one more. At the cap another one has to go.
    fn make_room(&self, pointer: usize, now_seconds: u32) -> Inserted {
        if self.len.fetch_add(1, Ordering::Relaxed) < self.len_max {
            return Inserted::Free;
        }
        self.len.fetch_sub(1, Ordering::Relaxed);
        match self.evict(Self::bucket_of(pointer), EVICT_BUCKETS, now_seconds) {
            Some(((word, _), old)) => {
                word.store(EMPTY, Ordering::Release);
                old
            }
            None => Inserted::Not,
        }
    }

    /// Takes the youngest sample of a row of buckets that is under an hour old, of equals the
    /// lightest. Looking at all would take too long inside of an allocation.
    fn evict(
        &self,
        bucket: usize,
        count: usize,
        now_seconds: u32,
    ) -> Option<(Place<'_>, Inserted)> {
        let row = || (0..count).map(|step| bucket.wrapping_add(step) & Self::MASK);
        for _ in 0..EVICT_TRIES {
            let mut victim: Option<(Place<'_>, usize, Sample)> = None;
            for place in row().flat_map(|bucket| self.bucket(bucket)) {
                let pointer = place.0.load(Ordering::Acquire);
                let sample = place.1.read();
                let is_young = now_seconds.saturating_sub(sample.born_seconds) < OLD_SECONDS;
                let is_better = victim.as_ref().is_none_or(|(_, _, best)| {
                    (sample.born_seconds, best.weight_bytes)
                        > (best.born_seconds, sample.weight_bytes)
                });
                if pointer > BUSY && is_young && is_better {
                    victim = Some((place, pointer, sample));
                }
            }
            let (place, pointer, _) = victim?;
            let claim =
                place.0.compare_exchange(pointer, BUSY, Ordering::Acquire, Ordering::Relaxed);
            if claim.is_ok() {
                let old = Inserted::Instead { pointer, sample: place.1.read() };
                return Some((place, old));
            }
        }
        None
    }

    const fn bucket_of(pointer: usize) -> usize {
        hash(pointer).rotate_left(BUCKETS.trailing_zeros()) & Self::MASK
    }

    fn bucket(&self, bucket: usize) -> impl Iterator<Item = Place<'_>> {
        let words = self.pointers.get(bucket).map(|words| &words.0).into_iter().flatten();
        words.zip(self.slots.get(bucket).into_iter().flatten())
    }
}

enum Claimed {
    Empty,
    From(Inserted),
}

impl Slot {
    const fn new() -> Self {
        Self {
            version: AtomicU32::new(0),
            born_seconds: AtomicU32::new(0),
            site: AtomicU32::new(0),
            size_bytes: AtomicUsize::new(0),
            weight: AtomicU64::new(0),
        }
    }

    /// By whoever made the slot busy, and nobody else.
    fn write(&self, sample: Sample) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version.wrapping_add(1), Ordering::Relaxed);
        // A reader that sees one of the following sees the odd version too.
        fence(Ordering::Release);
        self.born_seconds.store(sample.born_seconds, Ordering::Relaxed);
        self.site.store(sample.site, Ordering::Relaxed);
        self.size_bytes.store(sample.size_bytes, Ordering::Relaxed);
        self.weight.store(sample.weight_bytes.to_bits(), Ordering::Relaxed);
        self.version.store(version.wrapping_add(2), Ordering::Release);
    }

    fn read(&self) -> Sample {
        Sample {
            size_bytes: self.size_bytes.load(Ordering::Relaxed),
            weight_bytes: f64::from_bits(self.weight.load(Ordering::Relaxed)),
            born_seconds: self.born_seconds.load(Ordering::Relaxed),
            site: self.site.load(Ordering::Relaxed),
        }
    }
}

const EMPTY: usize = 0;
/// No block lies here.
const BUSY: usize = 1;
const SLOTS: usize = 8;

/// From this age on a sample is never given up: old objects are what a leak is made of.
pub(super) const OLD_SECONDS: u32 = 3_600;

/// How many buckets are looked at for one that can go.
const EVICT_BUCKETS: usize = 32;
/// Another thread may take the chosen one first.
const EVICT_TRIES: usize = 4;
