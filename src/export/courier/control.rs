//! The export thread: one private runtime for all signals, and the commands it obeys.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::{mpsc, oneshot};

use crate::Signal;
use crate::clock::SharedClock;
use crate::config::QueueSettings;
use crate::export::courier::announce::Announcer;
use crate::export::courier::dispatch::{DispatchParts, Dispatcher, LaneCommand, OperationObserver};
use crate::export::courier::lane::Lane;
use crate::export::courier::sink::Sink;
use crate::export::metrics::MetricPump;
use crate::signal::PerSignal;
use crate::suppression::{mark_thread, suppress_thread};

/// The name of the export thread.
const THREAD_NAME: &str = "beacon-export";
/// How long shutdown waits for the collecting thread, which normally ends at once.
const COLLECTOR_END_WAIT: Duration = Duration::from_millis(100);

/// What delivers one signal.
#[derive(Clone, Debug)]
pub(crate) struct SignalParts {
    pub(crate) lane: Arc<Lane>,
    /// `None`: the signal goes nowhere.
    pub(crate) sink: Option<Arc<Sink>>,
    pub(crate) settings: QueueSettings,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) announcer: Arc<Announcer>,
}

/// What delivers everything.
#[derive(Debug)]
pub(crate) struct CourierParts {
    pub(crate) signals: PerSignal<SignalParts>,
    pub(crate) resource_fields: Bytes,
    pub(crate) clock: SharedClock,
    pub(crate) observer: Arc<dyn OperationObserver>,
    pub(crate) metrics: Option<Arc<MetricPump>>,
}

#[derive(Debug)]
enum Command {
    /// Answered with whether everything was settled before the deadline.
    Flush { deadline: Duration, collects: Collects, reply: oneshot::Sender<bool> },
    /// Answered when everything is settled, at the deadline at the latest.
    Stop { deadline: Duration, reply: oneshot::Sender<()> },
}

/// Whether a flush collects metrics first, which runs the user's callbacks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Collects {
    Metrics,
    Nothing,
}

/// Runs small things on one of beacon's threads, the one of export where there is one: what has to
/// wait, and must not block.
#[derive(Clone, Debug)]
pub(crate) struct Spawner(Handle);

impl Spawner {
    pub(crate) fn of(runtime: &Runtime) -> Self {
        Self(runtime.handle().clone())
    }

    /// Runs the future until it ends, or the thread does.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        // Nobody waits for its end.
        drop(spawn_on(&self.0, future));
    }

    /// Runs what may block, on a thread beside the export thread.
    #[cfg(unix)]
    pub(crate) fn run_blocking(&self, run: impl FnOnce() + Send + 'static) {
        // As above.
        drop(self.0.spawn_blocking(run));
    }

    /// Takes the hang-up signal over from the system, for good: it no longer ends the process.
    #[cfg(unix)]
    pub(crate) fn hang_ups(&self) -> io::Result<tokio::signal::unix::Signal> {
        use tokio::signal::unix::{SignalKind, signal};

        let _entered = self.0.enter();
        signal(SignalKind::hangup())
    }
}

/// A handle on the export thread.
#[derive(Debug)]
pub(crate) struct Courier {
    commands: mpsc::UnboundedSender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
    thread_id: ThreadId,
    spawner: Spawner,
}

impl Courier {
    /// Starts the thread.
    pub(crate) fn start(parts: CourierParts) -> io::Result<Self> {
        // Each command waits for its caller, so their number is bounded by the callers'.
        let (commands, inbox) = mpsc::unbounded_channel();
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // The resolver of hyper-util looks names up on the blocking pool.
            .thread_name("beacon-dns")
            .on_thread_start(mark_thread)
            .max_blocking_threads(2)
            .build()?;
        let spawner = Spawner::of(&runtime);
        let thread = thread::Builder::new()
            .name(THREAD_NAME.to_owned())
            .spawn(move || run_thread(runtime, parts, inbox))?;
        let thread_id = thread.thread().id();
        Ok(Self { commands, thread: Mutex::new(Some(thread)), thread_id, spawner })
    }

    pub(crate) const fn spawner(&self) -> &Spawner {
        &self.spawner
    }

    /// Asks for everything held now to be settled by `deadline`. No answer: the thread has ended.
    pub(crate) fn flush(&self, deadline: Duration, collects: Collects) -> oneshot::Receiver<bool> {
        let (reply, answer) = oneshot::channel();
        // A thread that is gone drops the reply, which is what the receiver then sees.
        drop(self.commands.send(Command::Flush { deadline, collects, reply }));
        answer
    }

    /// Asks for the end. No answer: the thread has ended before.
    pub(crate) fn stop(&self, deadline: Duration) -> oneshot::Receiver<()> {
        let (reply, answer) = oneshot::channel();
        // As above.
        drop(self.commands.send(Command::Stop { deadline, reply }));
        answer
    }

    /// Waits for the thread to end. To be called after the answer to [`stop`](Self::stop): then
    /// the thread has nothing left to do.
    pub(crate) fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic on the thread was reported where it happened, and nothing is left to do.
            drop(thread.join());
        }
    }

    /// Tells whether the calling thread is the export thread of this courier.
    pub(crate) fn is_on_own_thread(&self) -> bool {
        self.thread_id == thread::current().id()
    }
}

fn run_thread(runtime: Runtime, parts: CourierParts, inbox: mpsc::UnboundedReceiver<Command>) {
    let suppressed = suppress_thread();
    let stopped = runtime.block_on(control(parts, inbox));
    // A name look-up that hangs must not hold the end of the process.
    runtime.shutdown_background();
    drop(suppressed);
    if let Some(reply) = stopped {
        // A caller that gave up waiting needs no answer.
        let _ = reply.send(());
    }
}

