//! An instrumentation scope's share of a request.
//!
//! Source: opentelemetry-proto, common/v1/common.proto.

use opentelemetry::{InstrumentationScope, KeyValue};

use crate::export::courier::Scope;
use crate::export::encode::attributes::{AttributeLimits, write_attributes};
use crate::export::encode::buffer::{close, nonempty_str, open};

/// Encodes name, version, attributes and schema URL.
pub(crate) fn encode_scope(scope: &InstrumentationScope) -> Scope {
    let mut out = Vec::new();
    let attributes: Vec<KeyValue> = scope.attributes().cloned().collect();

    let entry = open(&mut out, SCOPE, 0);
    nonempty_str(&mut out, SCOPE_NAME, scope.name());
    nonempty_str(&mut out, SCOPE_VERSION, scope.version().unwrap_or_default());
    let cut = write_attributes(&mut out, SCOPE_ATTRIBUTES, &attributes, AttributeLimits::NONE);
    debug_assert_eq!(cut, 0, "there is no limit");
    close(&mut out, &entry);

    nonempty_str(&mut out, SCHEMA_URL, scope.schema_url().unwrap_or_default());
    Scope { fields: out.into_boxed_slice() }
}

/// Alike in `ScopeSpans`, `ScopeLogs` and `ScopeMetrics`.
const SCOPE: u32 = 1;
const SCHEMA_URL: u32 = 3;

const SCOPE_NAME: u32 = 1;
const SCOPE_VERSION: u32 = 2;
const SCOPE_ATTRIBUTES: u32 = 3;
