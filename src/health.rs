//! Whether telemetry does its work, in three words and with reasons.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::Signal;
use crate::export::courier::DeliveryState;

/// How long a loss for want of room counts as the present state.
const OVERFLOW_MEMORY: Duration = Duration::from_mins(5);

/// The state of telemetry, and why it is not the best one.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The state.
    pub state: HealthState,
    /// One sentence for each thing that is wrong; empty when healthy.
    pub reasons: Vec<String>,
}

/// The state of telemetry. The order is from good to bad; the numbers are those of the metric
/// `beacon.telemetry.health`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HealthState {
    /// Everything that is emitted is delivered, or on its way.
    Healthy,
    /// Something is late or was lost.
    Degraded,
    /// Nothing leaves the process: disabled, shut down, or no destination answers.
    Dark,
}

impl HealthState {
    /// Returns the value of the metric `beacon.telemetry.health`.
    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Healthy => 0,
            Self::Degraded => 1,
            Self::Dark => 2,
        }
    }
}

impl fmt::Display for HealthState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Dark => "dark",
        })
    }
}

impl Health {
    pub(crate) fn dark(reason: &str) -> Self {
        Self { state: HealthState::Dark, reasons: vec![reason.to_owned()] }
    }

    /// Judges the signals that have a destination.
    pub(crate) fn of(states: &[(Signal, DeliveryState)], now: Duration) -> Self {
        if states.is_empty() {
            return Self::dark("no signal has an exporter");
        }
        let mut reasons = Vec::new();
        let mut silent_signals = 0_usize;
        for (signal, state) in states {
            if let Some(since) = state.failing_since {
                let seconds = now.saturating_sub(since).as_secs();
                let why = state.last_failure.as_deref().unwrap_or("no reason known");
                reasons.push(format!("{signal} not delivered for {seconds} s: {why}"));
                silent_signals = silent_signals.saturating_add(1);
            }
            if let Some(why) = &state.refusal {
                reasons.push(format!("{signal} refused by the peer: {why}"));
                silent_signals = silent_signals.saturating_add(1);
            }
            let is_recent = |at: Duration| now.saturating_sub(at) < OVERFLOW_MEMORY;
            if state.overflowed_at.is_some_and(is_recent) {
                reasons.push(format!("{signal} dropped in the last 5 min: the queue was full"));
            }
        }
        let state = if silent_signals >= states.len() {
            HealthState::Dark
        } else if reasons.is_empty() {
            HealthState::Healthy
        } else {
            HealthState::Degraded
        };
        Self { state, reasons }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing() -> DeliveryState {
        DeliveryState {
            failing_since: Some(Duration::from_secs(10)),
            last_failure: Some("refused".to_owned()),
            ..DeliveryState::default()
        }
    }

    #[test]
    fn one_silent_signal_degrades_and_all_are_dark() {
        let now = Duration::from_secs(70);
        let well = DeliveryState::default();
        let check = |states: &[(Signal, DeliveryState)]| Health::of(states, now).state;
        let (logs, traces) = (Signal::Logs, Signal::Traces);
        assert_eq!(check(&[(logs, well.clone()), (traces, well.clone())]), HealthState::Healthy);
        assert_eq!(check(&[(logs, failing()), (traces, well)]), HealthState::Degraded);
        assert_eq!(check(&[(logs, failing()), (traces, failing())]), HealthState::Dark);
        assert_eq!(check(&[]), HealthState::Dark);
        let health = Health::of(&[(traces, failing())], now);
        assert_eq!(health.reasons, ["traces not delivered for 60 s: refused"]);
    }

    #[test]
    fn a_full_queue_is_forgotten_after_five_minutes() {
        let at = Duration::from_secs(10);
        let state = DeliveryState { overflowed_at: Some(at), ..DeliveryState::default() };
        let check = |now| Health::of(&[(Signal::Logs, state.clone())], now).state;
        assert_eq!(check(at + Duration::from_secs(299)), HealthState::Degraded);
        assert_eq!(check(at + Duration::from_mins(5)), HealthState::Healthy);
    }
}
