//! Which blocks may be sampled: one byte for each of many pointers, read at every free.

use std::sync::atomic::{AtomicU8, Ordering};

/// Counts sampled pointers by their hash. A zero says for sure that a block was not sampled.
#[derive(Debug)]
pub(super) struct FreeFilter<const LEN: usize> {
    counts: [AtomicU8; LEN],
}

impl<const LEN: usize> FreeFilter<LEN> {
    pub(super) const fn new() -> Self {
        assert!(LEN.is_power_of_two() && LEN > 1, "the hash has whole bits");
        Self { counts: [const { AtomicU8::new(0) }; LEN] }
    }

    #[inline]
    pub(super) fn may_hold(&self, pointer: usize) -> bool {
        self.count(pointer).is_some_and(|count| count.load(Ordering::Relaxed) != 0)
    }

    /// Before the block is handed out: whoever frees it then sees the count.
    pub(super) fn add(&self, pointer: usize) {
        self.change(pointer, |count| count.checked_add(1));
    }

    /// A count that was once full is no longer known, and stays.
    pub(super) fn remove(&self, pointer: usize) {
        self.change(pointer, |count| (count < u8::MAX).then(|| count.saturating_sub(1)));
    }

    fn change(&self, pointer: usize, next: impl Fn(u8) -> Option<u8>) {
        if let Some(count) = self.count(pointer) {
            // `None` leaves it as it is, which is what a full count wants.
            let _ = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        }
    }

    /// Always there: the shift leaves as many bits as the length has.
    #[inline]
    fn count(&self, pointer: usize) -> Option<&AtomicU8> {
        // The lower half of a pointer says enough, and is multiplied by a constant in one step.
        #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
        let hash = (pointer as u32).wrapping_mul(0x9E37_79B9);
        let index = hash >> 32_u32.saturating_sub(LEN.trailing_zeros());
        self.counts.get(usize::try_from(index).ok()?)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| count.load(Ordering::Relaxed) == 0)
    }
}

/// Spreads a pointer over all bits; the upper ones are the better ones.
pub(super) const fn hash(pointer: usize) -> usize {
    pointer.wrapping_mul(GOLDEN)
}

/// 2 to the power of the word's bits, divided by the golden ratio (Knuth, volume 3, 6.4).
#[cfg(target_pointer_width = "64")]
const GOLDEN: usize = 0x9E37_79B9_7F4A_7C15;
#[cfg(not(target_pointer_width = "64"))]
const GOLDEN: usize = 0x9E37_79B9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_may_be_there_until_it_is_removed() {
        static FILTER: FreeFilter<1024> = FreeFilter::new();
        assert!(!FILTER.may_hold(0x1000));
        FILTER.add(0x1000);
        FILTER.add(0x1000);
        assert!(FILTER.may_hold(0x1000));
        FILTER.remove(0x1000);
        assert!(FILTER.may_hold(0x1000));
        FILTER.remove(0x1000);
        assert!(!FILTER.may_hold(0x1000));
    }

    #[test]
    fn a_full_count_stays() {
        static FILTER: FreeFilter<2> = FreeFilter::new();
        for _ in 0..300 {
            FILTER.add(64);
        }
        for _ in 0..300 {
            FILTER.remove(64);
        }
        assert!(FILTER.may_hold(64));
    }

    #[test]
    #[cfg(not(miri))]
    fn neighbors_do_not_share_a_count() {
        static FILTER: FreeFilter<65_536> = FreeFilter::new();
        for block in 0..1_000_usize {
            FILTER.add(0x7f00_0000_0000_usize.wrapping_add(block * 48));
        }
        let taken = FILTER.counts.iter().filter(|count| count.load(Ordering::Relaxed) != 0).count();
        assert!(taken > 900, "{taken}");
    }
}
