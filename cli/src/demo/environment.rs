//! What the demo itself asks the environment; beacon reads the settings by itself.

/// Tells whether one of the variables is set. An empty one counts as not set, as the specification
/// says.
///
/// Source: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#parsing-empty-value>
pub(super) fn is_any_set(names: &[&str]) -> bool {
    #[expect(clippy::disallowed_methods, reason = "the demo chooses its defaults by them")]
    names.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}
