//! How far a value goes that stands behind a key.

use std::ops::Range;

use crate::logging::redact::patterns::{after, run};

/// The value that `text` begins with, without its quotes and the wrappers of a `Debug` form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Value {
    pub(super) place: Range<usize>,
    pub(super) is_delimited: bool,
}

/// Reads a value: quoted, in brackets, or one word.
pub(super) fn read(text: &[u8]) -> Value {
    let skipped = wrapper_len(text);
    let inner = after(text, skipped);
    let (start, len, is_delimited) = match delimiter_len(inner) {
        0 => match bracketed_len(inner) {
            Some(len) => (0, len, true),
            None => (0, word_len(inner), false),
        },
        delimiter => (delimiter, quoted_len(inner, delimiter), true),
    };
    let start = skipped.saturating_add(start);
    Value { place: start..start.saturating_add(len), is_delimited }
}

/// `Some(`, `Secret(Inner(`: the wrappers around a quoted or bracketed value. A word with a
/// parenthesis in it is none, and may be a secret.
fn wrapper_len(text: &[u8]) -> usize {
    let mut len = 0_usize;
    for _ in 0..WRAPPERS_MAX {
        let rest = after(text, len);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'&');
        let name = run(rest, is_name);
        // `b"…"`, `r"…"`.
        if name == 1 && delimiter_len(after(rest, 1)) > 0 {
            return len.saturating_add(1);
        }
        let behind = after(rest, name);
        let is_struct = name > 0 && behind.starts_with(b" {");
        if is_struct {
            return len.saturating_add(name).saturating_add(1);
        }
        if name == 0 || !behind.starts_with(b"(") {
            break;
        }
        // The pretty form breaks the line here.
        let blanks = run(after(behind, 1), |byte| byte.is_ascii_whitespace());
        len = len.saturating_add(name).saturating_add(1).saturating_add(blanks);
    }
    let inner = after(text, len);
    // An inner `None` or number is a word like any other.
    let is_wrapped =
        delimiter_len(inner) > 0 || inner.starts_with(b"[") || text.starts_with(b"Some(");
    if is_wrapped { len } else { 0 }
}

/// The length of an opening quote, with the backslashes of the text that it is quoted in.
pub(super) fn delimiter_len(text: &[u8]) -> usize {
    let slashes = run(text, |byte| byte == b'\\');
    match after(text, slashes).first() {
        Some(b'"' | b'\'' | b'`') => slashes.saturating_add(1),
        _ => 0,
    }
}

/// The length of what is between the quotes; all of it, when it was cut off.
fn quoted_len(text: &[u8], delimiter_len: usize) -> usize {
    let delimiter = text.get(..delimiter_len).unwrap_or_default();
    let body = after(text, delimiter_len);
    let mut len = 0_usize;
    loop {
        let rest = after(body, len);
        let slashes = run(rest, |byte| byte == b'\\');
        let is_quote = after(rest, slashes).first() == delimiter.last();
        match rest {
            [] => return body.len(),
            // Within quotes that are not escaped, a backslash takes the next byte with it.
            _ if is_quote && slashes.saturating_add(1) == delimiter.len() => return len,
            _ if is_quote && delimiter.len() == 1 && slashes.is_multiple_of(2) => {
                return len.saturating_add(slashes);
            }
            _ => len = len.saturating_add(slashes).saturating_add(1),
        }
    }
}

/// The length of a list, map or struct with its brackets; all of it, when it was cut off.
fn bracketed_len(text: &[u8]) -> Option<usize> {
    let (open, close) = match text.first()? {
        b'[' => (b'[', b']'),
        b'{' => (b'{', b'}'),
        _ => return None,
    };
    let mut depth = 0_u32;
    for (index, byte) in text.iter().enumerate() {
        if *byte == open {
            depth = depth.saturating_add(1);
        } else if *byte == close {
            depth = depth.saturating_sub(1);
        }
        if depth == 0 {
            return Some(index.saturating_add(1));
        }
    }
    Some(text.len())
}

/// The length of a value without quotes.
pub(super) fn word_len(text: &[u8]) -> usize {
    let is_end =
        |(index, byte): (usize, &u8)| ends_word(*byte, after(text, index.saturating_add(1)));
    text.iter().enumerate().position(is_end).unwrap_or(text.len())
}

/// Whether a value without quotes ends at this byte. Secrets hold commas and brackets too, so most
/// of them end it only where something else visibly begins.
fn ends_word(byte: u8, behind: &[u8]) -> bool {
    match byte {
        b'&' | b'<' | b'`' => true,
        b',' | b';' => match behind.first() {
            None => true,
            Some(next) => next.is_ascii_whitespace() || is_quote(*next) || begins_pair(behind),
        },
        b'"' | b'\'' | b')' | b']' | b'}' | b'>' | b'|' | b'\\' => {
            !behind.first().is_some_and(u8::is_ascii_alphanumeric)
        }
        _ => byte.is_ascii_whitespace() || byte.is_ascii_control(),
    }
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b'\\')
}

/// `name=` or `name:`.
fn begins_pair(text: &[u8]) -> bool {
    let name = run(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    name > 0 && matches!(after(text, name).first(), Some(b'=' | b':'))
}

const WRAPPERS_MAX: usize = 4;
