//! Delivers one signal: cuts requests, keeps several in flight, retries, settles every item.

use std::borrow::Cow;
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

use crate::Signal;
use crate::clock::SharedClock;
use crate::config::QueueSettings;
use crate::export::courier::announce::Announcer;
use crate::export::courier::gate::{Gate, PauseWish};
use crate::export::courier::lane::Lane;
use crate::export::courier::ledger::Ledger;
use crate::export::courier::request::Batch;
use crate::export::courier::sink::{Ready, Sink};
use crate::export::wire::{Cause, ConsoleError, Outcome, PeerStatus, PrepareError};
use crate::report::DropReason;

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

/// Told of each request that has ended, whatever way: the duration runs from the start of its first
/// attempt to the end of its last. Only a full success has no error type.
pub(crate) trait OperationObserver: std::fmt::Debug + Send + Sync {
    fn operation_ended(
        &self,
        signal: Signal,
        duration: Duration,
        error_type: Option<&str>,
        status: Option<PeerStatus>,
    );
}

/// One request from its first attempt to its last.
#[derive(Debug)]
struct Operation {
    ready: Ready,
    account: Account,
    first_attempt_at: Option<Duration>,
}

/// What has to be settled at the end of a request.
#[derive(Clone, Copy, Debug)]
struct Account {
    /// In the order of the queue. Two halves of one batch share it.
    sequence: u64,
    items: u64,
    charge: usize,
}

