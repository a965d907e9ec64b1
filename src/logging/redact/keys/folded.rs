//! A key as its letters, so that `api_key`, `API-Key` and `apiKey` are the same.

/// The last letters and digits of a key in lower case, with the places where words begin.
///
/// What is not ASCII counts as letters without a case.
#[derive(Debug)]
pub(super) struct Folded {
    letters: [u8; LETTERS_MAX],
    len: usize,
    /// Bit `n`: a word begins at letter `n`.
    starts: u64,
}

impl Folded {
    pub(super) fn new(key: &[u8]) -> Self {
        let mut folded = Self { letters: [0; LETTERS_MAX], len: 0, starts: 0 };
        // Rules look at the end of a key. Separators count here, which makes the end a little short.
        let from = key.len().saturating_sub(LETTERS_MAX);
        let mut previous = b'_';
        let mut rest = key.get(from..).unwrap_or_default();
        while let [byte, behind @ ..] = rest {
            if is_letter(*byte) {
                let is_start = is_word_start(previous, *byte, behind.first().copied());
                folded.push(byte.to_ascii_lowercase(), is_start);
            }
            previous = *byte;
            rest = behind;
        }
        folded
    }

    fn push(&mut self, letter: u8, is_start: bool) {
        let Some(slot) = self.letters.get_mut(self.len) else { return };
        *slot = letter;
        self.starts |= u64::from(is_start) << self.len;
        self.len = self.len.saturating_add(1);
    }

    fn letters(&self) -> &[u8] {
        self.letters.get(..self.len).unwrap_or_default()
    }

    #[inline]
    pub(super) fn last(&self) -> Option<u8> {
        self.letters().last().copied()
    }

    /// Where the letters at the end begin.
    #[inline]
    pub(super) fn ends_with(&self, letters: &[u8]) -> Option<usize> {
        let start = self.len.checked_sub(letters.len())?;
        (self.letters().get(start..)? == letters).then_some(start)
    }

    #[inline]
    pub(super) const fn is_word_start(&self, at: usize) -> bool {
        at < LETTERS_MAX && self.starts >> at & 1 == 1
    }

    /// Takes one of these words, or a number, off the end. False: there is none, or nothing else.
    pub(super) fn drop_carrier(&mut self, carriers: &[&str]) -> bool {
        let digits = self.letters().iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let carrier = carriers.iter().find_map(|carrier| {
            self.ends_with(carrier.as_bytes()).filter(|start| self.is_word_start(*start))
        });
        let end = match (digits, carrier) {
            (_, Some(start)) => start,
            (0, None) => return false,
            (digits, None) => self.len.saturating_sub(digits),
        };
        self.len = end;
        end > 0
    }
}

/// The letters that a rule is made of.
pub(super) fn letters_of(key: &str) -> Vec<u8> {
    key.bytes().filter(|byte| is_letter(*byte)).map(|byte| byte.to_ascii_lowercase()).collect()
}

pub(super) const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// `camelCase` and `HTTPHeader` begin words too.
fn is_word_start(previous: u8, byte: u8, next: Option<u8>) -> bool {
    if !is_letter(previous) {
        return true;
    }
    let is_next_small = next.is_some_and(|next| next.is_ascii_lowercase());
    byte.is_ascii_uppercase() && (!previous.is_ascii_uppercase() || is_next_small)
}

/// One for each bit of the word starts.
pub(super) const LETTERS_MAX: usize = 64;
