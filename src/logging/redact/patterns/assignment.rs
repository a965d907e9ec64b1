//! Values behind a key that names a secret: `password=…`, `"token":"…"`, `Cookie: …`, `--api-key …`.

use std::ops::Range;

use crate::logging::redact::patterns::innocent::{is_innocent, is_placeholder};
use crate::logging::redact::patterns::value::{self, word_len};
use crate::logging::redact::patterns::{after, run, starts_with};
use crate::logging::redact::scan::Scan;

/// Finds a value behind `:` or `=`.
pub(in crate::logging::redact) fn find(scan: &Scan<'_>) -> Option<Range<usize>> {
    let rest = scan.rest();
    let (sign, behind) = rest.split_first()?;
    // `::`, `==`, `!=`, `<=`, `:=` are no assignments, `=>` and the second half of `:=` are.
    let sign_len = if rest.starts_with(b"=>") { 2 } else { 1 };
    let is_operator = matches!(behind.first(), Some(b':' | b'='))
        || matches!(scan.before().last(), Some(b'=' | b'!' | b'<' | b'>'))
        || (*sign == b':' && scan.before().ends_with(b":"));
    if is_operator {
        return None;
    }
    let key = Key::before(scan.before().strip_suffix(b":").unwrap_or(scan.before()));
    if key.text.is_empty() || !scan.keys.has_bytes(key.text) {
        return None;
    }
    let behind = after(rest, sign_len);
    let blanks = run(behind, |byte| byte == b' ' || byte == b'\t');
    let skipped = sign_len.saturating_add(blanks);
    let is_tight = blanks == 0 || (*sign == b'=' && key.is_spaced);
    let place = secret_place(&key, after(rest, skipped), is_tight)?;
    Some(scan.place(skipped.saturating_add(place.start), place.len()))
}

/// Finds the value of a command line's `--key value`.
pub(in crate::logging::redact) fn find_flag(scan: &Scan<'_>) -> Option<Range<usize>> {
    let name = scan.rest().strip_prefix(b"--")?;
    // Neither end of a row of dashes is a flag, and nobody looks along it from each of them.
    if scan.before().ends_with(b"-") || name.starts_with(b"-") {
        return None;
    }
    let len = run(name, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let (name, behind) = name.split_at_checked(len)?;
    let value = behind.strip_prefix(b" ").filter(|value| !value.starts_with(b"-"))?;
    if !scan.keys.has_bytes(name) {
        return None;
    }
    let key = Key { text: name, ..Key::default() };
    let skipped = scan.rest().len().saturating_sub(value.len());
    let place = secret_place(&key, value, true)?;
    Some(scan.place(skipped.saturating_add(place.start), place.len()))
}

/// Finds the second half of `("key", "value")`, as `Debug` shows pairs.
pub(in crate::logging::redact) fn find_in_tuple(scan: &Scan<'_>) -> Option<Range<usize>> {
    let key = Key::before(scan.before());
    let behind = after(scan.rest(), 1);
    let blanks = run(behind, |byte| byte.is_ascii_whitespace());
    let behind = after(behind, blanks);
    if !key.is_in_tuple || !scan.keys.has_bytes(key.text) || !value::read(behind).is_delimited {
        return None;
    }
    let skipped = blanks.saturating_add(1);
    let place = secret_place(&key, behind, true)?;
    Some(scan.place(skipped.saturating_add(place.start), place.len()))
}

/// Finds the text in `Password("…")`, as `Debug` shows a type around it.
pub(in crate::logging::redact) fn find_in_type(scan: &Scan<'_>) -> Option<Range<usize>> {
    let name = after(scan.before(), trim_end(scan.before(), is_key).len());
    let blanks = run(after(scan.rest(), 1), |byte| byte.is_ascii_whitespace());
    let skipped = blanks.saturating_add(1);
    let behind = after(scan.rest(), skipped);
    // A token is also what a text is taken apart into.
    let is_type = name.first().is_some_and(u8::is_ascii_uppercase) && name != b"Token";
    if !is_type || !scan.keys.has_bytes(name) || !value::read(behind).is_delimited {
        return None;
    }
    let key = Key { text: name, ..Key::default() };
    let place = secret_place(&key, behind, true)?;
    Some(scan.place(skipped.saturating_add(place.start), place.len()))
}

/// The place of the secret in what stands behind the sign.
fn secret_place(key: &Key<'_>, text: &[u8], is_tight: bool) -> Option<Range<usize>> {
    let value = value::read(text);
    let content = text.get(value.place.clone())?;
    // The bracket of a placeholder ends a word.
    let with_bracket = text.get(value.place.start..value.place.end.saturating_add(1));
    if content.is_empty() || is_innocent(content) || with_bracket.is_some_and(is_placeholder) {
        return None;
    }
    if value.is_delimited {
        return Some(value.place);
    }
    let len = header_len(key, text).unwrap_or(value.place.end);
    let is_header = len > value.place.end;
    let is_secret = is_header || is_tight || is_said(key, content, after(text, value.place.end));
    is_secret.then_some(value.place.start..len)
}

/// Whether a word behind a colon and a blank is a secret and not the rest of a sentence.
fn is_said(key: &Key<'_>, word: &[u8], behind: &[u8]) -> bool {
    let has_sign = word.iter().any(|byte| b"!@#$%^*+/=~_".contains(byte));
    let has_digit = word.iter().any(u8::is_ascii_digit);
    let has_inner_capital = after(word, 1).iter().any(u8::is_ascii_uppercase);
    let is_spoken = key.is_in_sentence && !key.is_password();
    // `invalid token: ExpiredSignature` names an error.
    let is_random = has_inner_capital && word.len() >= WORD_LEN_MIN && !is_spoken;
    if has_sign || has_digit || is_random {
        return true;
    }
    // `invalid token: expired` is a sentence, `token: expired` and `wrong password: swordfish` are
    // not.
    let is_last = !matches!(behind.first(), Some(b' '));
    is_last && !is_spoken
}

/// The length of a header's value that goes on behind the first word.
///
/// Source: RFC 9110, section 11.6.2; RFC 6265, sections 4.1.1 and 4.2.1.
fn header_len(key: &Key<'_>, text: &[u8]) -> Option<usize> {
    if key.ends_with(b"cookie") || key.ends_with(b"cookies") {
        let mut len = word_len(text);
        while let Some(next) = after(text, len).strip_prefix(b"; ") {
            len = len.saturating_add(2).saturating_add(word_len(next).max(1));
        }
        return Some(len.min(text.len()));
    }
    if !key.ends_with(b"authorization") {
        return None;
    }
    let scheme = SCHEMES.iter().find(|(scheme, _)| starts_with(text, scheme.as_bytes()))?;
    let (scheme, is_list) = (scheme.0, scheme.1);
    let behind = after(text, scheme.len());
    let blanks = run(behind, |byte| byte == b' ');
    if blanks == 0 {
        return None;
    }
    let credentials = after(behind, blanks);
    let len = if is_list {
        run(credentials, |byte| byte != b'\n' && byte != b'\r')
    } else {
        word_len(credentials)
    };
    let head = scheme.len().saturating_add(blanks);
    (len > 0 && credentials.first() != Some(&b'[')).then(|| head.saturating_add(len))
}

/// What stands before the sign.
#[derive(Debug, Default)]
struct Key<'a> {
    text: &'a [u8],
    /// Blanks stand between key and sign.
    is_spaced: bool,
    /// A word of the same sentence stands before the key.
    is_in_sentence: bool,
    /// An opening parenthesis and a quote stand before the key.
    is_in_tuple: bool,
}

