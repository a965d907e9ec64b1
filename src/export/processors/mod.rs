//! What the SDK calls when a span or a log record is finished, and the counters of that moment.

mod counters;
mod hiding;
mod log;
mod log_counters;
mod sampler;
mod scopes;
mod scratch;
mod span;

pub(crate) use counters::{ParentOrigin, RecordingCounters, SamplingOutcome};
pub(crate) use hiding::hidden_bytes;
pub(crate) use log::EncodingLogProcessor;
pub(crate) use log_counters::{LogCounters, LogDropReason, LogSink, level_name};
pub(crate) use sampler::CountingSampler;
pub(crate) use scopes::ScopeCache;
pub(crate) use scratch::Scratch;
pub(crate) use span::EncodingSpanProcessor;

/// The tracer whose finished spans reach [`EncodingSpanProcessor`]. Other modules use this name,
/// so that the SDK is named in `export` only.
pub(crate) type SpanTracer = opentelemetry_sdk::trace::SdkTracer;

#[cfg(test)]
pub(crate) mod decode;
#[cfg(test)]
mod tests;
