//! The messages of OTLP, field by field: what both directions of the transcoder read.
//!
//! Source: <https://github.com/open-telemetry/opentelemetry-proto/tree/v1.11.0/opentelemetry/proto>

use crate::Signal;

/// A protobuf message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) fields: &'static [Field],
}

/// A field of a message: its number in protobuf, its key in JSON, and how each writes the value.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) presence: Presence,
}

/// How often a field may occur. No message of OTLP has more than one `oneof`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Presence {
    OneOf,
    Repeated,
    Singular,
}

/// The protobuf type of a field. `Hex` and `Base64` are both `bytes`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Base64,
    Bool,
    Double,
    Fixed32,
    Fixed64,
    Hex,
    /// Enumerations too: OTLP/JSON writes them as integers only.
    Int32,
    Int64,
    Message(&'static Message),
    Sfixed64,
    Sint32,
    String,
    Uint32,
    Uint64,
}

impl Message {
    /// Returns the `Export…ServiceRequest` of a signal.
    pub(super) const fn request(signal: Signal) -> &'static Self {
        match signal {
            Signal::Logs => &LOGS_REQUEST,
            Signal::Metrics => &METRICS_REQUEST,
            Signal::Traces => &TRACES_REQUEST,
        }
    }

    pub(super) fn by_number(&self, number: u32) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.number == number)
    }

    #[cfg(any(feature = "collector", test))]
    pub(super) fn by_key(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

impl Kind {
    /// Whether repeated values lie end to end in one field on the wire.
    pub(super) const fn is_packable(self) -> bool {
        !matches!(self, Self::Base64 | Self::Hex | Self::Message(_) | Self::String)
    }
}

const fn one(number: u32, key: &'static str, kind: Kind) -> Field {
    Field { number, key, kind, presence: Presence::Singular }
}

const fn many(number: u32, key: &'static str, kind: Kind) -> Field {
    Field { number, key, kind, presence: Presence::Repeated }
}

const fn choice(number: u32, key: &'static str, kind: Kind) -> Field {
    Field { number, key, kind, presence: Presence::OneOf }
}

static TRACES_REQUEST: Message =
    Message { fields: &[many(1, "resourceSpans", Kind::Message(&RESOURCE_SPANS))] };

static RESOURCE_SPANS: Message = Message {
    fields: &[
        one(1, "resource", Kind::Message(&RESOURCE)),
        many(2, "scopeSpans", Kind::Message(&SCOPE_SPANS)),
        one(3, "schemaUrl", Kind::String),
    ],
};

static SCOPE_SPANS: Message = Message {
    fields: &[
        one(1, "scope", Kind::Message(&SCOPE)),
        many(2, "spans", Kind::Message(&SPAN)),
        one(3, "schemaUrl", Kind::String),
    ],
};

static SPAN: Message = Message {
    fields: &[
        one(1, "traceId", Kind::Hex),
        one(2, "spanId", Kind::Hex),
        one(3, "traceState", Kind::String),
        one(4, "parentSpanId", Kind::Hex),
        one(5, "name", Kind::String),
        one(6, "kind", Kind::Int32),
        one(7, "startTimeUnixNano", Kind::Fixed64),
        one(8, "endTimeUnixNano", Kind::Fixed64),
        many(9, "attributes", Kind::Message(&KEY_VALUE)),
        one(10, "droppedAttributesCount", Kind::Uint32),
        many(11, "events", Kind::Message(&SPAN_EVENT)),
        one(12, "droppedEventsCount", Kind::Uint32),
        many(13, "links", Kind::Message(&SPAN_LINK)),
        one(14, "droppedLinksCount", Kind::Uint32),
        one(15, "status", Kind::Message(&STATUS)),
        one(16, "flags", Kind::Fixed32),
    ],
};

static SPAN_EVENT: Message = Message {
    fields: &[
        one(1, "timeUnixNano", Kind::Fixed64),
        one(2, "name", Kind::String),
        many(3, "attributes", Kind::Message(&KEY_VALUE)),
        one(4, "droppedAttributesCount", Kind::Uint32),
    ],
};

static SPAN_LINK: Message = Message {
    fields: &[
        one(1, "traceId", Kind::Hex),
        one(2, "spanId", Kind::Hex),
        one(3, "traceState", Kind::String),
        many(4, "attributes", Kind::Message(&KEY_VALUE)),
        one(5, "droppedAttributesCount", Kind::Uint32),
        one(6, "flags", Kind::Fixed32),
    ],
};

static STATUS: Message =
    Message { fields: &[one(2, "message", Kind::String), one(3, "code", Kind::Int32)] };

static LOGS_REQUEST: Message =
    Message { fields: &[many(1, "resourceLogs", Kind::Message(&RESOURCE_LOGS))] };

static RESOURCE_LOGS: Message = Message {
    fields: &[
        one(1, "resource", Kind::Message(&RESOURCE)),
        many(2, "scopeLogs", Kind::Message(&SCOPE_LOGS)),
        one(3, "schemaUrl", Kind::String),
    ],
};

static SCOPE_LOGS: Message = Message {
    fields: &[
        one(1, "scope", Kind::Message(&SCOPE)),
        many(2, "logRecords", Kind::Message(&LOG_RECORD)),
        one(3, "schemaUrl", Kind::String),
    ],
};

static LOG_RECORD: Message = Message {
    fields: &[
        one(1, "timeUnixNano", Kind::Fixed64),
        one(2, "severityNumber", Kind::Int32),
        one(3, "severityText", Kind::String),
        one(5, "body", Kind::Message(&ANY_VALUE)),
        many(6, "attributes", Kind::Message(&KEY_VALUE)),
        one(7, "droppedAttributesCount", Kind::Uint32),
        one(8, "flags", Kind::Fixed32),
        one(9, "traceId", Kind::Hex),
        one(10, "spanId", Kind::Hex),
        one(11, "observedTimeUnixNano", Kind::Fixed64),
        one(12, "eventName", Kind::String),
    ],
};

static METRICS_REQUEST: Message =
    Message { fields: &[many(1, "resourceMetrics", Kind::Message(&RESOURCE_METRICS))] };

static RESOURCE_METRICS: Message = Message {
    fields: &[
        one(1, "resource", Kind::Message(&RESOURCE)),
        many(2, "scopeMetrics", Kind::Message(&SCOPE_METRICS)),
        one(3, "schemaUrl", Kind::String),
    ],
};

static SCOPE_METRICS: Message = Message {
    fields: &[
        one(1, "scope", Kind::Message(&SCOPE)),
        many(2, "metrics", Kind::Message(&METRIC)),
        one(3, "schemaUrl", Kind::String),
    ],
};

static METRIC: Message = Message {
    fields: &[
        one(1, "name", Kind::String),
        one(2, "description", Kind::String),
        one(3, "unit", Kind::String),
        choice(5, "gauge", Kind::Message(&GAUGE)),
        choice(7, "sum", Kind::Message(&SUM)),
        choice(9, "histogram", Kind::Message(&HISTOGRAM)),
        choice(10, "exponentialHistogram", Kind::Message(&EXPONENTIAL_HISTOGRAM)),
        choice(11, "summary", Kind::Message(&SUMMARY)),
        many(12, "metadata", Kind::Message(&KEY_VALUE)),
    ],
};

static GAUGE: Message = Message { fields: &[many(1, "dataPoints", Kind::Message(&NUMBER_POINT))] };

static SUM: Message = Message {
    fields: &[
        many(1, "dataPoints", Kind::Message(&NUMBER_POINT)),
        one(2, "aggregationTemporality", Kind::Int32),
        one(3, "isMonotonic", Kind::Bool),
    ],
};

static HISTOGRAM: Message = Message {
    fields: &[
        many(1, "dataPoints", Kind::Message(&HISTOGRAM_POINT)),
        one(2, "aggregationTemporality", Kind::Int32),
    ],
};

static EXPONENTIAL_HISTOGRAM: Message = Message {
    fields: &[
        many(1, "dataPoints", Kind::Message(&EXPONENTIAL_HISTOGRAM_POINT)),
        one(2, "aggregationTemporality", Kind::Int32),
    ],
};

static SUMMARY: Message =
    Message { fields: &[many(1, "dataPoints", Kind::Message(&SUMMARY_POINT))] };

static NUMBER_POINT: Message = Message {
    fields: &[
        one(2, "startTimeUnixNano", Kind::Fixed64),
        one(3, "timeUnixNano", Kind::Fixed64),
        choice(4, "asDouble", Kind::Double),
        many(5, "exemplars", Kind::Message(&EXEMPLAR)),
        choice(6, "asInt", Kind::Sfixed64),
        many(7, "attributes", Kind::Message(&KEY_VALUE)),
        one(8, "flags", Kind::Uint32),
    ],
};

static HISTOGRAM_POINT: Message = Message {
    fields: &[
        one(2, "startTimeUnixNano", Kind::Fixed64),
        one(3, "timeUnixNano", Kind::Fixed64),
        one(4, "count", Kind::Fixed64),
        one(5, "sum", Kind::Double),
        many(6, "bucketCounts", Kind::Fixed64),
        many(7, "explicitBounds", Kind::Double),
        many(8, "exemplars", Kind::Message(&EXEMPLAR)),
        many(9, "attributes", Kind::Message(&KEY_VALUE)),
        one(10, "flags", Kind::Uint32),
        one(11, "min", Kind::Double),
        one(12, "max", Kind::Double),
    ],
};

static EXPONENTIAL_HISTOGRAM_POINT: Message = Message {
    fields: &[
        many(1, "attributes", Kind::Message(&KEY_VALUE)),
        one(2, "startTimeUnixNano", Kind::Fixed64),
        one(3, "timeUnixNano", Kind::Fixed64),
        one(4, "count", Kind::Fixed64),
        one(5, "sum", Kind::Double),
        one(6, "scale", Kind::Sint32),
        one(7, "zeroCount", Kind::Fixed64),
        one(8, "positive", Kind::Message(&BUCKETS)),
        one(9, "negative", Kind::Message(&BUCKETS)),
        one(10, "flags", Kind::Uint32),
        many(11, "exemplars", Kind::Message(&EXEMPLAR)),
        one(12, "min", Kind::Double),
        one(13, "max", Kind::Double),
        one(14, "zeroThreshold", Kind::Double),
    ],
};

static BUCKETS: Message =
    Message { fields: &[one(1, "offset", Kind::Sint32), many(2, "bucketCounts", Kind::Uint64)] };

static SUMMARY_POINT: Message = Message {
    fields: &[
        one(2, "startTimeUnixNano", Kind::Fixed64),
        one(3, "timeUnixNano", Kind::Fixed64),
        one(4, "count", Kind::Fixed64),
        one(5, "sum", Kind::Double),
        many(6, "quantileValues", Kind::Message(&QUANTILE)),
        many(7, "attributes", Kind::Message(&KEY_VALUE)),
        one(8, "flags", Kind::Uint32),
    ],
};

static QUANTILE: Message =
    Message { fields: &[one(1, "quantile", Kind::Double), one(2, "value", Kind::Double)] };

static EXEMPLAR: Message = Message {
    fields: &[
        one(2, "timeUnixNano", Kind::Fixed64),
        choice(3, "asDouble", Kind::Double),
        one(4, "spanId", Kind::Hex),
        one(5, "traceId", Kind::Hex),
        choice(6, "asInt", Kind::Sfixed64),
        many(7, "filteredAttributes", Kind::Message(&KEY_VALUE)),
    ],
};

static RESOURCE: Message = Message {
    fields: &[
        many(1, "attributes", Kind::Message(&KEY_VALUE)),
        one(2, "droppedAttributesCount", Kind::Uint32),
        many(3, "entityRefs", Kind::Message(&ENTITY_REF)),
    ],
};

static ENTITY_REF: Message = Message {
    fields: &[
        one(1, "schemaUrl", Kind::String),
        one(2, "type", Kind::String),
        many(3, "idKeys", Kind::String),
        many(4, "descriptionKeys", Kind::String),
    ],
};

static SCOPE: Message = Message {
    fields: &[
        one(1, "name", Kind::String),
        one(2, "version", Kind::String),
        many(3, "attributes", Kind::Message(&KEY_VALUE)),
        one(4, "droppedAttributesCount", Kind::Uint32),
    ],
};

static KEY_VALUE: Message = Message {
    fields: &[
        one(1, "key", Kind::String),
        one(2, "value", Kind::Message(&ANY_VALUE)),
        one(3, "keyStrindex", Kind::Int32),
    ],
};

static ANY_VALUE: Message = Message {
    fields: &[
        choice(1, "stringValue", Kind::String),
        choice(2, "boolValue", Kind::Bool),
        choice(3, "intValue", Kind::Int64),
        choice(4, "doubleValue", Kind::Double),
        choice(5, "arrayValue", Kind::Message(&ARRAY)),
        choice(6, "kvlistValue", Kind::Message(&KEY_VALUE_LIST)),
        choice(7, "bytesValue", Kind::Base64),
        choice(8, "stringValueStrindex", Kind::Int32),
    ],
};

static ARRAY: Message = Message { fields: &[many(1, "values", Kind::Message(&ANY_VALUE))] };

static KEY_VALUE_LIST: Message =
    Message { fields: &[many(1, "values", Kind::Message(&KEY_VALUE))] };
