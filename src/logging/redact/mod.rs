//! Takes secrets out of text before it goes anywhere. Pure: no clock, no I/O, no globals.
//!
//! A value is hidden whole when its key says that it is a secret, and in part where its text holds
//! one. What was hidden, how much of it and where is told to nobody.

mod fields;
mod keys;
mod patterns;
mod redaction;
mod scan;

use std::borrow::Cow;

pub(crate) use fields::SecretFields;
pub(crate) use keys::{KeyRules, are_secret_keys};
pub use redaction::Redaction;

use crate::config::RedactionSettings;
use crate::logging::call_sites::CallSites;

/// What stands where a secret was. The same for all, so that it tells nothing, not even a length.
pub(crate) const REDACTED: &str = "[redacted]";

/// The one rule set for lines, log records and spans. Shared by all sinks.
#[derive(Debug)]
pub(crate) struct Redactor {
    is_on: bool,
    keys: KeyRules,
    hides_email: bool,
    /// Which fields of a call-site name a secret.
    fields: CallSites,
}

impl Redactor {
    pub(crate) fn new(settings: &RedactionSettings) -> Self {
        let keys = KeyRules::new(&settings.keys);
        let RedactionSettings { is_on, hides_email, .. } = *settings;
        Self { is_on, keys, hides_email, fields: CallSites::new() }
    }

    /// Whether whatever stands under this key is a secret.
    pub(crate) fn is_secret_key(&self, key: &str) -> bool {
        self.is_on && self.keys.has(key)
    }

    /// Returns what may be shown of a text that has no key: a message, or a value whose key was
    /// asked about before.
    #[inline]
    pub(crate) fn redact_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.is_on || scan::is_harmless(text) {
            return Cow::Borrowed(text);
        }
        scan::redact(text, &self.keys, self.hides_email)
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new(&RedactionSettings::default())
    }
}

#[cfg(test)]
mod tests;
