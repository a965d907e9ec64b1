//! What Tokio's stable interface tells besides: nothing. Beside it `unstable.rs` has more.

use std::sync::Arc;

use opentelemetry::metrics::Meter;
use tokio::runtime::RuntimeMetrics;

use crate::task::runtime::observed::{Observed, Runtimes};

pub(super) const fn queues(_: &RuntimeMetrics) -> [(&'static str, u64); 0] {
    []
}

pub(super) const fn register(_: &Meter, _: &Arc<Runtimes>) {}

/// How long polls took.
#[derive(Debug)]
pub(super) struct PollTimes;

impl PollTimes {
    pub(super) const fn new(_: &Meter) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "the other one has something to remember")]
    pub(super) const fn record(&mut self, _: &[Arc<Observed>]) {}
}
