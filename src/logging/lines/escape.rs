//! Text that cannot break out of its place in a line.

use crate::characters::is_unfit;

/// Appends the text as a JSON string, quotes included.
///
/// Besides what JSON demands, it escapes whatever could make a terminal or an editor show something
/// else than the line holds. A parser gives back the very same text.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    push_parts(out, text, is_special_in_quotes);
    out.push('"');
}

/// Appends the text without quotes: control characters and their like become `\n` or `\u001b`,
/// everything else stays.
pub(super) fn push_plain(out: &mut String, text: &str) {
    push_parts(out, text, |_| false);
}

fn push_parts(out: &mut String, text: &str, is_special: fn(char) -> bool) {
    let mut rest = text;
    while let Some(at) = first_special(rest.as_bytes()) {
        let (plain, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let mut characters = behind.chars();
        if let Some(character) = characters.next() {
            if is_special(character) || is_unfit(character) {
                push_escape(out, character);
            } else {
                out.push(character);
            }
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

/// Where the first byte is that may be special.
fn first_special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    let plain = words.iter().take_while(|word| is_plain_word(u64::from_le_bytes(**word))).count();
    let begin = plain.saturating_mul(size_of::<u64>());
    // Nearly always nothing or a few bytes.
    let behind = bytes.get(begin..).unwrap_or(rest);
    behind.iter().copied().position(may_be_special).map(|at| begin.saturating_add(at))
}

/// Whether none of eight bytes may be special. A word that says no may still hold none: the bytes
/// above 0x7f are not told apart.
///
/// The usual search for a byte in a word: the top bit of `(x - n) & !x` is set in the first byte
/// that is less than `n`, or in one behind such a byte.
/// Source: <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>
const fn is_plain_word(word: u64) -> bool {
    const fn has_less(word: u64, limit: u8) -> u64 {
        word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word
    }
    const fn has(word: u64, byte: u8) -> u64 {
        has_less(word ^ ONES.wrapping_mul(byte as u64), 1)
    }
    let found = has_less(word, 0x20) | has(word, b'"') | has(word, b'\\') | has(word, 0x7f);
    (found | word) & ONES.wrapping_mul(0x80) == 0
}

/// Whether a character that begins with this byte may have to be escaped. Never true inside of a
/// character.
const fn may_be_special(byte: u8) -> bool {
    // The last three begin the characters from U+0080, from U+0600 and from U+2000.
    matches!(byte, 0..=0x1f | 0x7f | b'"' | b'\\' | 0xc2 | 0xd8 | 0xe2)
}

const fn is_special_in_quotes(character: char) -> bool {
    matches!(character, '"' | '\\')
}

fn push_escape(out: &mut String, character: char) {
    out.push('\\');
    let short = match character {
        '"' | '\\' => character,
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        _ => {
            // All of them are below U+10000.
            out.push('u');
            for shift in [12, 8, 4, 0] {
                out.push(char::from_digit(u32::from(character) >> shift & 0xf, 16).unwrap_or('0'));
            }
            return;
        }
    };
    out.push(short);
}

const ONES: u64 = u64::from_le_bytes([1; 8]);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_unfit_is_left() {
        for character in '\0'..=char::MAX {
            let (mut quoted, mut plain) = (String::new(), String::new());
            push_quoted(&mut quoted, &character.to_string());
            push_plain(&mut plain, &character.to_string());
            assert!(!quoted.contains(is_unfit) && !plain.contains(is_unfit), "{character:?}");
            let back: String = serde_json::from_str(&quoted).unwrap();
            assert_eq!(back, character.to_string());
        }
    }

    #[test]
    fn a_special_byte_is_found_wherever_it_is() {
        for special in (0..=0xff).filter(|byte| may_be_special(*byte)) {
            for before in 0..20 {
                let mut bytes = [b'x'; 40];
                bytes[before] = special;
                assert_eq!(first_special(&bytes), Some(before), "{special:#x}");
            }
        }
        let plain: Vec<u8> = (0..=0xff).filter(|byte| !may_be_special(*byte)).collect();
        assert_eq!(first_special(&plain), None);
    }

    proptest! {
        #[test]
        fn a_quoted_text_is_a_json_string_of_it(text: String) {
            let mut out = String::new();
            push_quoted(&mut out, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}
