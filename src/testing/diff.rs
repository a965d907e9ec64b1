//! Compares two texts line by line.

use std::fmt::Write as _;

/// Returns `None` when the texts are equal, else all lines: ` ` in both, `-` only in the expected
/// text, `+` only in the captured one.
pub(super) fn diff(expected: &str, captured: &str) -> Option<String> {
    if expected == captured {
        return None;
    }
    let expected: Vec<&str> = expected.lines().collect();
    let captured: Vec<&str> = captured.lines().collect();
    let common = common_suffixes(&expected, &captured);
    let common_at =
        |i: usize, j: usize| common.get(i).and_then(|row| row.get(j)).copied().unwrap_or_default();

    let mut out = String::new();
    let (mut i, mut j) = (0_usize, 0_usize);
    loop {
        let skip_expected = common_at(i.saturating_add(1), j);
        let skip_captured = common_at(i, j.saturating_add(1));
        let (mark, line) = match (expected.get(i), captured.get(j)) {
            (None, None) => break,
            (Some(own), Some(other)) if own == other => (' ', *own),
            (Some(own), Some(_)) if skip_expected >= skip_captured => ('-', *own),
            (Some(own), None) => ('-', *own),
            (_, Some(other)) => ('+', *other),
        };
        i = i.saturating_add(usize::from(mark != '+'));
        j = j.saturating_add(usize::from(mark != '-'));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{mark} {line}");
    }
    Some(out)
}

/// Returns, for each pair of positions, how many lines the rests behind them have in common.
fn common_suffixes(expected: &[&str], captured: &[&str]) -> Vec<Vec<u32>> {
    let width = captured.len().saturating_add(1);
    let mut rows: Vec<Vec<u32>> = vec![vec![0; width]];
    for own in expected.iter().rev() {
        let mut row = vec![0_u32];
        let below = rows.last().map(Vec::as_slice).unwrap_or_default();
        // `below` is by position, the new row still from its end.
        for (j, other) in captured.iter().enumerate().rev() {
            let down = below.get(j).copied().unwrap_or_default();
            let diagonal = below.get(j.saturating_add(1)).copied().unwrap_or_default();
            let right = row.last().copied().unwrap_or_default();
            row.push(if own == other { diagonal.saturating_add(1) } else { down.max(right) });
        }
        row.reverse();
        rows.push(row);
    }
    rows.reverse();
    rows
}

/// Removes what only the source code needs: the common indentation, blank lines around the text,
/// and blanks at the ends of lines.
pub(super) fn dedent(text: &str) -> String {
    let lines = || text.lines().map(str::trim_end);
    let indent = |line: &str| line.len().saturating_sub(line.trim_start().len());
    let common = lines().filter(|line| !line.is_empty()).map(indent).min().unwrap_or_default();
    let lines: Vec<&str> = lines().map(|line| line.get(common..).unwrap_or_default()).collect();
    let mut out = lines.join("\n").trim_matches('\n').to_owned();
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(diff("", ""), None);
        assert_eq!(diff("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn a_difference_keeps_what_is_common() {
        let cases = [
            ("", "a\n", "+ a\n"),
            ("a\n", "", "- a\n"),
            ("a\nb\nc\n", "a\nc\n", "  a\n- b\n  c\n"),
            ("a\nc\n", "a\nb\nc\n", "  a\n+ b\n  c\n"),
            ("a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n  c\n"),
            ("a\nb\n", "b\na\n", "- a\n  b\n+ a\n"),
        ];
        for (expected, captured, difference) in cases {
            assert_eq!(diff(expected, captured).as_deref(), Some(difference));
        }
    }

    #[test]
    fn indentation_of_the_source_does_not_count() {
        assert_eq!(dedent("\n    a\n      b  \n\n    c\n    "), "a\n  b\n\nc\n");
        assert_eq!(dedent("a\n"), "a\n");
        assert_eq!(dedent("\n   \n"), "");
    }
}
