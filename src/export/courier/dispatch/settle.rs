//! What becomes of a request when an attempt has ended, or its time is over.

use std::borrow::Cow;
use std::time::Duration;

use crate::export::courier::dispatch::Dispatcher;
use crate::export::courier::dispatch::operation::{Account, Ended, Operation};
use crate::export::courier::gate::PauseWish;
use crate::export::courier::ledger::Ledger;
use crate::export::wire::{Cause, Outcome, PeerStatus};
use crate::report::DropReason;

impl Dispatcher {
    pub(super) fn take_ended(
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
        mut operation: Operation,
        started: Duration,
        cause: &Cause,
        wish: PauseWish,
    ) {
        let now = self.parts.clock.now();
        self.gate.fail(started, now, wish);
        self.parts.announcer.failing(now, cause);
        if let Some(stop) = &mut self.stop {
            let is_last = started >= stop.asked_at;
            // A peer that closes a connection which was idle for long is a healthy one.
            let is_forgiven = cause.is_broken_connection() && !operation.broke_at_end;
            operation.broke_at_end = is_last;
            if is_last && !is_forgiven {
                stop.is_hopeless = true;
                self.end(&operation, Some(&cause.error_type), cause.status);
                self.give_up(operation.account, DropReason::Shutdown, cause.error_type.clone());
                return;
            }
            self.gate.end_pause(now);
        }
        operation.failures = operation.failures.saturating_add(1);
        operation.last_failure = Some(cause.clone());
        let at = self.waiting.partition_point(|other| other.rank() <= operation.rank());
        self.waiting.insert(at, operation);
    }

    /// Drops what was not delivered before shutdown's end.
    pub(super) fn give_up_the_rest(&mut self, is_deadline: bool) {
        while let Some(operation) = self.waiting.pop_front() {
            self.end(&operation, Some("shutdown"), None);
            self.give_up(operation.account, DropReason::Shutdown, "shutdown".into());
        }
        while let Some((sequence, batch)) = self.halves.pop_front() {
            let account = Account { sequence, items: batch.items(), charge: batch.charge() };
            self.give_up(account, DropReason::Shutdown, "shutdown".into());
        }
        self.parts.lane.drop_queue(DropReason::Shutdown);
        self.forced_items = 0;
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

    pub(super) fn give_up(
        &mut self,
        account: Account,
        reason: DropReason,
        error_type: Cow<'static, str>,
    ) {
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

    /// When `OTEL_BSP_EXPORT_TIMEOUT` or its like ends the request.
    pub(super) fn expires_at(&self, operation: &Operation) -> Option<Duration> {
        let timeout = self.parts.settings.operation_timeout?;
        operation.first_attempt_at.map(|first| first.saturating_add(timeout))
    }

    pub(super) fn expire_waiting(&mut self, now: Duration) {
        for _ in 0..self.waiting.len() {
            let Some(operation) = self.waiting.pop_front() else { return };
            if self.expires_at(&operation).is_some_and(|at| at <= now) {
                let cause = operation.last_failure.as_ref();
                let status = cause.and_then(|cause| cause.status);
                let error_type = cause.map_or("timeout".into(), |cause| cause.error_type.clone());
                self.end(&operation, Some(&error_type), status);
                let text = format!("{} items were not delivered in time", operation.account.items);
                self.parts.announcer.lost(&text);
                self.give_up(operation.account, DropReason::RetryExhausted, error_type);
            } else {
                self.waiting.push_back(operation);
            }
        }
    }
}
