//! One request from its first attempt to its last.

use std::time::Duration;

use crate::Signal;
use crate::clock::SharedClock;
use crate::export::courier::sink::{Ready, Sink};
use crate::export::wire::{Cause, Outcome, PeerStatus};

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
pub(super) struct Operation {
    pub(super) ready: Ready,
    pub(super) account: Account,
    pub(super) first_attempt_at: Option<Duration>,
    pub(super) failures: u32,
    pub(super) last_failure: Option<Cause>,
    /// Its connection broke once since the end was asked for.
    pub(super) broke_at_end: bool,
}

impl Operation {
    pub(super) const fn new(ready: Ready, account: Account) -> Self {
        Self {
            ready,
            account,
            first_attempt_at: None,
            failures: 0,
            last_failure: None,
            broke_at_end: false,
        }
    }
}

impl Operation {
    /// Whether others are tried before it: one that breaks the peer each time must not keep all
    /// others from it.
    pub(super) const fn is_tired(&self) -> bool {
        self.failures >= PATIENCE
    }

    /// The order of trying again.
    pub(super) const fn rank(&self) -> (bool, u64) {
        (self.is_tired(), self.account.sequence)
    }
}

/// Failures of a request after which others are tried before it.
const PATIENCE: u32 = 5;

/// What has to be settled at the end of a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    /// In the order of the queue. Two halves of one batch share it.
    pub(super) sequence: u64,
    pub(super) items: u64,
    pub(super) charge: usize,
}

#[derive(Debug)]
pub(super) struct Ended {
    pub(super) operation: Operation,
    pub(super) started: Duration,
    pub(super) outcome: Outcome,
}

/// Attempts once, until `cut_at` at the latest.
pub(super) async fn attempt(
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
