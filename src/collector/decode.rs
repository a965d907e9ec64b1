//! From OTLP requests to received items.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use prost::Message;

use super::decode_metric::decode_metrics;
use super::received::{
    ReceivedAttributes, ReceivedEvent, ReceivedLink, ReceivedLog, ReceivedResource, ReceivedScope,
    ReceivedSpan, ReceivedSpanKind, ReceivedStatusCode,
};
use super::received_metric::ReceivedMetricPoint;
use super::value::{AttributeValue, hex};
use crate::Signal;

/// The items of one request, each with the bytes that it took on the wire.
#[derive(Debug, Default)]
pub(super) struct DecodedRequest {
    pub(super) resources: Vec<Arc<ReceivedResource>>,
    pub(super) spans: Vec<Encoded<ReceivedSpan>>,
    pub(super) logs: Vec<Encoded<ReceivedLog>>,
    pub(super) points: Vec<Encoded<ReceivedMetricPoint>>,
}

/// An item and its encoded length, the measure of the store's bound.
#[derive(Clone, Debug)]
pub(super) struct Encoded<T> {
    pub(super) encoded_bytes: usize,
    pub(super) item: T,
}

/// What all items of one scope share.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) resource: Arc<ReceivedResource>,
    pub(super) scope: Arc<ReceivedScope>,
}

pub(super) fn decode(signal: Signal, request: &[u8]) -> Result<DecodedRequest, prost::DecodeError> {
    match signal {
        Signal::Logs => ExportLogsServiceRequest::decode(request).map(decode_logs),
        Signal::Metrics => Message::decode(request).map(decode_metrics),
        Signal::Traces => ExportTraceServiceRequest::decode(request).map(decode_traces),
    }
}

fn decode_traces(request: ExportTraceServiceRequest) -> DecodedRequest {
    let mut decoded = DecodedRequest::default();
    for group in request.resource_spans {
        let resource = decoded.resource(group.resource, group.schema_url);
        for group in group.scope_spans {
            let scope = scope(group.scope, group.schema_url);
            let origin = Origin { resource: Arc::clone(&resource), scope };
            decoded.spans.extend(group.spans.into_iter().map(|span| encoded_span(span, &origin)));
        }
    }
    decoded
}

fn decode_logs(request: ExportLogsServiceRequest) -> DecodedRequest {
    let mut decoded = DecodedRequest::default();
    for group in request.resource_logs {
        let resource = decoded.resource(group.resource, group.schema_url);
        for group in group.scope_logs {
            let scope = scope(group.scope, group.schema_url);
            let origin = Origin { resource: Arc::clone(&resource), scope };
            decoded.logs.extend(group.log_records.into_iter().map(|log| encoded_log(log, &origin)));
        }
    }
    decoded
}

impl DecodedRequest {
    /// Returns the resource of a group and remembers it.
    pub(super) fn resource(
        &mut self,
        resource: Option<Resource>,
        schema_url: String,
    ) -> Arc<ReceivedResource> {
        let attributes = attributes(resource.unwrap_or_default().attributes);
        let resource = Arc::new(ReceivedResource { attributes, schema_url });
        self.resources.push(Arc::clone(&resource));
        resource
    }
}

pub(super) fn scope(scope: Option<InstrumentationScope>, schema_url: String) -> Arc<ReceivedScope> {
    let scope = scope.unwrap_or_default();
    let attributes = attributes(scope.attributes);
    Arc::new(ReceivedScope { name: scope.name, version: scope.version, attributes, schema_url })
}

