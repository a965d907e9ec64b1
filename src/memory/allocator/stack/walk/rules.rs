//! What is known of return addresses, shared by all threads.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::memory::allocator::filter::hash;
use crate::memory::allocator::stack::walk::code;
use crate::memory::allocator::stack::walk::rule::Rule;

/// Returns how to leave the frame of the code at `address`.
#[inline]
pub(super) fn rule_of(address: usize) -> Rule {
    // An address in other code may be that of something else tomorrow.
    let Some(key) = code::key_of(address) else { return code::read_rule(address) };
    RULES.get(key).unwrap_or_else(|| learn(address, key))
}

#[cold]
#[inline(never)]
fn learn(address: usize, key: u64) -> Rule {
    let rule = code::read_rule(address);
    RULES.set(key, rule);
    rule
}

/// Rule and key in one word, so that nobody reads half of one and half of another.
struct Rules<const SETS: usize> {
    sets: [[AtomicU64; WAYS]; SETS],
}

impl<const SETS: usize> Rules<SETS> {
    const fn new() -> Self {
        assert!(SETS.is_power_of_two(), "the hash has whole bits");
        Self { sets: [const { [const { AtomicU64::new(0) }; WAYS] }; SETS] }
    }

    #[inline]
    fn get(&self, key: u64) -> Option<Rule> {
        let mut ways = self.set_of(key)?.iter().map(|word| word.load(Ordering::Relaxed));
        ways.find(|word| word >> Rule::BITS == key).map(Rule::unpack)
    }

    /// The newest comes first, and the oldest of its set goes.
    fn set(&self, key: u64, rule: Rule) {
        let mut word = key << Rule::BITS | rule.pack();
        for place in self.set_of(key).into_iter().flatten() {
            word = place.swap(word, Ordering::Relaxed);
        }
    }

    #[inline]
    fn set_of(&self, key: u64) -> Option<&[AtomicU64; WAYS]> {
        let hash = hash(usize::try_from(key).unwrap_or(0));
        self.sets.get(hash.rotate_left(SETS.trailing_zeros()) & SETS.wrapping_sub(1))
    }
}

static RULES: Rules<SET_COUNT> = Rules::new();

/// Room for 16,384 return addresses: 128 KiB, of which only what is used is memory.
const SET_COUNT: usize = 8_192;
const WAYS: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_rules_of_a_set_are_kept() {
        static ONE: Rules<1> = Rules::new();
        assert_eq!(ONE.get(7), None);
        ONE.set(7, Rule::End);
        ONE.set(8, Rule::Unknown);
        assert_eq!((ONE.get(7), ONE.get(8)), (Some(Rule::End), Some(Rule::Unknown)));
        ONE.set(9, Rule::End);
        assert_eq!((ONE.get(7), ONE.get(8)), (None, Some(Rule::Unknown)));
        assert_eq!(ONE.get(9), Some(Rule::End));
    }
}
