//! Which blocks may be sampled: one byte for each of many pointers, read at every free.

use std::sync::atomic::{AtomicU8, Ordering};

/// Knows sampled pointers by their hash. It says for sure that a block was not sampled.
///
/// A byte is `EMPTY`, or the tag of the one pointer that it stands for, so that few others pass; or
/// it counts the pointers that it stands for, from `ONE` on, and lets all pass.
#[derive(Debug)]
pub(super) struct FreeFilter<const LEN: usize> {
    bytes: [AtomicU8; LEN],
}

impl<const LEN: usize> FreeFilter<LEN> {
    pub(super) const fn new() -> Self {
        assert!(LEN.is_power_of_two() && LEN > 1, "the hash has whole bits");
        assert!(LEN <= 1 << 26, "the hash has bits left for the tag");
        Self { bytes: [const { AtomicU8::new(EMPTY) }; LEN] }
    }

    /// The quick look: most bytes are empty.
    #[inline]
    pub(super) fn is_marked(&self, pointer: usize) -> bool {
        let (byte, _) = self.place(pointer);
        byte.is_some_and(|byte| byte.load(Ordering::Relaxed) != EMPTY)
    }

    pub(super) fn may_hold(&self, pointer: usize) -> bool {
        let (byte, tag) = self.place(pointer);
        let byte = byte.map_or(EMPTY, |byte| byte.load(Ordering::Relaxed));
        byte == tag || byte >= ONE
    }

    /// Before the block is handed out: whoever frees it then sees it here.
    pub(super) fn add(&self, pointer: usize) {
        self.change(pointer, |byte, tag| match byte {
            EMPTY => Some(tag),
            ONE.. => byte.checked_add(1),
            _ => Some(ONE.saturating_add(1)),
        });
    }

    /// A count that was once full is no longer known, and stays.
    pub(super) fn remove(&self, pointer: usize) {
        self.change(pointer, |byte, tag| match byte {
            u8::MAX => None,
            ONE => Some(EMPTY),
            _ if byte > ONE => byte.checked_sub(1),
            _ => (byte == tag).then_some(EMPTY),
        });
    }

    fn change(&self, pointer: usize, next: impl Fn(u8, u8) -> Option<u8>) {
        if let (Some(byte), tag) = self.place(pointer) {
            // `None` leaves it as it is, which is what a full count wants.
            let _ = byte.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |byte| next(byte, tag));
        }
    }

    /// The byte of a pointer, and its tag. The byte is always there: the shift leaves as many bits as
    /// the length has.
    #[inline]
    fn place(&self, pointer: usize) -> (Option<&AtomicU8>, u8) {
        // The lower half of a pointer says enough, and is multiplied by a constant in one step.
        #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
        let hash = (pointer as u32).wrapping_mul(0x9E37_79B9);
        let shift = 32_u32.saturating_sub(LEN.trailing_zeros());
        #[expect(clippy::cast_possible_truncation, reason = "the lowest six bits")]
        let tag = (hash >> shift.saturating_sub(6)) as u8 & 0x3f | FIRST_TAG;
        let index = usize::try_from(hash >> shift).ok();
        (index.and_then(|index| self.bytes.get(index)), tag)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.iter().all(|byte| byte.load(Ordering::Relaxed) == EMPTY)
    }
}

const EMPTY: u8 = 0;
/// Tags are below `ONE`, and none is `EMPTY`.
const FIRST_TAG: u8 = 64;
/// One pointer whose tag is no longer known.
const ONE: u8 = 128;

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
    fn few_blocks_pass_that_were_not_added() {
        static FILTER: FreeFilter<131_072> = FreeFilter::new();
        let block = |number: usize| 0x7f00_0000_0000_usize.wrapping_add(number * 528);
        (0..10_000).for_each(|number| FILTER.add(block(number * 100)));
        assert!((0..10_000).all(|number| FILTER.may_hold(block(number * 100))));
        let others = (0..1_000_000).filter(|number| number % 100 != 0);
        let passed = others.filter(|number| FILTER.may_hold(block(*number))).count();
        assert!(passed < 10_000, "{passed}");
    }

    #[test]
    fn pointers_that_share_a_byte_are_kept_apart_from_none() {
        static FILTER: FreeFilter<2> = FreeFilter::new();
        let pointers = [0x1000, 0x1010, 0x1020, 0x1030, 0x1040_usize];
        for added in 1..=pointers.len() {
            pointers[..added].iter().for_each(|pointer| FILTER.add(*pointer));
            assert!(pointers[..added].iter().all(|pointer| FILTER.may_hold(*pointer)));
            for removed in 0..added {
                FILTER.remove(pointers[removed]);
                let left = &pointers[removed + 1..added];
                assert!(left.iter().all(|pointer| FILTER.may_hold(*pointer)));
            }
            assert!(FILTER.is_empty());
        }
    }

    #[test]
    #[cfg(not(miri))]
    fn neighbors_do_not_share_a_byte() {
        static FILTER: FreeFilter<65_536> = FreeFilter::new();
        for block in 0..1_000_usize {
            FILTER.add(0x7f00_0000_0000_usize.wrapping_add(block * 48));
        }
        let taken =
            FILTER.bytes.iter().filter(|byte| byte.load(Ordering::Relaxed) != EMPTY).count();
        assert!(taken > 900, "{taken}");
    }
}
