//! What users choose about redaction.

/// What is hidden in log records, lines and spans.
///
/// Without it, and without `BEACON_REDACT*` variables, the keys and patterns that
/// [the manual](crate::manual::logging) shows are hidden. A variable that is set beside it has no
/// effect.
///
/// # Examples
///
/// ```
/// use beacon::Telemetry;
/// use beacon::logging::Redaction;
///
/// let builder = Telemetry::builder()
///     .redaction(Redaction::new().add_key("tenant_pin").remove_key("session").email(true));
/// # drop(builder);
/// ```
#[must_use = "it has an effect when the builder gets it"]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Redaction {
    pub(crate) is_on: bool,
    pub(crate) keys: Vec<String>,
    pub(crate) hides_email: bool,
}

impl Redaction {
    /// Returns redaction that hides the default keys and all patterns but e-mail.
    pub const fn new() -> Self {
        Self { is_on: true, keys: Vec::new(), hides_email: false }
    }

    /// Returns redaction that hides nothing.
    pub const fn disabled() -> Self {
        Self { is_on: false, keys: Vec::new(), hides_email: false }
    }

    /// Hides what stands under this key, in any spelling: `tenant_pin` is `tenantPin` too, and the
    /// end of `my.tenant-pin`. A key without a letter or digit is an
    /// [`InitError`](crate::InitError).
    pub fn add_key(mut self, key: impl AsRef<str>) -> Self {
        self.keys.push(format!("+{}", key.as_ref()));
        self
    }

    /// Shows what stands under this key of the default list. One that is not in it is an
    /// [`InitError`](crate::InitError).
    pub fn remove_key(mut self, key: impl AsRef<str>) -> Self {
        self.keys.push(format!("-{}", key.as_ref()));
        self
    }

    /// Hides what stands under these keys, and under no key of the default list. Without
    /// any, the default list stays.
    pub fn only_keys<K: AsRef<str>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.keys = keys.into_iter().map(|key| key.as_ref().to_owned()).collect();
        self
    }

    /// Chooses whether addresses of e-mail are hidden. Default: false.
    pub const fn email(mut self, is_hidden: bool) -> Self {
        self.hides_email = is_hidden;
        self
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self::new()
    }
}
