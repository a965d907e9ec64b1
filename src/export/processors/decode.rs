//! For tests: what lies in an intake, decoded.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ScopeSpans, Span};
use prost::Message;

use crate::Signal;
use crate::export::courier::Intake;

/// Items with their scopes, in the order in which they arrived.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    pub(crate) spans: Vec<(InstrumentationScope, Span)>,
    pub(crate) logs: Vec<(InstrumentationScope, LogRecord)>,
}

/// Takes everything out of the intake and decodes it as a peer would.
pub(crate) fn drain(intake: &Intake) -> Decoded {
    let mut decoded = Decoded::default();
    for (scope, items) in intake.drain(Signal::Logs) {
        let logs = ScopeLogs::decode(&[&scope.fields[..], &items[..]].concat()[..]).unwrap();
        let scope = logs.scope.unwrap();
        decoded.logs.extend(logs.log_records.into_iter().map(|log| (scope.clone(), log)));
    }
    for (scope, items) in intake.drain(Signal::Traces) {
        let spans = ScopeSpans::decode(&[&scope.fields[..], &items[..]].concat()[..]).unwrap();
        let scope = spans.scope.unwrap();
        decoded.spans.extend(spans.spans.into_iter().map(|span| (scope.clone(), span)));
    }
    decoded
}

/// The value of an attribute, if it is there; panics when the key occurs twice.
pub(crate) fn attribute<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let mut found = attributes.iter().filter(|attribute| attribute.key == key);
    let value = found.next()?.value.as_ref()?.value.as_ref();
    assert!(found.next().is_none(), "`{key}` occurs twice: {attributes:?}");
    value
}

/// A string value as it appears on the wire.
pub(crate) fn text(value: &str) -> Value {
    Value::StringValue(value.to_owned())
}
