//! The thread that collects: the only place where a user's metric callback runs.

use std::collections::HashSet;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use prost::Message as _;
use tokio::sync::oneshot;

use crate::Signal;
use crate::clock::SharedClock;
use crate::export::courier::Intake;
use crate::export::encode::split_metrics;
use crate::export::metrics::overflow::has_overflowed;
use crate::export::metrics::problems::{MetricProblem, MetricProblems};
use crate::export::metrics::provider::MetricSource;
use crate::suppression::suppress_thread;

/// What became of one request to collect.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CollectOutcome {
    /// Collected and left with the intake.
    Collected { data_points: u64 },
    /// Nothing came of it; the reason was said.
    Failed,
    /// The collector was stopped.
    Stopped,
    /// An earlier collection, which nobody waits for any more, is still inside a callback.
    Stuck,
    /// The caller's time was over. What the collection still finds is delivered nevertheless.
    TimedOut,
}

impl CollectOutcome {
    /// Returns the value of `error.type` for the duration of the collection; none for success.
    pub(crate) const fn error_type(self) -> Option<&'static str> {
        match self {
            Self::Collected { .. } => None,
            Self::Failed => Some("_OTHER"),
            Self::Stopped => Some("already_shutdown"),
            Self::Stuck | Self::TimedOut => Some("timeout"),
        }
    }
}

/// Collects on request, one collection at a time, on a thread named `beacon-metrics`.
///
/// The thread sleeps until it is asked. A callback that never returns holds this thread and
/// nothing else.
#[derive(Debug)]
pub(crate) struct MetricCollector {
    commands: Mutex<Option<SyncSender<Answer>>>,
    turn: tokio::sync::Mutex<()>,
    is_running: Arc<AtomicBool>,
    end: tokio::sync::Mutex<oneshot::Receiver<()>>,
    problems: Arc<MetricProblems>,
}

type Answer = oneshot::Sender<CollectOutcome>;

impl MetricCollector {
    /// Starts the thread. `before_each` runs on it before the callbacks do. Metrics that encode to more than `entry_bytes_max` are cut.
    ///
    /// # Errors
    ///
    /// The system gave no thread.
    pub(crate) fn start(
        source: MetricSource,
        intake: Arc<Intake>,
        entry_bytes_max: usize,
        before_each: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        // One place is enough: a command is only sent when the one before was answered.
        let (commands, received) = mpsc::sync_channel(1);
        let (ending, end) = oneshot::channel();
        let is_running = Arc::new(AtomicBool::new(false));
        let problems = Arc::clone(source.problems());
        let before_each = Box::new(before_each);
        let overflowed = HashSet::new();
        let collection = Collection { source, intake, entry_bytes_max, before_each, overflowed };
        let is_running_there = Arc::clone(&is_running);
        // Nobody joins the handle: `end` tells when the thread is done, and a callback that never
        // returns would make joining it endless.
        let _handle =
            thread::Builder::new().name("beacon-metrics".to_owned()).spawn(move || {
                let _ending: oneshot::Sender<()> = ending;
                serve(&received, collection, &is_running_there);
            })?;
        Ok(Self {
            commands: Mutex::new(Some(commands)),
            turn: tokio::sync::Mutex::new(()),
            is_running,
            end: tokio::sync::Mutex::new(end),
            problems,
        })
    }

    /// Collects once and returns when the metrics are with the intake.
    ///
    /// Callers wait for each other. To drop the future is to stop waiting: the collection goes on,
    /// and until it has ended every further call returns [`CollectOutcome::Stuck`] at once.
    pub(crate) async fn collect(&self) -> CollectOutcome {
        let _turn = self.turn.lock().await;
        // Whoever waits for a collection holds the turn: this one was given up.
        if self.is_running.load(Ordering::Acquire) {
            self.problems.collection_stuck();
            return CollectOutcome::Stuck;
        }
        let (answer, outcome) = oneshot::channel();
        self.is_running.store(true, Ordering::Release);
        if !self.send(answer) {
            self.is_running.store(false, Ordering::Release);
            return CollectOutcome::Stopped;
        }
        outcome.await.unwrap_or(CollectOutcome::Stopped)
    }

    /// Ends the thread after the collection that it is in, if any. Does not wait.
    pub(crate) fn stop(&self) {
        drop(self.commands.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Waits until the thread has ended, at most until `deadline` on the clock, and returns whether
    /// it has. A thread that a callback holds is left behind, and that is said.
    pub(crate) async fn join(&self, clock: &SharedClock, deadline: Duration) -> bool {
        let mut end = self.end.lock().await;
        if end.is_terminated() {
            return true;
        }
        tokio::select! {
            biased;
            // Nothing is ever sent; the sender falls with the thread.
            _ = &mut *end => true,
            () = clock.sleep_until(deadline) => {
                self.problems.say(MetricProblem::ThreadDetached);
                false
            }
        }
    }

    fn send(&self, answer: Answer) -> bool {
        let commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        commands.as_ref().is_some_and(|commands| commands.try_send(answer).is_ok())
    }
}

fn serve(commands: &Receiver<Answer>, mut collection: Collection, is_running: &AtomicBool) {
    // For the whole life of the thread: collecting must not record spans or logs of its own.
    let _suppressed = suppress_thread();
    while let Ok(answer) = commands.recv() {
        let result = panic::catch_unwind(AssertUnwindSafe(|| collection.run()));
        let result = result.unwrap_or_else(|_| Err("the collection panicked".to_owned()));
        let problems = collection.source.problems();
        let outcome = match result {
            Ok(data_points) => {
                problems.collection_succeeded();
                CollectOutcome::Collected { data_points }
            }
            Err(reason) => {
                problems.collection_failed(reason);
                CollectOutcome::Failed
            }
        };
        is_running.store(false, Ordering::Release);
        // A caller that has stopped waiting has said so already.
        let _ignored = answer.send(outcome);
    }
}

/// What the thread owns.
struct Collection {
    source: MetricSource,
    intake: Arc<Intake>,
    entry_bytes_max: usize,
    /// Refreshes what callbacks read.
    before_each: Box<dyn Fn() + Send>,
    /// Scope and name of the metrics of which an overflow was said. Bounded by the instruments.
    overflowed: HashSet<(String, String)>,
}

impl Collection {
    fn run(&mut self) -> Result<u64, String> {
        (self.before_each)();
        let metrics = self.source.collect()?;
        self.report_overflows(&metrics);
        let request = ExportMetricsServiceRequest::from(&metrics).encode_to_vec();
        let mut data_points = 0_u64;
        for entry in split_metrics(&request, self.entry_bytes_max) {
            let count = entry.data_points;
            self.intake.push_counted(Signal::Metrics, &entry.scope, &entry.bytes, count);
            data_points = data_points.saturating_add(u64::from(count));
        }
        Ok(data_points)
    }

    fn report_overflows(&mut self, metrics: &ResourceMetrics) {
        for scope in metrics.scope_metrics() {
            for metric in scope.metrics().filter(|metric| has_overflowed(metric)) {
                let instrument = metric.name().to_owned();
                let key = (scope.scope().name().to_owned(), instrument.clone());
                if self.overflowed.insert(key) {
                    self.source.problems().say(MetricProblem::SeriesOverflowed { instrument });
                }
            }
        }
    }
}