fn encoded_span(span: Span, origin: &Origin) -> Encoded<ReceivedSpan> {
    let encoded_bytes = span.encoded_len();
    let Status { message: status_message, code } = span.status.unwrap_or_default();
    let item = ReceivedSpan {
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_span_id: hex(&span.parent_span_id),
        trace_state: span.trace_state,
        name: span.name,
        kind: span_kind(span.kind),
        start_time_unix_nanos: span.start_time_unix_nano,
        end_time_unix_nanos: span.end_time_unix_nano,
        attributes: attributes(span.attributes),
        dropped_attributes_count: span.dropped_attributes_count,
        events: span.events.into_iter().map(event).collect(),
        dropped_events_count: span.dropped_events_count,
        links: span.links.into_iter().map(link).collect(),
        dropped_links_count: span.dropped_links_count,
        status: status_code(code),
        status_message,
        flags: span.flags,
        scope: Arc::clone(&origin.scope),
        resource: Arc::clone(&origin.resource),
    };
    Encoded { encoded_bytes, item }
}

fn encoded_log(log: LogRecord, origin: &Origin) -> Encoded<ReceivedLog> {
    let encoded_bytes = log.encoded_len();
    let item = ReceivedLog {
        time_unix_nanos: log.time_unix_nano,
        observed_time_unix_nanos: log.observed_time_unix_nano,
        severity_number: log.severity_number,
        severity_text: log.severity_text,
        event_name: log.event_name,
        body: value(log.body),
        attributes: attributes(log.attributes),
        dropped_attributes_count: log.dropped_attributes_count,
        trace_id: hex(&log.trace_id),
        span_id: hex(&log.span_id),
        flags: log.flags,
        scope: Arc::clone(&origin.scope),
        resource: Arc::clone(&origin.resource),
    };
    Encoded { encoded_bytes, item }
}

fn event(event: Event) -> ReceivedEvent {
    ReceivedEvent {
        time_unix_nanos: event.time_unix_nano,
        name: event.name,
        attributes: attributes(event.attributes),
        dropped_attributes_count: event.dropped_attributes_count,
    }
}

fn link(link: Link) -> ReceivedLink {
    ReceivedLink {
        trace_id: hex(&link.trace_id),
        span_id: hex(&link.span_id),
        trace_state: link.trace_state,
        attributes: attributes(link.attributes),
        dropped_attributes_count: link.dropped_attributes_count,
        flags: link.flags,
    }
}

/// Source: <https://github.com/open-telemetry/opentelemetry-proto/blob/v1.11.0/opentelemetry/proto/trace/v1/trace.proto>
const fn span_kind(number: i32) -> ReceivedSpanKind {
    match number {
        1 => ReceivedSpanKind::Internal,
        2 => ReceivedSpanKind::Server,
        3 => ReceivedSpanKind::Client,
        4 => ReceivedSpanKind::Producer,
        5 => ReceivedSpanKind::Consumer,
        _ => ReceivedSpanKind::Unspecified,
    }
}

const fn status_code(number: i32) -> ReceivedStatusCode {
    match number {
        1 => ReceivedStatusCode::Ok,
        2 => ReceivedStatusCode::Error,
        _ => ReceivedStatusCode::Unset,
    }
}

pub(super) fn attributes(attributes: Vec<KeyValue>) -> ReceivedAttributes {
    attributes.into_iter().map(|entry| (entry.key, value(entry.value))).collect()
}

fn value(any: Option<AnyValue>) -> AttributeValue {
    match any.and_then(|any| any.value) {
        // An index into a table that only profiles have means nothing here.
        None | Some(Value::StringValueStrindex(_)) => AttributeValue::Empty,
        Some(Value::ArrayValue(array)) => AttributeValue::Array(
            array.values.into_iter().map(|element| value(Some(element))).collect(),
        ),
        Some(Value::BoolValue(value)) => AttributeValue::Bool(value),
        Some(Value::BytesValue(bytes)) => AttributeValue::Bytes(bytes),
        Some(Value::DoubleValue(value)) => AttributeValue::Double(value),
        Some(Value::IntValue(value)) => AttributeValue::Int(value),
        Some(Value::KvlistValue(list)) => AttributeValue::Map(attributes(list.values)),
        Some(Value::StringValue(text)) => AttributeValue::String(text),
    }
}
