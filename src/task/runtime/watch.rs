//! The thread `beacon-watch`: looks at runtimes and unfinished spans from outside.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use opentelemetry::metrics::Meter;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::clock::SharedClock;
use crate::config::RuntimeSettings;
use crate::error::InitError;
use crate::logging::{LiveSpans, OwnEvents};
use crate::suppression::suppress_thread;
use crate::task::runtime::further::PollTimes;
use crate::task::runtime::instruments::{self, Histograms, name_attribute};
use crate::task::runtime::judge::WorkerCounts;
use crate::task::runtime::marks;
use crate::task::runtime::observed::{ObserveRuntimeError, Observed, Runtimes};
use crate::task::runtime::stall::{LongPolls, Stall, StallChange, Workers};
use crate::task::runtime::tell;
use crate::wait::wait_for;

/// What the watch needs of the rest.
#[derive(Debug)]
pub(crate) struct RuntimeWatchParts {
    pub(crate) settings: RuntimeSettings,
    pub(crate) clock: SharedClock,
    pub(crate) spans: Arc<LiveSpans>,
    pub(crate) events: OwnEvents,
    /// Where the instruments go; `None`: metrics go nowhere, and everything is told all the same.
    pub(crate) meter: Option<Meter>,
}

/// A handle on the thread.
#[derive(Debug)]
pub(crate) struct RuntimeWatch {
    runtimes: Arc<Runtimes>,
    watches_runtimes: bool,
    is_stopping: Arc<AtomicBool>,
    thread: Thread,
    running: Mutex<Option<(JoinHandle<()>, oneshot::Receiver<()>)>>,
}

impl RuntimeWatch {
    /// Starts the thread.
    pub(crate) fn start(parts: RuntimeWatchParts) -> Result<Self, InitError> {
        let runtimes = Runtimes::new(&parts.clock);
        let watches_runtimes = parts.settings.metrics || parts.settings.stall_threshold.is_some();
        let is_stopping = Arc::new(AtomicBool::new(false));
        let look = Look::new(parts, &runtimes, &is_stopping);
        let (end, ended) = oneshot::channel();
        let running = thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || {
                look.run();
                // Nobody may be waiting.
                let _ = end.send(());
            })
            .map_err(|source| InitError::Thread { name: THREAD_NAME, source })?;
        let thread = running.thread().clone();
        runtimes.set_watcher(thread.clone());
        let running = Mutex::new(Some((running, ended)));
        Ok(Self { runtimes, watches_runtimes, is_stopping, thread, running })
    }

    pub(crate) fn observe(&self, name: &str, handle: &Handle) -> Result<(), ObserveRuntimeError> {
        if !self.watches_runtimes {
            return Err(ObserveRuntimeError::NotWatching);
        }
        self.runtimes.observe(name, handle)
    }

    /// Tells the thread to end, lets go of all runtimes, and does not wait.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.runtimes.close();
        self.thread.unpark();
    }

    /// Ends the thread, and waits for it at most for `limit`.
    pub(crate) fn end(&self, limit: Duration) {
        self.stop();
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((running, ended)) = running else { return };
        // An answer that never comes because the thread has panicked is an answer as well.
        if wait_for(ended, limit).is_some() {
            // A panic on the thread was reported where it happened, and nothing is left to do.
            drop(running.join());
        }
    }
}

impl Drop for RuntimeWatch {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What callbacks read of unfinished spans.
#[derive(Debug, Default)]
pub(super) struct SpanBoard {
    oldest_nanos: AtomicU64,
    overdue: AtomicU64,
}

impl SpanBoard {
    pub(super) fn oldest(&self) -> Duration {
        Duration::from_nanos(self.oldest_nanos.load(Ordering::Relaxed))
    }

