//! Credentials that follow the name of their scheme, and JSON Web Tokens.

use std::ops::Range;

use crate::logging::redact::patterns::{after, is_base64_url, looks_random, run, starts_with};
use crate::logging::redact::scan::{Scan, Search};

/// Finds a secret at the start of a word.
pub(in crate::logging::redact) fn find(scan: &Scan<'_>) -> Option<Range<usize>> {
    let rest = scan.rest();
    match rest.first()? {
        b'B' | b'b' => bearer(scan, rest).or_else(|| basic(scan, rest)),
        b'e' => jwt_len(scan, rest).map(|len| scan.place(0, len)),
        _ => None,
    }
}

/// Whether a secret may begin with this byte.
pub(in crate::logging::redact) const fn opens(byte: u8) -> bool {
    matches!(byte, b'B' | b'b' | b'e')
}

/// Source: RFC 6750, section 2.1.
fn bearer(scan: &Scan<'_>, rest: &[u8]) -> Option<Range<usize>> {
    let (skipped, token) = behind_scheme(rest, b"bearer")?;
    let len = run(token, is_token68);
    let is_token = len >= BEARER_LEN_MIN && token.get(..len).is_some_and(looks_random);
    (is_token || len >= BEARER_LEN_SURE).then(|| scan.place(skipped, len))
}

/// Base64 of a name, a colon and a password.
///
/// Source: RFC 7617, section 2.
fn basic(scan: &Scan<'_>, rest: &[u8]) -> Option<Range<usize>> {
    let (skipped, word) = behind_scheme(rest, b"basic")?;
    let start = word.get(..word.len().min(BASIC_LEN_MAX))?;
    let start = start.get(..run(start, is_token68))?;
    is_name_and_password(start).then(|| scan.place(skipped, run(word, is_token68)))
}

/// The credentials and what stands before them: the scheme, and blanks in one of their spellings.
fn behind_scheme<'a>(rest: &'a [u8], scheme: &[u8]) -> Option<(usize, &'a [u8])> {
    if !starts_with(rest, scheme) {
        return None;
    }
    let behind = after(rest, scheme.len());
    let blanks = match behind {
        [b'+', ..] => 1,
        [b'%', b'2', b'0', ..] => 3,
        _ => run(behind, |byte| byte == b' '),
    };
    (blanks > 0).then(|| (scheme.len().saturating_add(blanks), after(behind, blanks)))
}

/// Header and payload, and the signature if there is one; encrypted ones have five parts, of which
/// the second may be empty.
///
/// Source: RFC 7515, section 7.1; RFC 7516, section 7.1.
fn jwt_len(scan: &Scan<'_>, rest: &[u8]) -> Option<usize> {
    // `{"` in base64.
    if !rest.starts_with(b"eyJ") || scan.is_done(Search::Jwt) {
        return None;
    }
    let mut len = run(rest, is_base64_url);
    if len < JWT_PART_LEN_MIN {
        return None;
    }
    let header_len = len;
    let mut longest = 0;
    for _ in 0..4 {
        let Some(part) = after(rest, len).strip_prefix(b".") else { break };
        let part_len = run(part, is_base64_url);
        longest = longest.max(part_len);
        len = len.saturating_add(1).saturating_add(part_len);
    }
    if longest < JWT_PART_LEN_MIN {
        // A header that begins later has the same parts behind it.
        scan.set_done(Search::Jwt, header_len);
        return None;
    }
    Some(len)
}

/// Source: RFC 9110, section 11.2.
fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

fn is_name_and_password(word: &[u8]) -> bool {
    let mut bits = 0_u32;
    let mut bit_count = 0_u32;
    let mut has_colon = false;
    for byte in word.iter().take_while(|byte| **byte != b'=') {
        let Some(sextet) = sextet(*byte) else { return false };
        bits = (bits << 6 | sextet) & 0xffff;
        bit_count = bit_count.saturating_add(6);
        if bit_count >= 8 {
            bit_count = bit_count.saturating_sub(8);
            let [decoded, ..] = (bits >> bit_count).to_le_bytes();
            if decoded < b' ' {
                return false;
            }
            has_colon |= decoded == b':';
        }
    }
    has_colon
}

fn sextet(byte: u8) -> Option<u32> {
    let alphabet = BASE64.iter().position(|letter| *letter == byte)?;
    u32::try_from(alphabet).ok()
}

/// Source: RFC 4648, section 4.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// So much of a name and a password shows that it is one.
const BASIC_LEN_MAX: usize = 512;

/// Shorter is a word behind the word "bearer".
const BEARER_LEN_MIN: usize = 8;
/// Longer is no word, even without a digit.
const BEARER_LEN_SURE: usize = 24;
const JWT_PART_LEN_MIN: usize = 10;
