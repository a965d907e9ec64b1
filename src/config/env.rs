//! The only reader of the process environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;

/// Holds the environment variables that settings are read from.
///
/// Values may be any bytes the system allows; one that is not valid UTF-8 is a bad value, never a
/// panic. `Debug` shows names only, because values hold secrets.
///
/// ```
/// use beacon::config::Environment;
///
/// let environment = Environment::from_iter([("OTEL_SERVICE_NAME", "checkout")]);
/// assert!(format!("{environment:?}").contains("OTEL_SERVICE_NAME"));
/// assert!(!format!("{environment:?}").contains("checkout"));
/// ```
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
}

/// What a variable holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Variable<'a> {
    /// Bytes that are not UTF-8.
    Invalid,
    Text(&'a str),
    /// Not there, or empty: the specification makes no difference.
    Unset,
}

impl Environment {
    /// Returns an environment without variables, so that only code and defaults count.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Copies the variables of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads them")]
    pub fn from_process() -> Self {
        std::env::vars_os().collect()
    }

    /// The text of a variable; `None` when it is not set, empty or no text.
    pub(crate) fn value_of(&self, name: &str) -> Option<&str> {
        match self.read(name) {
            Variable::Text(text) => Some(text),
            Variable::Invalid | Variable::Unset => None,
        }
    }

    pub(super) fn read(&self, name: &str) -> Variable<'_> {
        match self.variables.get(OsStr::new(name)).map(|value| value.to_str()) {
            None | Some(Some("")) => Variable::Unset,
            Some(None) => Variable::Invalid,
            Some(Some(text)) => Variable::Text(text),
        }
    }

    /// Names of the variables that are set and not empty. Names that are not UTF-8 are none of
    /// ours.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let is_set = |(_, value): &(&OsString, &OsString)| !value.is_empty();
        self.variables.iter().filter(is_set).filter_map(|(name, _)| name.to_str())
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self { variables: variables.collect() }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
