//! What must not be shown.

use std::borrow::Cow;

/// Hides secrets in what is recorded.
#[derive(Debug, Default)]
pub(crate) struct Redactor;

impl Redactor {
    /// Returns the value as it may be shown under this key.
    #[expect(clippy::unused_self, reason = "the rules will be its fields")]
    pub(crate) const fn redact<'a>(&self, _key: &str, value: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(value)
    }

    /// Whether whatever stands under this key is hidden.
    #[expect(clippy::unused_self, reason = "the rules will be its fields")]
    pub(crate) const fn is_secret_key(&self, _key: &str) -> bool {
        false
    }
}
