//! Filter directives: every one must be good.

use tracing_subscriber::EnvFilter;

use crate::config::SettingValue;
use crate::config::kind::Flaw;

/// Checks each directive by itself, so that the message names the bad one. Returns them without
/// blanks.
///
/// Blanks must go first: the parser of `tracing-subscriber` takes offsets of the trimmed text into
/// the untrimmed one, and panics on blanks of more than one byte.
pub(super) fn check(text: &str) -> Result<SettingValue, Flaw> {
    let mut directives = Vec::new();
    for directive in text.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
        if EnvFilter::builder().parse(directive).is_err() {
            return Err(Flaw { expected: EXPECTED.to_owned(), given: directive.to_owned() });
        }
        directives.push(directive);
    }
    if directives.is_empty() {
        return Err(Flaw { expected: EXPECTED.to_owned(), given: text.to_owned() });
    }
    Ok(SettingValue::Text(directives.join(",")))
}

pub(super) const EXPECTED: &str = "filter directives such as `info,hyper=warn`";