#[derive(Debug)]
struct Ended {
    operation: Operation,
    started: Duration,
    outcome: Outcome,
}

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
        if self.parts.lane.take_overflow() {
            self.parts.announcer.overflowed(now);
        }
        if self.due_at.is_none() && self.parts.lane.is_armed() {
            self.due_at = Some(now.saturating_add(self.parts.settings.schedule_delay));
        }
        if self.due_at.is_some_and(|due| due <= now) {
            self.due_at = None;
            self.forced_items = self.parts.lane.take_open();
        }
        if let Some(stop) = self.stop
            && (stop.is_hopeless || stop.deadline <= now)
        {
            self.give_up_the_rest(stop.deadline <= now);
        }
        self.expire_waiting(now);
        while self.may_start(now) {
            let Some(operation) = self.waiting.pop_front().or_else(|| self.next_operation()) else {
                break;
            };
            self.start(operation, now);
        }
        self.answer_flushes();
    }

    fn may_start(&self, now: Duration) -> bool {
        match self.gate.closed_until() {
            None => self.attempts.len() < self.parts.settings.requests_in_flight_max,
            Some(until) => self.attempts.is_empty() && until <= now,
        }
    }

    fn next_timer(&self) -> Option<Duration> {
        let has_work = !self.waiting.is_empty()
            || !self.halves.is_empty()
            || self.parts.lane.queued_items() > 0;
        let gate = self.gate.closed_until().filter(|_| has_work && self.attempts.is_empty());
        let expiry = self.waiting.iter().filter_map(|operation| self.expires_at(operation)).min();
        let stop = self.stop.map(|stop| stop.deadline);
        [self.due_at, gate, expiry, stop].into_iter().flatten().min()
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
        self.due_at = None;
        match command {
            Some(LaneCommand::HandOver) => self.forced_items = self.parts.lane.take_open(),
            Some(LaneCommand::Flush(reply)) => {
                self.gate.end_pause(now);
                self.forced_items = self.parts.lane.take_open();
                let cut_items_target = self.cut_items.saturating_add(self.forced_items);
                self.flushes.push(FlushWaiter { cut_items_target, end_sequence: None, reply });
            }
            // A courier that is gone without a word is as good as stopped.
            None if self.stop.is_none() => self.stop_by(now, now),
            Some(LaneCommand::Stop { deadline }) => self.stop_by(now, deadline),
            None => {}
        }
    }

    fn stop_by(&mut self, now: Duration, deadline: Duration) {
        self.gate.end_pause(now);
        self.forced_items = self.parts.lane.close();
        self.stop = Some(Stop { asked_at: now, deadline, is_hopeless: false });
    }

    /// Cuts the next request, and makes it ready for the wire.
    fn next_operation(&mut self) -> Option<Operation> {
        loop {
            let (sequence, mut batch) = match self.halves.pop_front() {
                Some(half) => half,
                None => self.cut_batch()?,
            };
            let account = Account { sequence, items: batch.items(), charge: batch.charge() };
            let body = batch.assemble(&self.parts.resource_fields);
            if !self.show(account, &body) {
                continue;
            }
            match self.parts.sink.prepare(body, REQUEST_BYTES_LIMIT) {
                Ok(ready) => return Some(Operation { ready, account, first_attempt_at: None }),
                Err(PrepareError::TooLarge { .. }) => {
                    if let Some(rear) = batch.split_off_half() {
                        self.count_unsettled(sequence);
                        self.halves.push_front((sequence, rear));
                        self.halves.push_front((sequence, batch));
                    } else {
                        self.give_up(account, DropReason::TooLarge, "too_large".into());
                    }
                }
                Err(error) => {
                    self.parts.announcer.lost(&format!("{} items: {error}", account.items));
                    self.give_up(account, DropReason::Invalid, "invalid".into());
                }
            }
        }
    }

    /// Shows a request on the console. Returns whether it goes on from there.
    fn show(&mut self, account: Account, body: &[u8]) -> bool {
        let Err(error) = self.parts.sink.show(self.parts.signal, body) else { return true };
        self.parts.announcer.lost(&format!("{} items on the console: {error}", account.items));
        if !self.parts.sink.is_console_only() {
            // A copy was lost, not the items.
            return true;
        }
        let reason = match error {
            ConsoleError::Io(_) => DropReason::IoError,
            ConsoleError::Malformed(_) => DropReason::Invalid,
        };
        self.give_up(account, reason, error.error_type().into());
        false
    }

    fn cut_batch(&mut self) -> Option<(u64, Batch)> {
        let batch = self.parts.lane.next_batch(self.forced_items > 0)?;
        self.forced_items = self.forced_items.saturating_sub(batch.items());
        self.cut_items = self.cut_items.saturating_add(batch.items());
        let sequence = self.next_sequence;
        self.next_sequence = self.next_sequence.saturating_add(1);
        self.count_unsettled(sequence);
        Some((sequence, batch))
    }

    fn count_unsettled(&mut self, sequence: u64) {
        let count = self.unsettled.entry(sequence).or_default();
        *count = count.saturating_add(1);
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

    /// When `OTEL_BSP_EXPORT_TIMEOUT` or its like ends the request.
    fn expires_at(&self, operation: &Operation) -> Option<Duration> {
        let timeout = self.parts.settings.operation_timeout?;
        operation.first_attempt_at.map(|first| first.saturating_add(timeout))
    }

    fn expire_waiting(&mut self, now: Duration) {
        for _ in 0..self.waiting.len() {
            let Some(operation) = self.waiting.pop_front() else { return };
            if self.expires_at(&operation).is_some_and(|at| at <= now) {
                self.end(&operation, Some("timeout"), None);
                let text = format!("{} items were not delivered in time", operation.account.items);
                self.parts.announcer.lost(&text);
                self.give_up(operation.account, DropReason::RetryExhausted, "timeout".into());
            } else {
                self.waiting.push_back(operation);
            }
        }
    }

    fn take_ended(
        &mut self,
        ended: Option<Result<(tokio::task::Id, Ended), tokio::task::JoinError>>,
    ) {
        match ended {
            Some(Ok((id, ended))) => {
                self.in_flight.remove(&id);
                self.judge(ended);
            }
            // An attempt that panicked is a bug of beacon's: its items are lost, and say so.
            Some(Err(error)) => {
                if let Some(account) = self.in_flight.remove(&error.id()) {
                    self.parts.announcer.lost(&format!("an attempt ended by itself: {error}"));
                    self.give_up(account, DropReason::Invalid, "_OTHER".into());
                }
            }
            None => {}
        }
    }

    fn judge(&mut self, ended: Ended) {
        let Ended { operation, started, outcome } = ended;
        let account = operation.account;
        match outcome {
            Outcome::Delivered { rejected, advice, status } => {
                self.gate.succeed();
                self.parts.announcer.delivered(rejected.min(account.items), advice.as_deref());
                let error_type = (rejected > 0).then_some("rejected");
                self.end(&operation, error_type, status);
                self.settle(account, |ledger| ledger.deliver(account.items, rejected));
            }
            Outcome::Refused { cause } => {
                // It answers, so there is no reason to wait with the next request.
                self.gate.succeed();
                self.parts.announcer.refused(account.items, &cause);
                self.end(&operation, Some(&cause.error_type), cause.status);
                self.settle(account, |ledger| ledger.refuse(account.items, cause.error_type));
            }
            Outcome::ResponseTooLarge { cause } => {
                self.gate.succeed();
                self.parts.announcer.lost(&format!("{} items: {}", account.items, cause.message));
                self.end(&operation, Some(&cause.error_type), cause.status);
                self.give_up(account, DropReason::ResponseTooLarge, cause.error_type);
            }
            Outcome::Retry { cause, hint, hopeless_for_now } => {
                let wish = match hint {
                    Some(hint) => PauseWish::Hint(hint),
                    None if hopeless_for_now => PauseWish::Longest,
                    None => PauseWish::Usual,
                };
                self.retry_later(operation, started, &cause, wish);
            }
        }
    }

    fn retry_later(
        &mut self,
        operation: Operation,
        started: Duration,
        cause: &Cause,
        wish: PauseWish,
    ) {
        let now = self.parts.clock.now();
        self.gate.fail(started, now, wish);
        self.parts.announcer.failing(now, cause);
        if let Some(stop) = &mut self.stop {
            if started >= stop.asked_at {
                stop.is_hopeless = true;
                self.end(&operation, Some(&cause.error_type), cause.status);
                self.give_up(operation.account, DropReason::Shutdown, cause.error_type.clone());
                return;
            }
            self.gate.end_pause(now);
        }
        let sequence = operation.account.sequence;
        let at = self.waiting.partition_point(|other| other.account.sequence <= sequence);
        self.waiting.insert(at, operation);
    }

    /// Drops what was not delivered before shutdown's end.
    fn give_up_the_rest(&mut self, is_deadline: bool) {
        while let Some(operation) = self.waiting.pop_front() {
            self.end(&operation, Some("shutdown"), None);
            self.give_up(operation.account, DropReason::Shutdown, "shutdown".into());
        }
        while let Some((sequence, batch)) = self.halves.pop_front() {
            let account = Account { sequence, items: batch.items(), charge: batch.charge() };
            self.give_up(account, DropReason::Shutdown, "shutdown".into());
        }
        self.parts.lane.drop_queue(DropReason::Shutdown);
        if is_deadline {
            self.attempts.abort_all();
            self.attempts.detach_all();
            let accounts: Vec<Account> =
                self.in_flight.drain().map(|(_, account)| account).collect();
            for account in accounts {
                self.give_up(account, DropReason::Shutdown, "shutdown".into());
            }
        }
    }

    fn give_up(&mut self, account: Account, reason: DropReason, error_type: Cow<'static, str>) {
        self.settle(account, |ledger| ledger.give_up(account.items, reason, error_type));
    }

    fn settle(&mut self, account: Account, settle: impl FnOnce(&mut Ledger)) {
        self.parts.lane.settle(account.charge, account.items, settle);
        if let Some(count) = self.unsettled.get_mut(&account.sequence) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.unsettled.remove(&account.sequence);
            }
        }
    }

    /// Reports the duration of a request that is about to be settled.
    fn end(&self, operation: &Operation, error_type: Option<&str>, status: Option<PeerStatus>) {
        let now = self.parts.clock.now();
        let first = operation.first_attempt_at.unwrap_or(now);
        let duration = now.saturating_sub(first);
        self.parts.observer.operation_ended(self.parts.signal, duration, error_type, status);
    }

    fn answer_flushes(&mut self) {
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

/// No request is larger, whatever the settings: receivers commonly accept 4 MiB, and gRPC puts
/// five bytes in front. Source: opentelemetry-proto, docs/specification.md; gRPC over HTTP/2.
const REQUEST_BYTES_LIMIT: usize = 4 * 1024 * 1024 - 5;

async fn attempt(
    sink: &Sink,
    ready: &Ready,
    clock: &SharedClock,
    started: Duration,
    cut_at: Option<Duration>,
) -> Outcome {
    let attempt = sink.attempt(ready);
    let Some(cut_at) = cut_at else { return attempt.await };
    tokio::select! {
        outcome = attempt => outcome,
        () = clock.sleep_until(cut_at) => {
            let cause = Cause::timeout(cut_at.saturating_sub(started));
            Outcome::Retry { cause, hint: None, hopeless_for_now: false }
        }
    }
}
