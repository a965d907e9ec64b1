//! Private keys in PEM.

use std::ops::Range;

use crate::logging::redact::patterns::{after, run};
use crate::logging::redact::scan::Scan;

/// From the first mark to the last, or to the end of a text that was cut off. The marks alone, as
/// error messages name them, are no key.
///
/// Source: RFC 7468, section 2.
pub(in crate::logging::redact) fn find(scan: &Scan<'_>) -> Option<Range<usize>> {
    let rest = scan.rest();
    if !rest.starts_with(BEGIN) {
        return None;
    }
    let label = after(rest, BEGIN.len());
    let label_len =
        run(label, |byte| byte.is_ascii_uppercase() || matches!(byte, b' ' | b'0'..=b'9'));
    let (label, body) = label.split_at_checked(label_len)?;
    let is_private = label.windows(PRIVATE.len()).any(|words| words == PRIVATE);
    let body = body.strip_prefix(DASHES).filter(|_| is_private)?;
    if !has_key(body) {
        return None;
    }
    Some(scan.place(0, rest.len().saturating_sub(body.len()).saturating_add(body_len(body))))
}

/// Whether base64 follows, or one of the old headers before it. A line break may be written `\n`.
fn has_key(body: &[u8]) -> bool {
    let mut body = body;
    loop {
        body = match body {
            [b'\\', b'n' | b'r', rest @ ..] | [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] => rest,
            _ => break,
        };
    }
    let base64_len =
        run(body, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    base64_len >= BASE64_LEN_MIN || HEADERS.iter().any(|header| body.starts_with(header))
}

fn body_len(body: &[u8]) -> usize {
    let end = body.windows(END.len()).position(|words| words == END);
    let Some(end) = end else { return body.len() };
    let mark = end.saturating_add(END.len());
    let behind = after(body, mark);
    let close = behind.windows(DASHES.len()).position(|dashes| dashes == DASHES);
    close.map_or(mark, |close| mark.saturating_add(close).saturating_add(DASHES.len()))
}

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const PRIVATE: &[u8] = b"PRIVATE KEY";

/// The shortest run of base64 that is no word of a sentence.
const BASE64_LEN_MIN: usize = 16;

/// Source: RFC 1421, section 4.6; RFC 9580, section 6.2.
const HEADERS: &[&[u8]] = &[b"Proc-Type:", b"DEK-Info:", b"Version:", b"Comment:"];