    pub(super) fn overdue(&self) -> u64 {
        self.overdue.load(Ordering::Relaxed)
    }
}

/// What the thread does and remembers.
struct Look {
    settings: RuntimeSettings,
    clock: SharedClock,
    spans: Arc<LiveSpans>,
    events: OwnEvents,
    histograms: Option<Histograms>,
    poll_times: Option<PollTimes>,
    runtimes: Arc<Runtimes>,
    board: Arc<SpanBoard>,
    is_stopping: Arc<AtomicBool>,
    workers: Vec<Workers>,
    polls: LongPolls,
    stalls: u64,
    told: BTreeMap<Arc<str>, Told>,
    rounds: BTreeMap<Arc<str>, Round>,
    probed_at: Duration,
    spans_at: Duration,
}

/// How much was told of a runtime lately.
#[derive(Debug, Default)]
struct Told {
    since: Duration,
    count: u32,
    suppressed: u64,
}

/// What a runtime had done when it was last probed, and when its utilization was last told.
#[derive(Debug, Default)]
struct Round {
    parks: u64,
    busy: Duration,
    busy_at: Duration,
}

impl Look {
    fn new(parts: RuntimeWatchParts, runtimes: &Arc<Runtimes>, stop: &Arc<AtomicBool>) -> Self {
        let RuntimeWatchParts { settings, clock, spans, events, meter } = parts;
        let board = Arc::new(SpanBoard::default());
        if settings.stall_threshold.is_some() {
            marks::begin_to_watch();
        }
        if let Some(meter) = &meter {
            if settings.metrics {
                instruments::register_runtimes(meter, runtimes);
            }
            if settings.stall_threshold.is_some() {
                instruments::register_stalls(meter, runtimes);
            }
            if settings.span_age_limit.is_some() {
                instruments::register_spans(meter, &spans, &board);
            }
        }
        let now = clock.now();
        Self {
            settings,
            clock,
            spans,
            events,
            histograms: meter.as_ref().map(Histograms::new),
            poll_times: meter.as_ref().filter(|_| settings.metrics).map(PollTimes::new),
            runtimes: Arc::clone(runtimes),
            board,
            is_stopping: Arc::clone(stop),
            workers: Vec::new(),
            polls: LongPolls::default(),
            stalls: 0,
            told: BTreeMap::new(),
            rounds: BTreeMap::new(),
            probed_at: now,
            spans_at: now,
        }
    }

    fn run(mut self) {
        let _suppressed = suppress_thread();
        let mut before = self.clock.now();
        while !self.is_stopping.load(Ordering::Acquire) {
            let now = self.clock.now();
            self.round(now, now.saturating_sub(before));
            before = now;
            let next = now.saturating_add(self.interval());
            self.clock.park_until(next);
        }
    }

    fn interval(&self) -> Duration {
        let has_runtimes = !self.runtimes.all().is_empty();
        let stalls = self.settings.stall_threshold.map(half).filter(|_| has_runtimes);
        let probes = (self.settings.metrics && has_runtimes).then_some(PROBE_INTERVAL);
        let spans = self.settings.span_age_limit.map(|limit| half(limit).min(SPANS_INTERVAL));
        [stalls, probes, spans].into_iter().flatten().min().unwrap_or(IDLE_INTERVAL)
    }

    fn round(&mut self, now: Duration, passed: Duration) {
        self.runtimes.forget_gone();
        let runtimes = self.runtimes.all();
        if let Some(threshold) = self.settings.stall_threshold {
            self.look_for_stalls(&runtimes, threshold, now, passed);
        }
        if self.settings.metrics && now.saturating_sub(self.probed_at) >= PROBE_INTERVAL {
            self.probed_at = now;
            self.probe(&runtimes, now);
        }
        if let Some(limit) = self.settings.span_age_limit
            && now.saturating_sub(self.spans_at) >= half(limit).min(SPANS_INTERVAL)
        {
            self.spans_at = now;
            self.look_for_old_spans(limit);
        }
    }

    fn look_for_stalls(
        &mut self,
        runtimes: &[Arc<Observed>],
        threshold: Duration,
        now: Duration,
        passed: Duration,
    ) {
        // Not in time: the process was stopped, or had no processor. So had the workers.
        let on_time = Some(passed).filter(|passed| *passed < threshold);
        self.polls.look(marks::polls(), on_time.unwrap_or_default());
        let is_observed = |workers: &Workers| runtimes.iter().any(|r| r.id == workers.runtime());
        self.workers.retain(is_observed);
        for runtime in runtimes {
            let counts: Vec<WorkerCounts> = runtime.workers().collect();
            let Some(workers) = self.workers.iter_mut().find(|w| w.runtime() == runtime.id) else {
                self.workers.push(Workers::new(runtime.id, &counts));
                continue;
            };
            let polls = &self.polls;
            if !runtime.is_driven() && !polls.has_any_on(runtime.id) {
                // What nobody drives is not blocked.
                *workers = Workers::new(runtime.id, &counts);
                continue;
            }
            let changes = workers.look(&counts, on_time, threshold, polls, &mut self.stalls);
            let stalled = u64::try_from(workers.stalled()).unwrap_or(u64::MAX);
            runtime.stalled_workers.store(stalled, Ordering::Relaxed);
            for change in changes {
                self.tell(runtime, &change, now);
            }
        }
    }