/// A running dispatcher.
#[derive(Debug)]
struct Running {
    signal: Signal,
    commands: mpsc::UnboundedSender<LaneCommand>,
}

impl Running {
    fn tell(&self, command: LaneCommand) {
        // A dispatcher that has ended has settled everything.
        drop(self.commands.send(command));
    }

    fn flush(&self) -> oneshot::Receiver<()> {
        let (reply, answer) = oneshot::channel();
        self.tell(LaneCommand::Flush(reply));
        answer
    }
}

async fn control(
    parts: CourierParts,
    mut inbox: mpsc::UnboundedReceiver<Command>,
) -> Option<oneshot::Sender<()>> {
    let running: Arc<[Running]> =
        Signal::ALL.into_iter().filter_map(|signal| start_dispatcher(&parts, signal)).collect();
    let pump = parts.metrics.clone().map(|pump| {
        let running = Arc::clone(&running);
        spawn(async move { pump.run(|| hand_over_metrics(&running)).await })
    });
    let (deadline, reply) = loop {
        match inbox.recv().await {
            Some(Command::Flush { deadline, collects, reply }) => {
                let (running, clock) = (Arc::clone(&running), Arc::clone(&parts.clock));
                let metrics = parts.metrics.clone();
                let metrics = metrics.filter(|_| collects == Collects::Metrics);
                spawn(async move {
                    let is_complete = flush(&running, metrics.as_deref(), &clock, deadline).await;
                    if let Some(is_complete) = is_complete {
                        // A caller that gave up waiting needs no answer.
                        let _ = reply.send(is_complete);
                    }
                });
            }
            Some(Command::Stop { deadline, reply }) => break (deadline, Some(reply)),
            None => break (parts.clock.now(), None),
        }
    };
    stop(running, &parts, deadline).await;
    // Not before: to give up a collection that runs is to lose what it finds, and the last one.
    if let Some(pump) = pump {
        pump.abort();
    }
    reply
}

#[expect(clippy::disallowed_methods, reason = "a private runtime: no trace context to carry")]
fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    tokio::spawn(future)
}

#[expect(clippy::disallowed_methods, reason = "a private runtime: no trace context to carry")]
fn spawn_on<F>(runtime: &Handle, future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    runtime.spawn(future)
}

fn start_dispatcher(parts: &CourierParts, signal: Signal) -> Option<Running> {
    let own = parts.signals.get(signal);
    let (commands, inbox) = mpsc::unbounded_channel();
    let dispatcher = Dispatcher::new(
        DispatchParts {
            signal,
            lane: Arc::clone(&own.lane),
            sink: own.sink.clone()?,
            settings: own.settings,
            attempt_timeout: own.attempt_timeout,
            resource_fields: parts.resource_fields.clone(),
            clock: Arc::clone(&parts.clock),
            announcer: Arc::clone(&own.announcer),
            observer: Arc::clone(&parts.observer),
        },
        inbox,
    );
    spawn(dispatcher.run());
    Some(Running { signal, commands })
}

fn hand_over_metrics(running: &[Running]) {
    for dispatcher in running.iter().filter(|running| running.signal == Signal::Metrics) {
        dispatcher.tell(LaneCommand::HandOver);
    }
}

/// Settles everything that is held now, and one more collection of metrics, if there are `metrics`.
/// All signals at once.
///
/// `None`: a dispatcher has ended meanwhile, so that the end decides what became of its items.
async fn flush(
    running: &[Running],
    metrics: Option<&MetricPump>,
    clock: &SharedClock,
    deadline: Duration,
) -> Option<bool> {
    let (with_metrics, others): (Vec<_>, Vec<_>) =
        running.iter().partition(|running| running.signal == Signal::Metrics);
    let mut answers: Vec<_> = others.iter().map(|running| running.flush()).collect();
    let all = async {
        let mut is_complete = Some(match metrics {
            Some(metrics) => metrics.collect_once().await,
            None => true,
        });
        answers.extend(with_metrics.iter().map(|running| running.flush()));
        for answer in answers {
            if answer.await.is_err() {
                is_complete = None;
            }
        }
        is_complete
    };
    tokio::select! {
        is_complete = all => is_complete,
        () = clock.sleep_until(deadline) => Some(false),
    }
}

/// Ends every dispatcher, all at once, by the deadline.
async fn stop(running: Arc<[Running]>, parts: &CourierParts, deadline: Duration) {
    for other in running.iter().filter(|running| running.signal != Signal::Metrics) {
        other.tell(LaneCommand::Stop { deadline });
    }
    if let Some(metrics) = &parts.metrics {
        // A callback that hangs must leave time to deliver what is held already.
        let now = parts.clock.now();
        let half = deadline.saturating_sub(now).div_f64(2.0);
        let collect_by = now.saturating_add(half);
        tokio::select! {
            _ = metrics.collect_once() => {}
            () = parts.clock.sleep_until(collect_by) => {}
        }
        // A flush that runs now would collect for a queue that is closed.
        metrics.collector.stop();
    }
    for metrics in running.iter().filter(|running| running.signal == Signal::Metrics) {
        metrics.tell(LaneCommand::Stop { deadline });
    }
    for dispatcher in running.iter() {
        // A dispatcher drops its inbox at its end.
        dispatcher.commands.closed().await;
    }
    if let Some(metrics) = &parts.metrics {
        // Everything is delivered: a callback that still hangs is not worth waiting for.
        let soon = parts.clock.now().saturating_add(COLLECTOR_END_WAIT);
        metrics.stop(soon).await;
    }
}
