//! What the collector received, as plain data.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::received_metric::ReceivedMetricPoint;
use super::value::{AttributeValue, serialize_entries};

/// Attributes in the order received. A key that was sent twice stands here twice.
pub type ReceivedAttributes = Vec<(String, AttributeValue)>;

/// What produced an item: a service, a process, a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedResource {
    /// The resource's attributes, such as `service.name`.
    #[serde(serialize_with = "serialize_entries")]
    pub attributes: ReceivedAttributes,
    /// The schema of the attributes, empty if none was sent.
    pub schema_url: String,
}

/// The part of a program that produced an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedScope {
    /// The name, usually of a library or module.
    pub name: String,
    /// The version, empty if none was sent.
    pub version: String,
    /// The scope's attributes.
    #[serde(serialize_with = "serialize_entries")]
    pub attributes: ReceivedAttributes,
    /// The schema of what the scope produced, empty if none was sent.
    pub schema_url: String,
}

/// A finished span.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedSpan {
    /// 32 hexadecimal digits in lower case.
    pub trace_id: String,
    /// 16 hexadecimal digits in lower case.
    pub span_id: String,
    /// 16 hexadecimal digits in lower case, empty for a root.
    pub parent_span_id: String,
    /// W3C `tracestate`.
    pub trace_state: String,
    /// The span's name.
    pub name: String,
    /// The span's role.
    pub kind: ReceivedSpanKind,
    /// Nanoseconds since the Unix epoch.
    pub start_time_unix_nanos: u64,
    /// Nanoseconds since the Unix epoch.
    pub end_time_unix_nanos: u64,
    /// The span's attributes.
    #[serde(serialize_with = "serialize_entries")]
    pub attributes: ReceivedAttributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes_count: u32,
    /// Events in the order received.
    pub events: Vec<ReceivedEvent>,
    /// How many events the sender dropped.
    pub dropped_events_count: u32,
    /// Links in the order received.
    pub links: Vec<ReceivedLink>,
    /// How many links the sender dropped.
    pub dropped_links_count: u32,
    /// Whether the operation succeeded, as far as the sender says.
    pub status: ReceivedStatusCode,
    /// The explanation of an error, empty if none was sent.
    pub status_message: String,
    /// Trace flags in the low byte, then the bits that tell whether the parent is remote.
    pub flags: u32,
    /// The scope that produced the span.
    pub scope: Arc<ReceivedScope>,
    /// The resource that produced the span.
    pub resource: Arc<ReceivedResource>,
}

/// Something that happened inside a span.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedEvent {
    /// Nanoseconds since the Unix epoch.
    pub time_unix_nanos: u64,
    /// The event's name.
    pub name: String,
    /// The event's attributes.
    #[serde(serialize_with = "serialize_entries")]
    pub attributes: ReceivedAttributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes_count: u32,
}

/// A reference from a span to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedLink {
    /// 32 hexadecimal digits in lower case.
    pub trace_id: String,
    /// 16 hexadecimal digits in lower case.
    pub span_id: String,
    /// W3C `tracestate`.
    pub trace_state: String,
    /// The link's attributes.
    #[serde(serialize_with = "serialize_entries")]
    pub attributes: ReceivedAttributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes_count: u32,
    /// As [`ReceivedSpan::flags`].
    pub flags: u32,
}

/// A log record.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ReceivedLog {
    /// Nanoseconds since the Unix epoch, 0 if unknown.
    pub time_unix_nanos: u64,
    /// Nanoseconds since the Unix epoch.
    pub observed_time_unix_nanos: u64,
    /// 1 (TRACE) to 24 (FATAL4), 0 if unknown.
    pub severity_number: i32,
    /// The severity's name as the sender calls it.
    pub severity_text: String,
    /// The name of the event, empty for a record that is none.
    pub event_name: String,
    /// The message.
    pub body: AttributeValue,
    /// The record's attributes.
    #[serde(serialize_with = "serialize_entries")]
    pub attributes: ReceivedAttributes,
    /// How many attributes the sender dropped.
    pub dropped_attributes_count: u32,
    /// 32 hexadecimal digits in lower case, empty outside a trace.
    pub trace_id: String,
    /// 16 hexadecimal digits in lower case, empty outside a span.
    pub span_id: String,
    /// Trace flags in the low byte.
    pub flags: u32,
    /// The scope that produced the record.
    pub scope: Arc<ReceivedScope>,
    /// The resource that produced the record.
    pub resource: Arc<ReceivedResource>,
}

/// A span's role in its trace.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum ReceivedSpanKind {
    /// Calls another service and waits.
    Client,
    /// Handles a message.
    Consumer,
    /// Stays inside the process.
    Internal,
    /// Sends a message.
    Producer,
    /// Answers another service.
    Server,
    /// Was not said, or is not known to this version.
    Unspecified,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[non_exhaustive]
#[serde(rename_all = "snake_case")]
pub enum ReceivedStatusCode {
    /// The operation failed.
    Error,
    /// The operation succeeded.
    Ok,
    /// Nothing was said.
    Unset,
}

impl ReceivedSpan {
    /// Returns how long the operation took, zero if the times are the wrong way round.
    pub const fn duration(&self) -> Duration {
        Duration::from_nanos(self.end_time_unix_nanos.saturating_sub(self.start_time_unix_nanos))
    }

    /// Returns whether the span has no parent.
    pub const fn is_root(&self) -> bool {
        self.parent_span_id.is_empty()
    }
}

/// Looks an attribute up, on everything that has attributes.
macro_rules! attribute_of {
    ($($type:ty),*) => {
        $(impl $type {
            /// Returns the value of an attribute, the first if the key was sent twice.
            pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
                self.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
        })*
    };
}

attribute_of! {
    ReceivedEvent, ReceivedLink, ReceivedLog, ReceivedMetricPoint, ReceivedResource, ReceivedScope,
    ReceivedSpan
}
