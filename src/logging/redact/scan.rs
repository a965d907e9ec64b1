//! One walk through a text, from left to right, that looks where a secret may begin.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

use crate::logging::redact::patterns::{assignment, card, credentials, email, pem, token, url};
use crate::logging::redact::{KeyRules, REDACTED};

/// Whether no secret can be in the text: without one of these bytes no pattern matches. By far the
/// most values end here, so it looks at eight bytes at a time.
#[inline]
pub(super) fn is_harmless(text: &str) -> bool {
    let bytes = text.as_bytes();
    let Some((_, last)) = bytes.split_last_chunk() else {
        return !bytes.iter().any(|byte| SIGNS.contains(byte));
    };
    let (words, _) = bytes.as_chunks();
    // The last word takes up what the others have seen, so that there is no rest.
    words.iter().all(|word| is_harmless_word(u64::from_le_bytes(*word)))
        && is_harmless_word(u64::from_le_bytes(*last))
}

/// Whether none of eight bytes can be of a secret. Exact, also for bytes that are not ASCII.
///
/// Source: <https://graphics.stanford.edu/~seander/bithacks.html#HasBetweenInWord>
const fn is_harmless_word(word: u64) -> bool {
    const fn each(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    /// The top bit of each byte below 0x80: whether it is at least `least`.
    const fn reaches(low_bits: u64, least: u8) -> u64 {
        low_bits.wrapping_add(each(0x80_u8.wrapping_sub(least)))
    }
    /// The same: whether it is this byte.
    const fn is(low_bits: u64, byte: u8) -> u64 {
        !reaches(low_bits ^ each(byte), 1)
    }
    let low_bits = word & each(0x7f);
    // Digits, `:`, `=`, `@` and capital letters are neighbors.
    let between = reaches(low_bits, b'0') & !reaches(low_bits, b'Z' + 1);
    let found = between | is(low_bits, b'"') | is(low_bits, b'-');
    found & !word & each(0x80) == 0
}

/// Replaces every secret. What comes out is looked at again, until there is nothing left to hide:
/// a secret that is gone may show that what stands beside it is another one.
#[inline(never)]
pub(super) fn redact<'a>(text: &'a str, keys: &KeyRules, hides_email: bool) -> Cow<'a, str> {
    let mut shown = redact_once(text, keys, hides_email);
    for _ in 1..ROUNDS_MAX {
        match &shown {
            Cow::Borrowed(_) => break,
            Cow::Owned(text) => match redact_once(text, keys, hides_email) {
                Cow::Borrowed(_) => break,
                Cow::Owned(text) => shown = Cow::Owned(text),
            },
        }
    }
    shown
}

fn redact_once<'a>(text: &'a str, keys: &KeyRules, hides_email: bool) -> Cow<'a, str> {
    let done = Default::default();
    let mut scan = Scan { text: text.as_bytes(), floor: 0, at: 0, keys, hides_email, done };
    let mut out = String::new();
    let mut copied = 0;
    while let Some(secret) = scan.next() {
        // A text that went through here before stays as it is.
        if text.get(secret.clone()) == Some(REDACTED) {
            continue;
        }
        out.push_str(text.get(copied..secret.start).unwrap_or_default());
        out.push_str(REDACTED);
        copied = secret.end;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

/// Where the walk is.
pub(super) struct Scan<'a> {
    pub(super) text: &'a [u8],
    /// The end of the last secret. No pattern looks behind it, so that it sees no more in the
    /// text than in what the text becomes.
    pub(super) floor: usize,
    pub(super) at: usize,
    pub(super) keys: &'a KeyRules,
    hides_email: bool,
    /// Up to where each search is known to find nothing.
    done: [Cell<usize>; 3],
}

/// A search that runs ahead. Where it has failed it is not begun again from each of the bytes that it
/// has run over: a text that was made of such beginnings would take a time that is the square of its
/// length.
#[derive(Clone, Copy, Debug)]
pub(super) enum Search {
    Jwt = 0,
    Suspected = 1,
    UserInformation = 2,
}

impl Scan<'_> {
    /// Returns the place of the next secret. Both ends are next to ASCII or at an end of the text.
    fn next(&mut self) -> Option<Range<usize>> {
        while let Some(skipped) = self.rest().iter().position(|byte| opens(*byte)) {
            self.at = self.at.saturating_add(skipped);
            let byte = self.text.get(self.at)?;
            if let Some(secret) = self.secret_at(*byte) {
                self.floor = secret.end;
                self.at = secret.end.max(self.at.saturating_add(1));
                return Some(secret);
            }
            self.at = self.at.saturating_add(1);
        }
        None
    }

    fn secret_at(&self, byte: u8) -> Option<Range<usize>> {
        match byte {
            b':' | b'=' => url::find(self).or_else(|| assignment::find(self)),
            b',' => assignment::find_in_tuple(self),
            b'(' => assignment::find_in_type(self),
            b'-' => pem::find(self).or_else(|| assignment::find_flag(self)),
            b'@' if self.hides_email => email::find(self),
            b'0'..=b'9' if self.is_word_start() => card::find(self),
            b'A'..=b'Z' | b'a'..=b'z' if self.is_word_start() => {
                credentials::find(self).or_else(|| token::find(self))
            }
            _ => None,
        }
    }

    /// What is still to be walked through.
    pub(super) fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What was walked through since the last secret.
    pub(super) fn before(&self) -> &[u8] {
        self.text.get(self.floor..self.at).unwrap_or_default()
    }

    /// The place of `len` bytes, `skipped` bytes on.
    pub(super) fn place(&self, skipped: usize, len: usize) -> Range<usize> {
        let start = self.at.saturating_add(skipped);
        start..start.saturating_add(len)
    }

    pub(super) fn is_done(&self, search: Search) -> bool {
        self.done.get(search as usize).is_some_and(|end| self.at < end.get())
    }

    /// Remembers that the search has found nothing in the next `len` bytes.
    pub(super) fn set_done(&self, search: Search, len: usize) {
        if let Some(end) = self.done.get(search as usize) {
            end.set(self.at.saturating_add(len));
        }
    }

    fn is_word_start(&self) -> bool {
        !self.before().last().is_some_and(u8::is_ascii_alphanumeric)
    }
}

/// Whether a secret, or what says that one follows, begins with this byte.
#[inline]
fn opens(byte: u8) -> bool {
    OPENINGS.get(usize::from(byte)).copied().unwrap_or_default()
}

#[expect(clippy::indexing_slicing, reason = "the table has a place for every byte")]
static OPENINGS: [bool; 256] = {
    let mut openings = [false; 256];
    let mut byte = 0_u8;
    loop {
        let is_sign = matches!(byte, b':' | b'=' | b',' | b'(' | b'-' | b'@' | b'0'..=b'9');
        openings[byte as usize] = is_sign || credentials::opens(byte) || token::opens(byte);
        if byte == u8::MAX {
            break openings;
        }
        byte += 1;
    }
};

/// One of these is in every secret that is shorter than a word of eight bytes: what is found without
/// a sign is a token, a card number or a scheme with its credentials.
const SIGNS: &[u8] = b":=@\"-(";

/// Honest text needs two. The bound is for text that was made to take long.
const ROUNDS_MAX: usize = 8;
