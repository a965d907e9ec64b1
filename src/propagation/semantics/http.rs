//! Methods and statuses of HTTP.
//!
//! Source: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, OnceLock};

/// What a response says about its span.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// The span's status is an error, and `error.type` is the status code.
    Error,
    /// The status stays unset.
    Unset,
}

/// The server has failed from 500 on. What a client did wrong is none of its failures.
pub(crate) const fn server_outcome(status: u16) -> Outcome {
    match status {
        100..500 => Outcome::Unset,
        _ => Outcome::Error,
    }
}

/// From 400 on the client did not get what it wanted; a status that HTTP does not know is no answer.
pub(crate) const fn client_outcome(status: u16) -> Outcome {
    match status {
        100..400 => Outcome::Unset,
        _ => Outcome::Error,
    }
}

/// The methods that may become a value of `http.request.method`: whoever sends requests chooses
/// their method, and each would be one more series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct KnownMethods(BTreeSet<String>);

impl KnownMethods {
    /// Reads a list with commas between, which replaces the default one. Without a name in it the
    /// default stays.
    pub(crate) fn parse(list: &str) -> Self {
        Self::of(list.split(',').map(str::trim).filter(|name| !name.is_empty()))
    }

    fn of(names: impl Iterator<Item: Into<String>>) -> Self {
        let methods: BTreeSet<_> = names.map(Into::into).collect();
        if methods.is_empty() { Self::default() } else { Self(methods) }
    }

    /// Those of installed telemetry, or the default ones.
    pub(crate) fn installed() -> &'static Self {
        static DEFAULT: LazyLock<KnownMethods> = LazyLock::new(KnownMethods::default);
        INSTALLED.get().unwrap_or_else(|| &DEFAULT)
    }

    /// The value of `http.request.method`. The letter case matters.
    pub(crate) fn attribute<'a>(&self, method: &'a str) -> &'a str {
        if self.0.contains(method) { method } else { OTHER }
    }

    /// The value of `http.request.method_original`, when that says more.
    pub(crate) fn original<'a>(&self, method: &'a str) -> Option<&'a str> {
        (!self.0.contains(method)).then_some(method)
    }

    /// How the name of a span begins.
    pub(crate) fn in_span_name<'a>(&self, method: &'a str) -> &'a str {
        if self.0.contains(method) { method } else { "HTTP" }
    }
}

impl Default for KnownMethods {
    fn default() -> Self {
        Self(METHODS.into_iter().map(str::to_owned).collect())
    }
}

static INSTALLED: OnceLock<KnownMethods> = OnceLock::new();

/// Makes these the methods of layers that were not told others. Once per process, as installation is.
pub(crate) fn set_installed_methods(names: &[String]) {
    // The caller holds the lock of installation, so a second one never comes here.
    INSTALLED.get_or_init(|| KnownMethods::of(names.iter().cloned()));
}

/// The methods of one layer: its own, or those of installed telemetry.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayerMethods(Option<Arc<KnownMethods>>);

impl LayerMethods {
    pub(crate) fn parse(list: &str) -> Self {
        Self(Some(Arc::new(KnownMethods::parse(list))))
    }

    pub(crate) fn get(&self) -> &KnownMethods {
        self.0.as_deref().unwrap_or_else(|| KnownMethods::installed())
    }
}

/// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/>
const METHODS: [&str; 10] =
    ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];

const OTHER: &str = "_OTHER";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_another_thing_on_each_side() {
        for (status, server, client) in [
            (0, Outcome::Error, Outcome::Error),
            (99, Outcome::Error, Outcome::Error),
            (100, Outcome::Unset, Outcome::Unset),
            (200, Outcome::Unset, Outcome::Unset),
            (399, Outcome::Unset, Outcome::Unset),
            (400, Outcome::Unset, Outcome::Error),
            (499, Outcome::Unset, Outcome::Error),
            (500, Outcome::Error, Outcome::Error),
            (599, Outcome::Error, Outcome::Error),
            (600, Outcome::Error, Outcome::Error),
        ] {
            assert_eq!((server_outcome(status), client_outcome(status)), (server, client));
        }
    }

    #[test]
    fn an_unknown_method_is_no_new_series() {
        let known = KnownMethods::default();
        for method in ["GET", "PATCH", "QUERY"] {
            assert_eq!(known.attribute(method), method);
            assert_eq!(known.original(method), None);
            assert_eq!(known.in_span_name(method), method);
        }
        for method in ["get", "Get", "BREW", ""] {
            assert_eq!(known.attribute(method), "_OTHER");
            assert_eq!(known.original(method), Some(method));
            assert_eq!(known.in_span_name(method), "HTTP");
        }
    }

    #[test]
    fn a_list_replaces_the_default() {
        let known = KnownMethods::parse(" BREW ,GET,");
        assert_eq!(known.attribute("BREW"), "BREW");
        assert_eq!(known.attribute("GET"), "GET");
        assert_eq!(known.attribute("POST"), "_OTHER");
        for empty in ["", " , "] {
            assert_eq!(KnownMethods::parse(empty), KnownMethods::default());
        }
    }
}
