//! Delivers one signal: cuts requests, keeps several in flight, retries, settles every item.

mod cut;
mod operation;
mod settle;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
#[expect(
    clippy::disallowed_types,
    reason = "attempts carry no trace context; nothing to lose"
)]
use tokio::task::JoinSet;

use self::operation::{Account, Ended, Operation, attempt};
use crate::Signal;
use crate::clock::SharedClock;
use crate::config::QueueSettings;
use crate::export::courier::announce::Announcer;
use crate::export::courier::gate::Gate;
use crate::export::courier::lane::Lane;
use crate::export::courier::request::Batch;
use crate::export::courier::sink::Sink;
use crate::report::DropReason;

pub(crate) use self::operation::OperationObserver;

/// What a dispatcher can be asked.
#[derive(Debug)]
pub(crate) enum LaneCommand {
    /// Hand everything over that is held now, and answer when all of it is settled.
    Flush(oneshot::Sender<()>),
    /// Hand over what is held now without waiting for more. Respects a pause of the destination.
    HandOver,
    /// Take nothing more, settle everything by this time, and end.
    Stop { deadline: Duration },
}

/// What a dispatcher needs to know and to tell, for its whole life.
#[derive(Clone, Debug)]
pub(crate) struct DispatchParts {
    pub(crate) signal: Signal,
    pub(crate) lane: Arc<Lane>,
    pub(crate) sink: Arc<Sink>,
    pub(crate) settings: QueueSettings,
    /// Bound of one attempt.
    pub(crate) attempt_timeout: Option<Duration>,
    /// Fields 1 and 3 of the resource entry.
    pub(crate) resource_fields: Bytes,
    pub(crate) clock: SharedClock,
    pub(crate) announcer: Arc<Announcer>,
    pub(crate) observer: Arc<dyn OperationObserver>,
}

impl DispatchParts {
    /// How long an item waits for others.
    fn schedule_delay(&self) -> Duration {
        match self.signal {
            Signal::Logs | Signal::Traces => self.settings.schedule_delay,
            Signal::Metrics => COLLECTION_DELAY,
        }
    }
}

/// Metrics are handed over when their collection has ended. Those of a collection that nobody waits
/// for any more leave after this time.
const COLLECTION_DELAY: Duration = Duration::from_secs(1);

/// How long threads that drop are left alone when nothing can be done about it.
const DROP_PAUSE: Duration = Duration::from_secs(1);

/// A flush that is not answered yet.
#[derive(Debug)]
struct FlushWaiter {
    /// The flush covers everything cut from the queue until this many items were cut, ever.
    cut_items_target: u64,
    /// Once that is reached: it is done when every request before this one is settled.
    end_sequence: Option<u64>,
    reply: oneshot::Sender<()>,
}

#[derive(Debug)]
#[expect(clippy::disallowed_types, reason = "attempts carry no trace context; nothing to lose")]
pub(crate) struct Dispatcher {
    parts: DispatchParts,
    commands: mpsc::UnboundedReceiver<LaneCommand>,
    gate: Gate,
    attempts: JoinSet<Ended>,
    /// Of the attempts: kept here too, so that an attempt that is cut off can be settled.
    in_flight: HashMap<tokio::task::Id, Account>,
    /// Failed, to be tried again; oldest first.
    waiting: VecDeque<Operation>,
    /// Batches that were too large in one piece.
    halves: VecDeque<(u64, Batch)>,
    /// Queued items that go without waiting for a full request.
    forced_items: u64,
    /// When a full queue may be looked at again, though nothing can be done about it.
    overflow_due_at: Duration,
    /// When it may be said again that items were dropped for what they are.
    misfit_due_at: Duration,
    /// When open chunks must be taken.
    due_at: Option<Duration>,
    cut_items: u64,
    next_sequence: u64,
    /// Requests that are not settled, by sequence.
    unsettled: BTreeMap<u64, u32>,
    flushes: Vec<FlushWaiter>,
    stop: Option<Stop>,
}

#[derive(Clone, Copy, Debug)]
struct Stop {
    asked_at: Duration,
    deadline: Duration,
    /// A last attempt has failed: no more are made.
    is_hopeless: bool,
}

