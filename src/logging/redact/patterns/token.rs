//! Tokens that begin with the mark of who issued them.

use std::ops::Range;

use crate::logging::redact::patterns::{after, is_base64_url, run};
use crate::logging::redact::scan::{Scan, Search};

/// Finds a token at the start of a word.
pub(in crate::logging::redact) fn find(scan: &Scan<'_>) -> Option<Range<usize>> {
    let rest = scan.rest();
    if !begins_mark(rest) {
        return None;
    }
    ISSUERS.iter().find_map(|issuer| issuer.token_len(scan, rest)).map(|len| scan.place(0, len))
}

/// Whether some mark begins with this byte.
pub(in crate::logging::redact) const fn opens(byte: u8) -> bool {
    matches!(
        byte,
        b'A' | b'S'
            | b'd'
            | b'g'
            | b'h'
            | b'l'
            | b'n'
            | b'p'
            | b'r'
            | b's'
            | b't'
            | b'w'
            | b'x'
            | b'y'
    )
}

/// Whether some mark begins like this. Most words end here.
#[inline]
const fn begins_mark(rest: &[u8]) -> bool {
    let [first, second, ..] = rest else { return false };
    match first {
        b'A' => matches!(second, b'G' | b'I' | b'K' | b'S' | b'T'),
        b'S' => matches!(second, b'G'),
        b'd' => matches!(second, b'c' | b'o'),
        b'g' => matches!(second, b'h' | b'i' | b'l'),
        b'h' => matches!(second, b'f' | b'v'),
        b'l' => matches!(second, b'i'),
        b'n' => matches!(second, b'p'),
        b'p' => matches!(second, b'y'),
        b'r' => matches!(second, b'k'),
        b's' => matches!(second, b'h' | b'k'),
        b't' => matches!(second, b's'),
        b'w' => matches!(second, b'h'),
        b'x' => matches!(second, b'a' | b'o'),
        b'y' => matches!(second, b'a'),
        _ => false,
    }
}

struct Issuer {
    mark: &'static [u8],
    alphabet: Alphabet,
    /// The fewest characters behind the mark.
    len_min: usize,
}

#[derive(Clone, Copy)]
enum Alphabet {
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits, `-` and `_`.
    Base64Url,
    /// As above, and dots between parts.
    Dotted,
    /// As `Base64Url`, for a mark that is a word too: one part has to look random.
    Suspected,
    /// Capitals and digits, as many as the least and no more.
    Upper,
}

impl Issuer {
    fn token_len(&self, scan: &Scan<'_>, rest: &[u8]) -> Option<usize> {
        let behind = rest.strip_prefix(self.mark)?;
        let is_suspected = matches!(self.alphabet, Alphabet::Suspected);
        if is_suspected && scan.is_done(Search::Suspected) {
            return None;
        }
        let len = run(behind, |byte| match self.alphabet {
            Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
            Alphabet::Base64Url | Alphabet::Suspected => is_base64_url(byte),
            Alphabet::Dotted => is_base64_url(byte) || byte == b'.',
            Alphabet::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
        });
        let is_token = match self.alphabet {
            Alphabet::Suspected => has_random_part(behind.get(..len)?),
            Alphabet::Upper => {
                len == self.len_min
                    && !after(behind, len).first().is_some_and(u8::is_ascii_alphanumeric)
            }
            _ => true,
        };
        let whole = self.mark.len().saturating_add(len);
        if is_suspected && !is_token {
            // No later part of the same word looks random either.
            scan.set_done(Search::Suspected, whole);
        }
        (is_token && len >= self.len_min).then_some(whole)
    }
}

/// Whether one part is longer than words are, and has a digit.
fn has_random_part(word: &[u8]) -> bool {
    let mut parts = word.split(|byte| !byte.is_ascii_alphanumeric());
    parts.any(|part| part.len() >= 16 && part.iter().any(u8::is_ascii_digit))
}

macro_rules! issuers {
    ($($mark:literal $alphabet:ident $len_min:literal;)*) => {
        &[$(Issuer { mark: $mark.as_bytes(), alphabet: Alphabet::$alphabet, len_min: $len_min }),*]
    };
}

/// Marks that nothing else begins with. The lengths are a little below those in use.
///
/// Source: the issuers' documentation, such as
/// <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>
/// and <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>.
const ISSUERS: &[Issuer] = issuers! {
    "AGE-SECRET-KEY-1" Alphanumeric 40;
    "AIza" Base64Url 35;
    "AKIA" Upper 16;
    "ASIA" Upper 16;
    "ATATT3x" Base64Url 40;
    "SG." Dotted 40;
    "dckr_pat_" Base64Url 20;
    "dop_v1_" Alphanumeric 40;
    "ghp_" Alphanumeric 30;
    "gho_" Alphanumeric 30;
    "ghr_" Alphanumeric 30;
    "ghs_" Alphanumeric 30;
    "ghu_" Alphanumeric 30;
    "github_pat_" Base64Url 40;
    "glpat-" Base64Url 20;
    "glsa_" Base64Url 30;
    "hf_" Alphanumeric 30;
    "hvb." Base64Url 20;
    "hvs." Base64Url 20;
    "lin_api_" Alphanumeric 30;
    "npm_" Alphanumeric 30;
    "pypi-AgE" Base64Url 20;
    "rk_live_" Alphanumeric 16;
    "rk_test_" Alphanumeric 16;
    "shpat_" Alphanumeric 30;
    "shpss_" Alphanumeric 30;
    "sk-" Suspected 20;
    "sk_live_" Alphanumeric 16;
    "sk_test_" Alphanumeric 16;
    "tskey-" Suspected 20;
    "whsec_" Base64Url 20;
    "xapp-" Suspected 20;
    "xoxa-" Base64Url 10;
    "xoxb-" Base64Url 10;
    "xoxe-" Base64Url 10;
    "xoxp-" Base64Url 10;
    "xoxr-" Base64Url 10;
    "xoxs-" Base64Url 10;
    "ya29." Base64Url 20;
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_looked_for() {
        for Issuer { mark, .. } in ISSUERS {
            assert!(mark.first().copied().is_some_and(opens));
            assert!(begins_mark(mark), "{}", String::from_utf8_lossy(mark));
        }
    }
}
