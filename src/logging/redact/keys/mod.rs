//! Which keys name a secret: word by word, in any spelling.
//!
//! A key is a secret when its last words are a rule: `db.password`, `X-Api-Key`, `accessToken`. Words
//! that only say in which form a secret is given may follow: `password_hash`, `token2`. Others may
//! not: `token_count` is a number. Of several rules that match, the longest decides, and some of
//! the long ones say that it is no secret: `next_page_token`.

mod defaults;
mod folded;
mod tails;

use crate::logging::redact::keys::defaults::{CARRIERS, INNOCENT, SECRET, SECRET_WORDS};
use crate::logging::redact::keys::folded::{Folded, LETTERS_MAX, letters_of};
use crate::logging::redact::keys::tails::Tails;

/// All rules in force.
#[derive(Debug)]
pub(crate) struct KeyRules {
    /// By their last letter, the longest first.
    by_last: Vec<Vec<KeyRule>>,
    /// The ends of all of them, and of the carriers.
    tails: Tails,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct KeyRule {
    /// In lower case, without what separates words.
    letters: Vec<u8>,
    /// Whether the rule begins where a word does: `pin` is not in `spin`.
    is_word: bool,
    is_secret: bool,
}

impl KeyRules {
    /// The rules that a list means; see [`are_secret_keys`]. What it refuses is left out here.
    pub(super) fn new(list: &[String]) -> Self {
        let mut rules = if is_change(list) { default_rules() } else { Vec::new() };
        for member in list {
            match member.strip_prefix('-') {
                Some(key) => {
                    let letters = letters_of(key);
                    rules.retain(|rule| rule.letters != letters);
                }
                None => rules.push(KeyRule::given(member.strip_prefix('+').unwrap_or(member))),
            }
        }
        rules.extend(INNOCENT.iter().map(|key| KeyRule::new(key, true, false)));
        rules.retain(|rule| !rule.letters.is_empty());
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.letters.len()));
        let mut tails = Tails::default();
        let carriers = CARRIERS.iter().map(|carrier| carrier.as_bytes());
        for word in rules.iter().map(|rule| rule.letters.as_slice()).chain(carriers) {
            tails.add(word);
        }
        let mut by_last = vec![Vec::new(); LETTERS];
        for rule in rules {
            let place = rule.letters.last().copied().map_or(0, usize::from);
            if let Some(place) = by_last.get_mut(place) {
                place.push(rule);
            }
        }
        Self { by_last, tails }
    }

    /// Whether a key names a secret.
    pub(super) fn has(&self, key: &str) -> bool {
        self.has_bytes(key.as_bytes())
    }

    /// Like [`has`](Self::has), for a key inside of a text.
    pub(super) fn has_bytes(&self, key: &[u8]) -> bool {
        self.tails.may_end(key) && self.has_rule(key)
    }

    fn has_rule(&self, key: &[u8]) -> bool {
        let mut key = Folded::new(key);
        loop {
            let rules = key.last().and_then(|last| self.by_last.get(usize::from(last)));
            if let Some(rule) = rules.into_iter().flatten().find(|rule| rule.is_end_of(&key)) {
                return rule.is_secret;
            }
            if !key.drop_carrier(CARRIERS) {
                return false;
            }
        }
    }
}

impl KeyRule {
    fn new(key: &str, is_word: bool, is_secret: bool) -> Self {
        Self { letters: letters_of(key), is_word, is_secret }
    }

    /// A rule of the user's is exact about where it begins.
    fn given(key: &str) -> Self {
        Self::new(key, true, true)
    }

    fn is_end_of(&self, key: &Folded) -> bool {
        let Some(start) = key.ends_with(&self.letters) else { return false };
        !self.is_word || key.is_word_start(start)
    }
}

/// As many as a byte has values.
const LETTERS: usize = 256;

/// Whether this can be a list of keys.
///
/// Members with `+` and `-` in front change the default list; without them they are the list. A mix
/// is none: one forgotten sign would show everything else. Each needs a letter or digit, and what is taken away must be there.
pub(crate) fn are_secret_keys(list: &[String]) -> bool {
    let defaults = default_rules();
    let is_change = is_change(list);
    let has_sign = list.iter().any(|member| member.starts_with(['+', '-']));
    let is_one_kind = is_change || !has_sign;
    is_one_kind
        && list.iter().all(|member| {
            let letters = letters_of(member.strip_prefix(['+', '-']).unwrap_or(member));
            let is_there = is_change && defaults.iter().any(|rule| rule.letters == letters);
            (1..=LETTERS_MAX).contains(&letters.len()) && (!member.starts_with('-') || is_there)
        })
}

/// Whether the list changes the defaults. One member without a sign makes it a list of its own.
fn is_change(list: &[String]) -> bool {
    list.iter().all(|member| member.starts_with(['+', '-']))
}

fn default_rules() -> Vec<KeyRule> {
    let anywhere = SECRET.iter().map(|key| KeyRule::new(key, false, true));
    anywhere.chain(SECRET_WORDS.iter().map(|key| KeyRule::new(key, true, true))).collect()
}

#[cfg(test)]
mod tests;
