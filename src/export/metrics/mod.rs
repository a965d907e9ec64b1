//! Recording metrics, collecting them on a thread of their own, and what beacon says of itself.

mod callbacks;
mod collector;
mod counts;
mod overflow;
mod periodic;
mod problems;
mod provider;
mod published;
mod reader;
mod recording;
mod self_metrics;

pub(crate) use collector::{CollectOutcome, MetricCollector};
pub(crate) use counts::{DropReason, ErrorCounts, Number, ReasonCounts};
pub(crate) use periodic::{collect_within, run_periodically};
pub(crate) use problems::{MetricProblem, MetricProblems};
pub(crate) use provider::{GuardedMeterProvider, MetricSource};
pub(crate) use published::{Destination, Published, SignalCounts};
pub(crate) use recording::{ParentOrigin, RecordingSource, SamplingResult};
pub(crate) use self_metrics::SelfMetrics;

#[cfg(test)]
mod tests;
