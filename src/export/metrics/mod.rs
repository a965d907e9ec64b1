//! Recording metrics, collecting them on a thread of their own, and what beacon says of itself.

mod callbacks;
mod collector;
mod counts;
mod overflow;
mod periodic;
mod problems;
mod provider;
mod published;
mod pump;
mod reader;
mod self_metrics;

pub(crate) use collector::MetricCollector;
pub(crate) use problems::MetricProblems;
pub(crate) use provider::{GuardedMeterProvider, MetricSource};
pub(crate) use published::{Destination, Published, SignalCounts};
pub(crate) use pump::{CollectionRounds, MetricPump};
pub(crate) use self_metrics::{SelfMetrics, own_scope};

#[cfg(test)]
mod tests;
