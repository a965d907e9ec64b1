//! How keys end that may be secrets. Nearly all keys are none, and nearly all of them end here.

use crate::logging::redact::keys::folded::{LETTERS_MAX, is_letter};

/// The ends of words, as a set that knows too many of them and never too few.
#[derive(Debug)]
pub(super) struct Tails {
    bits: [u64; WORDS],
    /// Bit `n`: there is an end of `n` letters.
    lens: u8,
}

impl Default for Tails {
    fn default() -> Self {
        Self { bits: [0; WORDS], lens: 0 }
    }
}

impl Tails {
    /// Adds the end of a word that is given as its letters.
    pub(super) fn add(&mut self, letters: &[u8]) {
        let tail = Tail::of(letters.iter().rev().copied());
        if let Some(bits) = self.bits.get_mut(tail.place() / BITS) {
            *bits |= 1 << (tail.place() % BITS);
            self.lens |= 1 << tail.len;
        }
    }

    /// Whether the key may end with one of the words, or with a number.
    #[inline]
    pub(super) fn may_end(&self, key: &[u8]) -> bool {
        let bytes = key.iter().rev().take(LETTERS_MAX).copied();
        let mut tail = Tail::of(bytes.filter(|byte| is_letter(*byte)));
        if tail.ends_with_digit() {
            return true;
        }
        while tail.len > 0 {
            let bits = self.bits.get(tail.place() / BITS).copied().unwrap_or_default();
            if self.lens >> tail.len & 1 == 1 && bits >> (tail.place() % BITS) & 1 == 1 {
                return true;
            }
            tail = tail.shorter();
        }
        false
    }
}

/// The last letters of a word, the very last one first.
#[derive(Clone, Copy)]
struct Tail {
    letters: [u8; LEN_MAX],
    len: usize,
}

impl Tail {
    #[inline]
    fn of(letters_from_the_end: impl Iterator<Item = u8>) -> Self {
        let mut tail = Self { letters: [0; LEN_MAX], len: 0 };
        for (place, letter) in tail.letters.iter_mut().zip(letters_from_the_end) {
            *place = letter.to_ascii_lowercase();
            tail.len = tail.len.saturating_add(1);
        }
        tail
    }

    const fn ends_with_digit(self) -> bool {
        let [last, ..] = self.letters;
        last.is_ascii_digit()
    }

    fn shorter(mut self) -> Self {
        self.len = self.len.saturating_sub(1);
        if let Some(first) = self.letters.get_mut(self.len) {
            *first = 0;
        }
        self
    }

    /// The fractional part of the golden ratio spreads the letters to the top.
    #[inline]
    const fn place(self) -> usize {
        (u32::from_le_bytes(self.letters).wrapping_mul(0x9E37_79B9) >> PLACE_SHIFT) as usize
    }
}

/// Four letters tell most words apart.
const LEN_MAX: usize = 4;
const BITS: usize = u64::BITS as usize;
const WORDS: usize = 128;
/// What is left are the 13 bits of a place.
const PLACE_SHIFT: u32 = 19;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_known_and_most_others_are_not() {
        let mut tails = Tails::default();
        for word in ["password", "otp", "x"] {
            tails.add(word.as_bytes());
        }
        for key in ["password", "dbPassWord", "pass-wor_d", "otp", "OTP_", "x", "maX", "a2", "9"] {
            assert!(tails.may_end(key.as_bytes()), "{key}");
        }
        for key in ["", "_", "name", "http.route", "potty", "words", "user.id"] {
            assert!(!tails.may_end(key.as_bytes()), "{key}");
        }
    }
}
