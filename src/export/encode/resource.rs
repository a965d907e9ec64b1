//! The resource's share of a request.
//!
//! Source: opentelemetry-proto, resource/v1/resource.proto.

use opentelemetry_sdk::Resource;

use crate::export::encode::buffer::{close, nonempty_str, open};
use crate::export::encode::value::{write_key_value, write_value};

/// Encodes fields 1 (`resource`) and 3 (`schema_url`) of `ResourceSpans`, `ResourceLogs` and
/// `ResourceMetrics`, which number them alike. The same bytes go with all three signals.
///
/// Attributes are sorted by key, so that equal resources have equal bytes. They are exempt from
/// limits.
pub(crate) fn encode_resource(resource: &Resource) -> Vec<u8> {
    let mut attributes: Vec<_> = resource.iter().collect();
    attributes.sort_unstable_by_key(|(key, _)| key.as_str());

    let mut out = Vec::new();
    let entry = open(&mut out, RESOURCE, 0);
    for (key, value) in attributes {
        write_key_value(&mut out, RESOURCE_ATTRIBUTES, key.as_str(), |out, field| {
            write_value(out, field, value, None);
        });
    }
    close(&mut out, &entry);

    nonempty_str(&mut out, SCHEMA_URL, resource.schema_url().unwrap_or_default());
    out
}

const RESOURCE: u32 = 1;
const SCHEMA_URL: u32 = 3;

const RESOURCE_ATTRIBUTES: u32 = 1;