impl<'a> Key<'a> {
    /// The last word of the text, or the last two with a blank between, without quotes and
    /// brackets around it.
    fn before(text: &'a [u8]) -> Self {
        let trimmed = trim_end(text, |byte| byte == b' ');
        let is_spaced = trimmed.len() < text.len();
        let unquoted = trim_end(trimmed, |byte| b"\"'`\\]".contains(&byte));
        let is_quoted = unquoted.len() < trimmed.len();
        let front = trim_end(unquoted, is_key);
        let word_len = unquoted.len().saturating_sub(front.len());
        if is_quoted {
            let text = after(unquoted, front.len());
            let outside = trim_end(front, |byte| byte == b'"' || byte == b'\\');
            let opening = trim_end(outside, |byte| byte.is_ascii_whitespace());
            let is_in_tuple = outside.len() < front.len() && opening.ends_with(b"(");
            return Self { text, is_spaced, is_in_sentence: false, is_in_tuple };
        }
        let Some(words) = front.strip_suffix(b" ").filter(|_| word_len > 0) else {
            return Self { text: after(unquoted, front.len()), is_spaced, ..Self::default() };
        };
        let first = trim_end(words, is_key);
        let is_word = first.len() < words.len();
        let text = after(unquoted, if is_word { first.len() } else { front.len() });
        Self { text, is_spaced, is_in_sentence: is_word, is_in_tuple: false }
    }

    fn ends_with(&self, word: &[u8]) -> bool {
        let start = self.text.len().checked_sub(word.len());
        start.is_some_and(|start| starts_with(after(self.text, start), word))
    }

    fn is_password(&self) -> bool {
        PASSWORDS.iter().any(|word| self.ends_with(word))
    }
}

fn trim_end(text: &[u8], is_part: impl Fn(u8) -> bool) -> &[u8] {
    let len = text.iter().rev().take_while(|byte| is_part(**byte)).count();
    text.get(..text.len().saturating_sub(len)).unwrap_or_default()
}

const fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || !byte.is_ascii()
}

/// Schemes of `Authorization`, and whether their credentials are a list up to the end of the line.
///
/// Source: the HTTP Authentication Scheme Registry of IANA, and those in wide use.
const SCHEMES: &[(&str, bool)] = &[
    ("ApiKey", false),
    ("AWS4-HMAC-SHA256", true),
    ("Basic", false),
    ("Bearer", false),
    ("Digest", true),
    ("DPoP", false),
    ("Hawk", true),
    ("Negotiate", false),
    ("NTLM", false),
    ("OAuth", true),
    ("Token", false),
];

const PASSWORDS: &[&[u8]] = &[b"password", b"passwd", b"passphrase", b"pwd"];

/// Shorter words with a capital in them are names: `IPv`.
const WORD_LEN_MIN: usize = 6;
