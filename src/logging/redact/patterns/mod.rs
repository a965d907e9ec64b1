//! What secrets look like inside a longer text. One file for each kind.

pub(super) mod assignment;
pub(super) mod card;
pub(super) mod credentials;
pub(super) mod email;
mod innocent;
pub(super) mod pem;
pub(super) mod token;
pub(super) mod url;
mod value;

/// How many bytes from the start on are of one kind.
fn run(text: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| is_part(**byte)).count()
}

fn after(text: &[u8], len: usize) -> &[u8] {
    text.get(len..).unwrap_or_default()
}

fn starts_with(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Letters, digits, `-` and `_`: the alphabet of base64 in URLs, and of most tokens.
const fn is_base64_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// What chance makes and people rarely write: a digit, or a capital inside of a word.
fn looks_random(word: &[u8]) -> bool {
    let has_digit = word.iter().any(u8::is_ascii_digit);
    let is_pair =
        |pair: &[u8]| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase());
    has_digit || word.windows(2).any(is_pair)
}
