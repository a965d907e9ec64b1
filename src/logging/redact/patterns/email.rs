//! Addresses of e-mail.

use std::ops::Range;

use crate::logging::redact::patterns::{after, run};
use crate::logging::redact::scan::Scan;

/// Finds an address around the `@`. A host without a dot is none, and neither is the `git@` of a
/// repository.
///
/// Source: RFC 5321, section 4.1.2, as far as addresses are in use.
pub(in crate::logging::redact) fn find(scan: &Scan<'_>) -> Option<Range<usize>> {
    let before = scan.before();
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let local_len = before.iter().rev().take_while(|byte| is_local(byte)).count();
    let (outside, local) = before.split_at_checked(before.len().checked_sub(local_len)?)?;
    let trimmed = local.len().saturating_sub(run(local, |byte| !byte.is_ascii_alphanumeric()));
    if trimmed == 0 || outside.ends_with(b"/") {
        return None;
    }
    let domain = after(scan.rest(), 1);
    let domain_len = domain_len(domain)?;
    if let [b':', next, ..] = after(domain, domain_len)
        && next.is_ascii_alphabetic()
    {
        return None;
    }
    let start = scan.at.checked_sub(trimmed)?;
    Some(start..scan.at.saturating_add(1).saturating_add(domain_len))
}

/// Labels with dots between, of which the last one is letters.
fn domain_len(text: &[u8]) -> Option<usize> {
    let mut len = run(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    while let Some(b'.' | b'-') = text.get(..len)?.last() {
        len = len.saturating_sub(1);
    }
    let domain = text.get(..len)?;
    let dot = domain.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0)?;
    let top = after(domain, dot.saturating_add(1));
    (top.len() >= 2 && top.iter().all(u8::is_ascii_alphabetic)).then_some(len)
}
