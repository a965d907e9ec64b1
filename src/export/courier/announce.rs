//! What one signal's delivery says about itself, and remembers for `Telemetry::health`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::Signal;
use crate::diagnostics::{DiagnosticLevel, Diagnostics, Topic};
use crate::export::wire::Cause;

/// Speaks for one signal, and keeps its state.
#[derive(Debug)]
pub(crate) struct Announcer {
    signal: Signal,
    target: String,
    voice: Arc<Diagnostics>,
    state: Mutex<DeliveryState>,
}

/// How delivery of one signal goes.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeliveryState {
    /// Since when every attempt has failed, on beacon's clock.
    pub(crate) failing_since: Option<Duration>,
    /// Why the last request was refused, if none was delivered since.
    pub(crate) refusal: Option<String>,
    pub(crate) last_failure: Option<String>,
    /// When something was last dropped for want of room.
    pub(crate) overflowed_at: Option<Duration>,
}

impl Announcer {
    pub(crate) fn new(signal: Signal, target: String, voice: Arc<Diagnostics>) -> Self {
        Self { signal, target, voice, state: Mutex::default() }
    }

    pub(crate) fn state(&self) -> DeliveryState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, update: impl FnOnce(&mut DeliveryState)) {
        update(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// An attempt has failed and will be repeated.
    pub(crate) fn failing(&self, now: Duration, cause: &Cause) {
        self.update(|state| {
            state.failing_since.get_or_insert(now);
            state.last_failure = Some(cause.message.clone());
        });
        let Self { signal, target, .. } = self;
        let message = format!("cannot deliver {signal} to {target}, trying on: {}", cause.message);
        self.voice.say(Topic::Failing(self.signal), DiagnosticLevel::Warn, &message);
    }

    /// The peer has taken a request.
    pub(crate) fn delivered(&self, rejected: u64, advice: Option<&str>) {
        self.update(|state| {
            state.failing_since = None;
            state.refusal = None;
        });
        let Self { signal, target, .. } = self;
        let recovery = format!("delivers {signal} to {target} again");
        self.voice.recovered(Topic::Failing(self.signal), &recovery);
        let advice = advice.unwrap_or("no reason given");
        if rejected > 0 {
            self.lost(&format!("the peer rejected {rejected} items of a request: {advice}"));
        } else if advice != "no reason given" {
            let message = format!("the receiver of {signal} says: {advice}");
            self.voice.say(Topic::Advice(self.signal), DiagnosticLevel::Warn, &message);
        }
    }

    /// The peer has refused a request for good.
    pub(crate) fn refused(&self, items: u64, cause: &Cause) {
        self.update(|state| {
            state.failing_since = None;
            state.refusal = Some(cause.message.clone());
        });
        self.lost(&format!("{} refused {items} items: {}", self.target, cause.message));
    }

    /// Items are gone for another reason.
    pub(crate) fn lost(&self, what: &str) {
        let message = format!("loses {}: {what}", self.signal);
        self.voice.say(Topic::Loss(self.signal), DiagnosticLevel::Error, &message);
    }

    /// Items were dropped for want of room.
    pub(crate) fn overflowed(&self, now: Duration) {
        self.update(|state| state.overflowed_at = Some(now));
        let signal = self.signal;
        let message = format!("loses {signal}: the queue is full, the newest are dropped");
        self.voice.say(Topic::Overflow(self.signal), DiagnosticLevel::Error, &message);
    }
}
