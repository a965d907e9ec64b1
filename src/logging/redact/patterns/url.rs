//! User information in URLs.

use std::ops::Range;

use crate::logging::redact::patterns::{after, looks_random, run};
use crate::logging::redact::scan::{Scan, Search};

/// Finds what stands between `://` and `@`, when it is more than a name.
///
/// Name and password go together: many services take a token as the name.
///
/// Source: RFC 3986, section 3.2.1.
pub(in crate::logging::redact) fn find(scan: &Scan<'_>) -> Option<Range<usize>> {
    let behind = scan.rest().strip_prefix(MARK)?;
    let authority_len = run(behind, |byte| is_word(byte) && !b"/?#\\".contains(&byte));
    let authority = behind.get(..authority_len)?;
    let len = match authority.iter().rposition(|byte| *byte == b'@') {
        Some(len) => len,
        None => unescaped_len(scan, behind, authority)?,
    };
    let user = behind.get(..len)?;
    let is_secret = user.contains(&b':') || (len >= TOKEN_LEN_MIN && looks_random(user));
    (is_secret && user != HIDDEN).then(|| scan.place(MARK.len(), len))
}

/// A password with `/`, `?` or `#` in it, which should have been escaped. What follows the colon of
/// a host is its port.
fn unescaped_len(scan: &Scan<'_>, behind: &[u8], authority: &[u8]) -> Option<usize> {
    let colon = authority.iter().position(|byte| *byte == b':')?;
    let password = after(authority, colon.saturating_add(1));
    let is_port = password.iter().all(u8::is_ascii_digit);
    if is_port || authority.starts_with(b"[") || scan.is_done(Search::UserInformation) {
        return None;
    }
    let len = run(behind, |byte| is_word(byte) && byte != b'@');
    if after(behind, len).first() == Some(&b'@') {
        return Some(len);
    }
    scan.set_done(Search::UserInformation, MARK.len().saturating_add(len));
    None
}

const fn is_word(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>')
}

const MARK: &[u8] = b"://";

/// What stands there when it was hidden by the semantic conventions.
/// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/url/>
const HIDDEN: &[u8] = b"REDACTED:REDACTED";

/// A name alone is a secret when it is that long and looks random.
const TOKEN_LEN_MIN: usize = 16;
