//! OTLP protobuf bytes of spans and log records, made where the item ends.

pub(crate) mod json;
mod log_record;
mod resource;
mod scope;
mod span;
mod split;

pub(crate) use log_record::{LogRecordEncoder, LogRecordHead, TraceIds};
pub(crate) use resource::encode_resource;
pub(crate) use scope::encode_scope;
pub(crate) use span::encode_span;
pub(crate) use split::{MetricEntry, split_metrics};