impl Dispatcher {
    pub(crate) fn new(
        parts: DispatchParts,
        commands: mpsc::UnboundedReceiver<LaneCommand>,
    ) -> Self {
        Self {
            parts,
            commands,
            gate: Gate::default(),
            #[expect(clippy::disallowed_types, reason = "see the field")]
            attempts: JoinSet::new(),
            in_flight: HashMap::new(),
            waiting: VecDeque::new(),
            halves: VecDeque::new(),
            forced_items: 0,
            overflow_due_at: Duration::ZERO,
            misfit_due_at: Duration::ZERO,
            due_at: None,
            cut_items: 0,
            next_sequence: 0,
            unsettled: BTreeMap::new(),
            flushes: Vec::new(),
            stop: None,
        }
    }

    /// Runs until it is told to stop and everything is settled.
    pub(crate) async fn run(mut self) {
        loop {
            self.advance();
            if self.is_finished() {
                return;
            }
            let timer = self.next_timer();
            let clock = Arc::clone(&self.parts.clock);
            tokio::select! {
                biased;
                command = self.commands.recv() => self.obey(command),
                ended = self.attempts.join_next_with_id(), if !self.attempts.is_empty() => {
                    self.take_ended(ended);
                }
                () = self.parts.lane.woken() => {}
                () = async move {
                    match timer {
                        Some(at) => clock.sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                } => {}
            }
        }
    }

    /// Does everything that can be done now.
    fn advance(&mut self) {
        let now = self.parts.clock.now();
        if self.parts.lane.has_overflow() {
            self.relieve(now);
        }
        if self.parts.lane.has_misfit() && self.misfit_due_at <= now {
            self.say_misfits(now);
        }
        if self.due_at.is_none() && self.parts.lane.is_armed() {
            self.due_at = Some(now.saturating_add(self.parts.schedule_delay()));
        }
        // Not before it can start: until then the pieces grow, and the thread rests.
        if self.due_at.is_some_and(|due| due <= now) && self.may_start(now) {
            self.hand_over();
        }
        if let Some(stop) = self.stop
            && (stop.is_hopeless || stop.deadline <= now)
        {
            self.give_up_the_rest(stop.deadline <= now);
        }
        self.expire_waiting(now);
        while self.may_start(now) {
            let Some(operation) = self.next_to_start() else {
                break;
            };
            self.start(operation, now);
        }
        self.answer_flushes();
    }

    /// Something was dropped for want of room. Until that is cleared, nobody wakes this task for it
    /// again; so it is cleared at once only if room is being made, and otherwise at most once in a
    /// while: threads that drop at full speed must not keep this one busy.
    fn relieve(&mut self, now: Duration) {
        if self.may_start(now) {
            // Full in pieces of which none is a request: nothing else would send them yet.
            self.hand_over();
        }
        let is_useful = self.may_start(now) && self.forced_items > 0;
        if is_useful || self.overflow_due_at <= now {
            self.overflow_due_at = now.saturating_add(DROP_PAUSE);
            self.parts.lane.clear_overflow();
            self.parts.announcer.overflowed(now);
        }
    }

    /// Items were dropped where they ended, for what they are.
    fn say_misfits(&mut self, now: Duration) {
        self.misfit_due_at = now.saturating_add(DROP_PAUSE);
        self.parts.lane.clear_misfit();
        let dropped = self.parts.lane.snapshot().dropped_before_wire;
        let too_large = dropped.get(DropReason::TooLarge);
        let invalid = dropped.get(DropReason::Invalid);
        let message =
            format!("so far {too_large} items too large for a request, {invalid} invalid");
        self.parts.announcer.lost(&message);
    }

    /// A request that was tried before, or a new one when that was tried often.
    fn next_to_start(&mut self) -> Option<Operation> {
        let is_tired = self.waiting.front().is_none_or(Operation::is_tired);
        if is_tired && self.waiting.len() <= self.parts.settings.requests_in_flight_max {
            return self.next_operation().or_else(|| self.waiting.pop_front());
        }
        self.waiting.pop_front()
    }

    fn may_start(&self, now: Duration) -> bool {
        match self.gate.closed_until() {
            None => self.has_free_place(),
            Some(until) => self.attempts.is_empty() && until <= now,
        }
    }

    fn has_free_place(&self) -> bool {
        self.attempts.len() < self.parts.settings.requests_in_flight_max
    }

    fn next_timer(&self) -> Option<Duration> {
        // Only what could start now: a timer that is over and starts nothing would spin.
        let has_work = !self.waiting.is_empty()
            || !self.halves.is_empty()
            || self.forced_items > 0
            || self.parts.lane.has_full_request();
        let (due, gate) = match self.gate.closed_until() {
            None => (self.due_at.filter(|_| self.has_free_place()), None),
            // The end of the probe, or of an attempt before it, is what to wait for.
            Some(_) if !self.attempts.is_empty() => (None, None),
            Some(until) => {
                (self.due_at.map(|due| due.max(until)), Some(until).filter(|_| has_work))
            }
        };
        let expiry = self.waiting.iter().filter_map(|operation| self.expires_at(operation)).min();
        let stop = self.stop.map(|stop| stop.deadline);
        [due, gate, expiry, stop].into_iter().flatten().min()
    }

    fn is_finished(&self) -> bool {
        self.stop.is_some()
            && self.attempts.is_empty()
            && self.waiting.is_empty()
            && self.halves.is_empty()
            && self.parts.lane.queued_items() == 0
    }

    fn obey(&mut self, command: Option<LaneCommand>) {
        let now = self.parts.clock.now();
        match command {
            Some(LaneCommand::HandOver) => self.hand_over(),
            Some(LaneCommand::Flush(reply)) => {
                self.gate.end_own_pause(now);
                self.hand_over();
                let cut_items_target = self.cut_items.saturating_add(self.forced_items);
                self.flushes.push(FlushWaiter { cut_items_target, end_sequence: None, reply });
            }
            // A courier that is gone without a word is as good as stopped.
            None if self.stop.is_none() => self.stop_by(now, now),
            Some(LaneCommand::Stop { deadline }) => self.stop_by(now, deadline),
            None => {}
        }
    }

    /// Sends what is held now without waiting for more.
    fn hand_over(&mut self) {
        self.due_at = None;
        self.forced_items = self.parts.lane.take_open();
    }

    fn stop_by(&mut self, now: Duration, deadline: Duration) {
        self.gate.end_pause(now);
        self.due_at = None;
        self.forced_items = self.parts.lane.close();
        self.stop = Some(Stop { asked_at: now, deadline, is_hopeless: false });
    }

    fn start(&mut self, mut operation: Operation, now: Duration) {
        operation.first_attempt_at.get_or_insert(now);
        let account = operation.account;
        let sink = Arc::clone(&self.parts.sink);
        let clock = Arc::clone(&self.parts.clock);
        let timeout_at = self.parts.attempt_timeout.map(|timeout| now.saturating_add(timeout));
        let expires_at = self.expires_at(&operation);
        let cut_at = [timeout_at, expires_at].into_iter().flatten().min();
        let task = self.attempts.spawn(async move {
            let outcome = attempt(&sink, &operation.ready, &clock, now, cut_at).await;
            Ended { operation, started: now, outcome }
        });
        self.in_flight.insert(task.id(), account);
    }

    fn answer_flushes(&mut self) {
        // Of a caller that gave up waiting; else an outage would pile them up.
        self.flushes.retain(|flush| !flush.reply.is_closed());
        let oldest_unsettled = self.unsettled.keys().next().copied().unwrap_or(u64::MAX);
        for flush in &mut self.flushes {
            if flush.cut_items_target <= self.cut_items {
                flush.end_sequence.get_or_insert(self.next_sequence);
            }
        }
        let (done, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.flushes)
            .into_iter()
            .partition(|flush| flush.end_sequence.is_some_and(|end| end <= oldest_unsettled));
        self.flushes = open;
        for flush in done {
            // A caller that gave up waiting needs no answer.
            let _ = flush.reply.send(());
        }
    }
}
