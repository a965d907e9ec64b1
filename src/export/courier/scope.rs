//! An instrumentation scope, encoded once and shared by every item recorded under it.

/// The encoded parts of a `ScopeSpans`, `ScopeLogs` or `ScopeMetrics` that are not items.
///
/// All three messages number them alike: the scope is field 1, items are field 2, the schema URL
/// is field 3.
#[derive(Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Scope {
    /// Fields 1 and 3, each with tag and length, ready to be copied in front of the items.
    pub(crate) fields: Box<[u8]>,
}
