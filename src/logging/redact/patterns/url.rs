//! User information in URLs.

use std::ops::Range;

use crate::logging::redact::patterns::{after, looks_random, run};
use crate::logging::redact::scan::Scan;

/// Finds what stands between `://` and `@`, when it is more than a name.
///
/// Name and password go together: many services take a token as the name.
///
/// Source: RFC 3986, section 3.2.1.
pub(in crate::logging::redact) fn find(scan: &Scan<'_>) -> Option<Range<usize>> {
    let behind = scan.rest().strip_prefix(MARK)?;
    let word_len = run(behind, |byte| !byte.is_ascii_whitespace() && !b"\"'`<>".contains(&byte));
    let word = behind.get(..word_len)?;
    let authority_len = run(word, |byte| !b"/?#\\".contains(&byte));
    let authority = word.get(..authority_len)?;
    let len = match authority.iter().rposition(|byte| *byte == b'@') {
        Some(len) => len,
        None => unescaped_len(word, authority)?,
    };
    let user = word.get(..len)?;
    let is_secret = user.contains(&b':') || (len >= TOKEN_LEN_MIN && looks_random(user));
    is_secret.then(|| scan.place(MARK.len(), len))
}

/// A password with `/`, `?` or `#` in it, which should have been escaped. What follows the colon of
/// a host is its port.
fn unescaped_len(word: &[u8], authority: &[u8]) -> Option<usize> {
    let colon = authority.iter().position(|byte| *byte == b':')?;
    let password = after(authority, colon.saturating_add(1));
    let is_port = password.iter().all(u8::is_ascii_digit);
    if is_port || authority.starts_with(b"[") {
        return None;
    }
    word.iter().position(|byte| *byte == b'@')
}

const MARK: &[u8] = b"://";

/// A name alone is a secret when it is that long and looks random.
const TOKEN_LEN_MIN: usize = 16;
