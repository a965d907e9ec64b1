//! Filter directives: every one must be good.

use tracing_subscriber::EnvFilter;

use crate::config::SettingValue;
use crate::config::kind::Flaw;

pub(super) fn check(text: &str) -> Result<SettingValue, Flaw> {
    let flaw = |given| Flaw { expected: EXPECTED.to_owned(), given };
    canonical(text).map(SettingValue::Text).map_err(flaw)
}

/// Checks each directive by itself, and returns them without blanks, or the bad one. None at all is bad
/// too: `off` says it.
///
/// Blanks must go first: the parser of `tracing-subscriber` takes offsets of the trimmed text into
/// the untrimmed one, and panics on blanks of more than one byte.
pub(crate) fn canonical(text: &str) -> Result<String, String> {
    let mut directives = Vec::new();
    for directive in text.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
        if EnvFilter::builder().parse(directive).is_err() || matches_nothing(directive) {
            return Err(directive.to_owned());
        }
        directives.push(directive);
    }
    if directives.is_empty() { Err(text.to_owned()) } else { Ok(directives.join(",")) }
}

/// Whether the directive can only be a slip. `tracing-subscriber` takes any word for a target, and a
/// target that nobody has silences everything, errors included.
fn matches_nothing(directive: &str) -> bool {
    // Names and values of fields may hold anything.
    if directive.contains('[') {
        return false;
    }
    let is_separator = |character: char| character.is_whitespace() || ";|".contains(character);
    let is_level = |word: &str| LEVELS.iter().any(|level| word.eq_ignore_ascii_case(level));
    let is_number = directive.bytes().all(|byte| byte.is_ascii_digit())
        && !matches!(directive, "0" | "1" | "2" | "3" | "4" | "5");
    let is_slip = SLIPS.iter().any(|slip| directive.eq_ignore_ascii_case(slip));
    let has_level = directive
        .split_once(':')
        .is_some_and(|(word, behind)| is_level(word) && !behind.starts_with(':'));
    directive.contains(is_separator) || is_number || is_slip || has_level
}

const LEVELS: &[&str] = &["debug", "error", "info", "off", "trace", "warn"];

/// Names of levels elsewhere.
const SLIPS: &[&str] = &["all", "critical", "err", "fatal", "none", "notice", "verbose", "warning"];

pub(super) const EXPECTED: &str = "filter directives such as `info,hyper=warn`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_no_filter() {
        for text in [
            "info;debug",
            "info debug",
            "info\ndebug",
            "warning",
            "7",
            "info|a=debug",
            "info:a=debug",
        ] {
            assert!(check(text).is_err(), "{text}");
        }
        for text in ["info", "2", "shop", "shop::cart=debug", "tenant:42=debug", "a[b{c=d e}]=info"]
        {
            assert!(check(text).is_ok(), "{text}");
        }
    }
}
