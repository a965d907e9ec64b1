//! Looks at each sample of memory: leaks, limits, pressure, and what to do about them.

mod board;
mod decision;
mod growth;
mod heap_sites;
mod instruments;
mod judge;
mod leak_watch;
mod load;
mod probe;
mod profiles;
mod sample;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use crate::export::processors::{LogCounters, ParentOrigin, RecordingCounters, SamplingOutcome};
use crate::memory::allocator::{is_tracking, tick};
use crate::memory::sample::Sample;

pub(crate) use crate::memory::watch::heap_sites::SiteReader;
pub(crate) use crate::memory::watch::leak_watch::{LeakWatch, WatchParts};
pub(crate) use crate::memory::watch::profiles::ProfileWriter;
use crate::memory::watch::sample::WatchSample;

/// Sees every sample, on the thread `beacon-memory`. Owns its state; nobody else touches it.
///
/// The default looks at nothing.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    active: Option<Box<Active>>,
}

#[derive(Debug)]
struct Active {
    leaks: LeakWatch,
    /// `None`: nothing records, so that nobody counts work.
    work: Option<Arc<RecordingCounters>>,
    /// When the first sample came, and the age of the process then.
    first: Option<(Duration, Duration)>,
}

impl Watch {
    pub(crate) fn new(leaks: LeakWatch, work: Option<Arc<RecordingCounters>>) -> Self {
        Self { active: Some(Box::new(Active { leaks, work, first: None })) }
    }

    /// Takes one sample. A panic in here is caught and counted, and the next sample comes all the
    /// same.
    pub(crate) fn on_sample(&mut self, sample: &Sample) {
        if is_tracking() {
            // The hook has no clock: this is how it learns how old its samples are.
            tick(sample.at);
        }
        let Some(active) = &mut self.active else { return };
        // The age comes from the clock that drives the samples: it never jumps.
        let age = || sample.process_age().unwrap_or_default();
        let (first_at, first_age) = *active.first.get_or_insert_with(|| (sample.at, age()));
        let age = first_age.saturating_add(sample.at.saturating_sub(first_at));
        let mut seen = WatchSample::new(age, sample);
        seen.work = active.work.as_deref().map(work);
        active.leaks.observe(seen);
    }
}

/// Everything that was done: spans and log records, before any of them is sampled or held back.
fn work(counters: &RecordingCounters) -> u64 {
    let origins = SamplingOutcome::ALL
        .into_iter()
        .flat_map(|outcome| ParentOrigin::ALL.map(|origin| (outcome, origin)));
    let spans = origins.map(|(outcome, origin)| counters.started(outcome, origin));
    let records = LogCounters::LEVELS.into_iter().map(|level| counters.logs.records(level));
    spans.chain(records).fold(0, u64::saturating_add)
}
