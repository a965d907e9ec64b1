//! Characters that a line must not hold as they are.

/// Whether a terminal or a reader could take the character for something else than a part of the
/// text: control characters, separators of lines and paragraphs, and the marks that change the
/// direction of text.
///
/// Source: Unicode Standard Annex #9, section 2 (directional formatting characters).
pub(crate) fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}
