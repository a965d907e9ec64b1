//! Words of a peer, made fit for a log line.

use crate::characters::is_unfit;

/// Longest text of a peer in a log line: ours, a paragraph that a terminal still shows whole.
const TEXT_BYTES_MAX: usize = 1024;

/// Marks a text that was cut.
const ELLIPSIS: char = '…';

/// Returns `text` on one line: at most 1 KiB, control characters escaped.
pub(super) fn escape_bounded(text: &str) -> String {
    let room = TEXT_BYTES_MAX.saturating_sub(ELLIPSIS.len_utf8());
    let mut line = String::new();
    let mut cut = 0;
    for character in text.trim().chars() {
        push_escaped(&mut line, character);
        if line.len() <= room {
            cut = line.len();
        } else if line.len() > TEXT_BYTES_MAX {
            line.truncate(cut);
            line.push(ELLIPSIS);
            break;
        }
    }
    line
}

/// Appends `text` with control characters escaped.
pub(super) fn push_text(line: &mut String, text: &str) {
    for character in text.chars() {
        push_escaped(line, character);
    }
}

fn push_escaped(line: &mut String, character: char) {
    if is_unfit(character) {
        line.extend(character.escape_default());
    } else {
        line.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_others_kept() {
        let cases = [
            ("", ""),
            ("  plain words \r\n", "plain words"),
            ("two\nlines", "two\\nlines"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("nul\0", "nul\\u{0}"),
            ("Größe 数", "Größe 数"),
            ("a\u{202e}b", "a\\u{202e}b"),
        ];
        for (text, expected) in cases {
            assert_eq!(escape_bounded(text), expected);
        }
    }

    #[test]
    fn a_text_is_cut_at_one_kibibyte_and_says_so() {
        for len in [1023, 1024] {
            assert_eq!(escape_bounded(&"x".repeat(len)), "x".repeat(len));
        }
        for text in ["x".repeat(1025), "\n".repeat(4096), "数".repeat(400), "x\n".repeat(341)] {
            let line = escape_bounded(&text);
            assert!(line.len() <= TEXT_BYTES_MAX, "{}", line.len());
        }
        assert!(escape_bounded(&"x".repeat(1025)).ends_with("xx…"));
    }
}