    fn tell(&mut self, runtime: &Arc<Observed>, change: &StallChange, now: Duration) {
        let (stall, has_ended) = match change {
            StallChange::Begun(stall) => {
                runtime.stalls.fetch_add(1, Ordering::Relaxed);
                (stall, false)
            }
            StallChange::Ended(stall) => {
                self.record(runtime, stall);
                (stall, true)
            }
        };
        let told = self.told.entry(Arc::clone(&runtime.name)).or_default();
        if now.saturating_sub(told.since) >= TOLD_PERIOD {
            *told = Told { since: now, count: 0, suppressed: told.suppressed };
        }
        if told.count >= TOLD_MAX {
            told.suppressed = told.suppressed.saturating_add(1);
            return;
        }
        told.count = told.count.saturating_add(1);
        let suppressed = std::mem::take(&mut told.suppressed);
        let span = stall.poll.and_then(|poll| self.spans.facts(poll.span, true));
        tell::tell_stall(&self.events, runtime, stall, span.as_ref(), has_ended, suppressed);
    }

    fn record(&self, runtime: &Observed, stall: &Stall) {
        if let Some(histograms) = &self.histograms {
            histograms.stall.record(stall.duration.as_secs_f64(), &[name_attribute(runtime)]);
        }
    }

    /// Asks probes of runtimes that do something, and takes the answers.
    fn probe(&mut self, runtimes: &[Arc<Observed>], now: Duration) {
        self.rounds.retain(|name, _| runtimes.iter().any(|runtime| runtime.name == *name));
        self.told.retain(|name, _| runtimes.iter().any(|runtime| runtime.name == *name));
        for runtime in runtimes {
            if let (Some(delay), Some(histograms)) = (runtime.probe.take_delay(), &self.histograms)
            {
                histograms.delay.record(delay.as_secs_f64(), &[name_attribute(runtime)]);
            }
            let round = self.rounds.entry(Arc::clone(&runtime.name)).or_default();
            let parks = runtime.parks();
            let is_at_work = runtime.workers().any(|worker| !worker.is_parked());
            // A probe itself wakes a worker or two. An idle runtime is left alone.
            if is_at_work || parks.saturating_sub(round.parks) > PARKS_OF_PROBE {
                runtime.probe.ask();
            }
            round.parks = parks;
            let passed = now.saturating_sub(round.busy_at);
            if passed >= UTILIZATION_INTERVAL {
                let busy = runtime.busy();
                if !round.busy_at.is_zero() {
                    let worked = busy.saturating_sub(round.busy);
                    runtime.set_utilization(billionths(worked, passed, &runtime.metrics));
                }
                (round.busy, round.busy_at) = (busy, now.max(Duration::from_nanos(1)));
            }
        }
        if let Some(poll_times) = &mut self.poll_times {
            poll_times.record(runtimes);
        }
    }

    fn look_for_old_spans(&self, limit: Duration) {
        let ages = self.spans.ages(limit);
        let oldest = u64::try_from(ages.oldest.as_nanos()).unwrap_or(u64::MAX);
        self.board.oldest_nanos.store(oldest, Ordering::Relaxed);
        self.board.overdue.store(ages.overdue, Ordering::Relaxed);
        for spans in &ages.untold {
            tell::tell_overdue(&self.events, spans, limit);
        }
    }
}

/// The share of the time of all workers, at most the whole.
fn billionths(worked: Duration, passed: Duration, metrics: &tokio::runtime::RuntimeMetrics) -> u64 {
    let workers = u128::try_from(metrics.num_workers()).unwrap_or(1);
    let available = passed.as_nanos().saturating_mul(workers);
    let share = worked.as_nanos().saturating_mul(BILLION).checked_div(available);
    u64::try_from(share.unwrap_or_default().min(BILLION)).unwrap_or_default()
}

fn half(duration: Duration) -> Duration {
    duration.checked_div(2).unwrap_or_default()
}

const BILLION: u128 = 1_000_000_000;

/// The name of the thread.
const THREAD_NAME: &str = "beacon-watch";

/// Time between two questions to a runtime.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);

/// How often all workers together park for one question, at most.
const PARKS_OF_PROBE: u64 = 4;

/// Time between two looks at unfinished spans, at most; and what a utilization is of.
const SPANS_INTERVAL: Duration = Duration::from_secs(15);
const UTILIZATION_INTERVAL: Duration = Duration::from_secs(15);

/// Where there is nothing to look at, until somebody brings it.
const IDLE_INTERVAL: Duration = Duration::from_hours(1);

/// How much is told of one runtime, and in which time.
const TOLD_MAX: u32 = 10;
const TOLD_PERIOD: Duration = Duration::from_mins(1);
