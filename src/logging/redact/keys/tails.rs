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
        let mut tail = Tail::of_key(key);
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

/// The last letters of a word in lower case, the very last one in the lowest byte.
#[derive(Clone, Copy)]
struct Tail {
    letters: u32,
    len: usize,
}

impl Tail {
    /// Most keys end with four letters and nothing between.
    #[inline]
    fn of_key(key: &[u8]) -> Self {
        match key.last_chunk() {
            Some(last) if last.iter().all(u8::is_ascii_alphanumeric) => {
                // Digits have that bit anyway.
                Self { letters: u32::from_be_bytes(*last) | 0x2020_2020, len: LEN_MAX }
            }
            _ => {
                let bytes = key.iter().rev().take(LETTERS_MAX).copied();
                Self::of(bytes.filter(|byte| is_letter(*byte)))
            }
        }
    }

    fn of(letters_from_the_end: impl Iterator<Item = u8>) -> Self {
        let mut letters = [0; LEN_MAX];
        let mut len = 0_usize;
        for (place, letter) in letters.iter_mut().zip(letters_from_the_end) {
            *place = letter.to_ascii_lowercase();
            len = len.saturating_add(1);
        }
        Self { letters: u32::from_le_bytes(letters), len }
    }

    const fn ends_with_digit(self) -> bool {
        let [last, ..] = self.letters.to_le_bytes();
        last.is_ascii_digit()
    }

    #[inline]
    fn shorter(self) -> Self {
        let len = self.len.saturating_sub(1);
        let mut letters = self.letters.to_le_bytes();
        if let Some(first) = letters.get_mut(len) {
            *first = 0;
        }
        Self { letters: u32::from_le_bytes(letters), len }
    }

    /// The fractional part of the golden ratio spreads the letters to the top.
    #[inline]
    const fn place(self) -> usize {
        (self.letters.wrapping_mul(0x9E37_79B9) >> PLACE_SHIFT) as usize
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
