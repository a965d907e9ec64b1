//! One sample: every source asked, what they know put together and shown.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clock::SharedClock;
use crate::diagnostics::{DiagnosticLevel, Diagnostics, Topic};
use crate::memory::board::Board;
use crate::memory::counts::{FailureReason, SourceName};
use crate::memory::latest::Latest;
use crate::memory::reading::Readings;
use crate::memory::sample::Sample;
use crate::memory::sampler::helper::{Answer, Helper};
use crate::memory::sampler::probe::{Probe, Source};
use crate::memory::sampler::shares::Shares;
use crate::memory::watch::Watch;

/// What takes samples.
#[derive(Debug)]
pub(super) struct Rounds {
    probes: Vec<Arc<Probe>>,
    helper: Option<Helper>,
    source_timeout: Duration,
    clock: SharedClock,
    board: Arc<Board>,
    latest: Arc<Latest>,
    voice: Arc<Diagnostics>,
    is_stopping: Arc<AtomicBool>,
    watch: Watch,
    shares: Shares,
    /// Of which it was said that they fail.
    failing: [bool; SourceName::ALL.len()],
}

impl Rounds {
    pub(super) fn new(
        sources: Vec<Source>,
        source_timeout: Duration,
        latest: &Arc<Latest>,
        voice: &Arc<Diagnostics>,
        is_stopping: &Arc<AtomicBool>,
        watch: Watch,
    ) -> Self {
        Self {
            probes: sources.into_iter().map(|source| Arc::new(Probe::new(source))).collect(),
            helper: None,
            source_timeout,
            clock: Arc::clone(latest.clock()),
            board: Arc::clone(latest.board()),
            latest: Arc::clone(latest),
            voice: Arc::clone(voice),
            is_stopping: Arc::clone(is_stopping),
            watch,
            shares: Shares::new(),
            failing: [false; SourceName::ALL.len()],
        }
    }

    /// Takes one sample and shows it.
    pub(super) fn sample(&mut self) {
        let mut readings = Readings::unknown();
        for index in 0..self.probes.len() {
            let Some(probe) = self.probes.get(index).map(Arc::clone) else { break };
            let outcome = self.ask(&probe, &mut readings);
            if self.is_stopping() {
                // What was not waited for has not failed, and half a sample is none.
                return;
            }
            self.judge(probe.name, outcome);
        }
        let at = self.clock.now();
        self.shares.add(at, &mut readings);
        self.latest.set(at, &readings);
        self.board.publish(&readings, at);
        let sample = Sample::new(at, &readings);
        let watch = &mut self.watch;
        let seen = catch_unwind(AssertUnwindSafe(|| watch.on_sample(&sample)));
        // A panic was reported where it happened.
        self.judge(SourceName::Watch, seen.map_err(|_payload| FailureReason::Panic));
        self.board.counts.samples.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends the helper.
    pub(super) fn end(mut self) {
        if let Some(helper) = self.helper.take() {
            helper.retire();
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    fn ask(&mut self, probe: &Arc<Probe>, readings: &mut Readings) -> Result<(), FailureReason> {
        // One stuck thread for one source, and never a second one.
        if probe.is_running() {
            return Err(FailureReason::Timeout);
        }
        let helper = match self.helper.take() {
            Some(helper) => helper,
            None => Helper::start().map_err(|_error| FailureReason::Thread)?,
        };
        let now = self.clock.now();
        match helper.ask(probe, now, self.source_timeout, &self.is_stopping) {
            Answer::Given => {
                self.helper = Some(helper);
                probe.answer(readings)
            }
            Answer::Missing => {
                helper.retire();
                Err(FailureReason::Timeout)
            }
        }
    }

    fn judge(&mut self, source: SourceName, outcome: Result<(), FailureReason>) {
        let was_failing = match self.failing.get_mut(source as usize) {
            Some(is_failing) => std::mem::replace(is_failing, outcome.is_err()),
            None => false,
        };
        let topic = Topic::MemorySource(source.name());
        match outcome {
            Ok(()) if was_failing => {
                let message = format!("memory source `{}` is back", source.name());
                self.voice.recovered(topic, &message);
            }
            Ok(()) => {}
            Err(reason) => {
                self.board.counts.count_failure(source, reason);
                let message = explain(source, reason);
                self.voice.say(topic, DiagnosticLevel::Warn, &message);
            }
        }
    }
}

fn explain(source: SourceName, reason: FailureReason) -> String {
    let name = source.name();
    let what = match reason {
        FailureReason::Garbage => "gave something that is no number",
        FailureReason::Panic => "panicked",
        FailureReason::Thread => "has no thread to be read on",
        FailureReason::Timeout => "does not answer",
        FailureReason::Unreadable => "cannot be read",
    };
    format!("memory source `{name}` {what}; what it would tell is missing from the metrics")
}
