//! Recording metrics, collecting them on a thread of their own, and what beacon says of itself.

mod callbacks;
mod collector;
mod overflow;
mod periodic;
mod problems;
mod provider;
mod pump;
mod published;
mod reader;
mod self_metrics;

pub(crate) use collector::{CollectOutcome, MetricCollector};
pub(crate) use periodic::{collect_within, run_periodically};
pub(crate) use problems::{MetricProblem, MetricProblems};
pub(crate) use pump::MetricPump;
pub(crate) use provider::{GuardedMeterProvider, MetricSource};
pub(crate) use published::{
    Destination, Published, SignalCounts,
};
pub(crate) use self_metrics::SelfMetrics;

#[cfg(test)]
mod tests;
