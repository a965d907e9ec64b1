//! What the user sees: one state for each process, with hysteresis.

use crate::memory::leak::verdict::LeakLevel;

/// What a process's memory is said to do.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum LeakState {
    /// No sign of a leak.
    #[default]
    Healthy,
    /// There was an alert within the last 24 h or a little more, and it is over.
    Cleared,
    /// Memory looks like a leak.
    Suspected,
    /// Memory leaks.
    Confirmed,
}

/// A change of state.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct LeakTransition {
    /// The state before.
    pub from: LeakState,
    /// The state from now on.
    pub to: LeakState,
    /// Which alert of this process it belongs to, from 1.
    pub alert: u64,
    /// How many alerts came before this one without a healthy time between.
    pub recurrence: u32,
}

/// Turns the verdicts of checks into states: at most one change for each check.
///
/// An alert is over when nothing has passed for 24 h. With 12 h every fifth leak raises more than one
/// alert, with 24 h one in twelve.
#[derive(Clone, Debug, Default)]
pub struct LeakStateMachine {
    state: LeakState,
    since: f64,
    last_passing: f64,
    last_confirmed: f64,
    alert: u64,
    recurrence: u32,
}

impl LeakState {
    /// Returns the name that events and `beacon leaks` use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Cleared => "cleared",
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
        }
    }
}

impl LeakTransition {
    /// Whether users hear of it: that an alert is long over is no event.
    pub fn is_event(&self) -> bool {
        self.to != LeakState::Healthy
    }
}

impl LeakStateMachine {
    /// Returns the machine of a healthy process.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what the check at `minute` found, of all signals together.
    ///
    /// A call-site that is confirmed on its own counts as [`LeakLevel::Suspected`] of the process.
    pub fn step(&mut self, minute: f64, level: LeakLevel) -> Option<LeakTransition> {
        if level >= LeakLevel::Suspected {
            self.last_passing = minute;
        }
        if level == LeakLevel::Confirmed {
            self.last_confirmed = minute;
        }
        let to = self.next(minute, level)?;
        let from = self.state;
        let is_new = from <= LeakState::Cleared && to >= LeakState::Suspected;
        if is_new {
            self.alert = self.alert.saturating_add(1);
            let is_again = from == LeakState::Cleared;
            self.recurrence = if is_again { self.recurrence.saturating_add(1) } else { 0 };
        }
        self.state = to;
        self.since = minute;
        Some(LeakTransition { from, to, alert: self.alert, recurrence: self.recurrence })
    }

    /// Returns the state.
    pub fn state(&self) -> LeakState {
        self.state
    }

    /// Returns the number of the current or last alert; 0 before the first.
    pub fn alert(&self) -> u64 {
        self.alert
    }

    /// The state that the check leads to, if it is another one.
    fn next(&self, minute: f64, level: LeakLevel) -> Option<LeakState> {
        let is_over = |last: f64| minute - last >= CLEAR_MINUTES;
        match (self.state, level) {
            (LeakState::Healthy | LeakState::Cleared, LeakLevel::Suspected) => {
                Some(LeakState::Suspected)
            }
            (
                LeakState::Healthy | LeakState::Cleared | LeakState::Suspected,
                LeakLevel::Confirmed,
            ) => Some(LeakState::Confirmed),
            (LeakState::Suspected | LeakState::Confirmed, _) if is_over(self.last_passing) => {
                Some(LeakState::Cleared)
            }
            (LeakState::Confirmed, _) if is_over(self.last_confirmed) => Some(LeakState::Suspected),
            (LeakState::Cleared, _) if is_over(self.since) => Some(LeakState::Healthy),
            _ => None,
        }
    }
}

/// A day: for an alert to be over, and again for its memory to fade.
const CLEAR_MINUTES: f64 = 24.0 * 60.0;
