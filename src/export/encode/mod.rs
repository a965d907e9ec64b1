//! OTLP protobuf bytes of spans and log records, made where the item ends.

mod attributes;
mod buffer;
mod fields;
pub(crate) mod json;
mod log_record;
mod resource;
mod scope;
mod span;
mod split;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use log_record::{LogRecordEncoder, LogRecordHead, TraceIds};
pub(crate) use resource::encode_resource;
pub(crate) use scope::encode_scope;
pub(crate) use span::{encode_span, unix_nanos};
pub(crate) use split::split_metrics;
