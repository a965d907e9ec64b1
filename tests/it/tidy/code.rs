//! Rust text without what is no code: comments, literals, tests.

/// Blanks comments and literals, so that what is left is code, in its lines.
pub(super) fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_in_word = false;
    while let Some(first) = rest.chars().next() {
        let len = if is_in_word { 0 } else { comment_or_literal_len(rest) };
        let is_code = len == 0;
        let len = if is_code { first.len_utf8() } else { len };
        let (taken, behind) = rest.split_at_checked(len).unwrap_or((rest, ""));
        if is_code {
            code.push_str(taken);
        } else {
            blank(taken, &mut code);
        }
        is_in_word = is_code && (first.is_alphanumeric() || first == '_');
        rest = behind;
    }
    code
}

fn blank(text: &str, code: &mut String) {
    code.extend(text.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
}

/// The length of the comment or literal that `text` begins with; 0 when it begins with code.
fn comment_or_literal_len(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment_len(text);
    }
    let literal = text.trim_start_matches(['b', 'c']);
    let prefix_len = text.len().saturating_sub(literal.len());
    if prefix_len > 1 {
        return 0;
    }
    let len = if let Some(raw) = literal.strip_prefix('r') {
        let quoted = raw.trim_start_matches('#');
        let hashes = raw.len().saturating_sub(quoted.len());
        if !quoted.starts_with('"') {
            return 0;
        }
        let end = format!("\"{}", "#".repeat(hashes));
        let body = quoted.split_at(1).1;
        let body_len = body.find(&end).unwrap_or(body.len()).saturating_add(end.len());
        body_len.saturating_add(hashes).saturating_add(2)
    } else if literal.starts_with('"') {
        quoted_len(literal, '"')
    } else if is_char_literal(literal) {
        quoted_len(literal, '\'')
    } else {
        return 0;
    };
    prefix_len.saturating_add(len)
}

fn block_comment_len(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let step = if rest.starts_with("/*") {
            depth = depth.saturating_add(1);
            2
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            2
        } else {
            first.len_utf8()
        };
        rest = rest.split_at(step).1;
        if depth == 0 {
            break;
        }
    }
    text.len().saturating_sub(rest.len())
}

/// Tells `'a'` and `'\n'` from the lifetime `'a`.
fn is_char_literal(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next() == Some('\'')
        && match characters.next() {
            Some('\\') => true,
            Some(_) => characters.next() == Some('\''),
            None => false,
        }
}

/// The length of a literal from its opening quote to its closing one.
fn quoted_len(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if character == '\\' {
            is_escaped = true;
        } else if character == quote {
            return at.saturating_add(1);
        }
    }
    text.len()
}

/// Blanks the items under `#[cfg(test)]` in code without comments and literals.
pub(super) fn without_tests(code: &str) -> String {
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) =
        ["#[cfg(test)]", "#[cfg(all(test,"].iter().filter_map(|s| rest.find(s)).min()
    {
        let (before, item) = rest.split_at(at);
        kept.push_str(before);
        let (item, behind) = item.split_at(item_len(item));
        blank(item, &mut kept);
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

/// The length of an item: up to its semicolon, or to the brace that closes its first one.
fn item_len(item: &str) -> usize {
    let mut depth = 0_u32;
    for (at, character) in item.char_indices() {
        match character {
            '(' | '[' | '{' => depth = depth.saturating_add(1),
            '}' if depth <= 1 => return at.saturating_add(1),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return at.saturating_add(1),
            _ => {}
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let text = r##"a /* b /* c */ d */ "e\"f" 'g' '\'' &'h r#"i"j"# b"k" br"l" bar // m"##;
        let code = code_of(text);
        assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "&'h", "bar"]);
        assert_eq!(code_of("\"a\nb\"\nc").lines().collect::<Vec<_>>(), ["  ", "  ", "c"]);
    }

    #[test]
    fn items_for_tests_are_left_out() {
        let code = "a\n#[cfg(test)]\nmod tests {\n{ b }\n}\nc\n#[cfg(test)]\nfn d(d: [d; 3]) {}\ne";
        let kept = without_tests(code);
        assert_eq!(kept.split_whitespace().collect::<Vec<_>>(), ["a", "c", "e"]);
        assert_eq!(kept.lines().count(), code.lines().count());
    }
}
