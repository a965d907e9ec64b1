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
///
/// # Examples
///
/// ```
/// use beacon::memory::{LeakLevel, LeakState, LeakStateMachine};
///
/// let mut states = LeakStateMachine::new();
/// // The load is not known, so that the user hears of a suspicion at most.
/// let level = LeakLevel::Confirmed.capped(false);
/// let change = states.step(1560.0, level).ok_or("a change")?;
/// assert_eq!((change.to, change.alert), (LeakState::Suspected, 1));
/// assert_eq!(states.step(1590.0, LeakLevel::None), None);
/// // A day after the last check that passed.
/// let change = states.step(3000.0, LeakLevel::None).ok_or("a change")?;
/// assert_eq!(change.to, LeakState::Cleared);
/// # Ok::<(), &str>(())
/// ```
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

#[cfg(test)]
mod tests {
    use LeakLevel::{Confirmed, None, Suspected};

    use super::*;

    /// Steps through levels at hours; returns the changes with their hours.
    fn changes(levels: &[(f64, LeakLevel)], hours: u32) -> Vec<(f64, LeakState, u64, u32)> {
        let mut machine = LeakStateMachine::new();
        let mut changes = Vec::new();
        for half_hours in 1..=hours.saturating_mul(2) {
            let hour = f64::from(half_hours) / 2.0;
            let level = levels.iter().rev().find(|(from, _)| hour >= *from);
            let level = level.map_or(None, |(_, level)| *level);
            if let Some(change) = machine.step(hour * 60.0, level) {
                assert_eq!(machine.state(), change.to);
                changes.push((hour, change.to, change.alert, change.recurrence));
            }
        }
        changes
    }

    #[test]
    fn an_alert_goes_up_at_once_and_down_after_a_day() {
        let levels = [(10.0, Suspected), (20.0, Confirmed), (30.0, Suspected), (70.0, None)];
        let expected = [
            (10.0, LeakState::Suspected, 1, 0),
            (20.0, LeakState::Confirmed, 1, 0),
            (53.5, LeakState::Suspected, 1, 0),
            (93.5, LeakState::Cleared, 1, 0),
            (117.5, LeakState::Healthy, 1, 0),
        ];
        assert_eq!(changes(&levels, 200), expected);
    }

    #[test]
    fn a_confirmed_alert_without_any_verdict_is_cleared() {
        let expected = [
            (10.0, LeakState::Confirmed, 1, 0),
            (34.5, LeakState::Cleared, 1, 0),
            (58.5, LeakState::Healthy, 1, 0),
        ];
        assert_eq!(changes(&[(10.0, Confirmed), (11.0, None)], 100), expected);
    }

    #[test]
    fn a_verdict_after_the_end_is_a_new_alert_that_recurs() {
        let levels = [(1.0, Confirmed), (1.5, None), (30.0, Suspected), (30.5, None)];
        let again = changes(&levels, 40);
        assert_eq!(
            again[1..],
            [(25.0, LeakState::Cleared, 1, 0), (30.0, LeakState::Suspected, 2, 1)]
        );
        let levels = [(1.0, Confirmed), (1.5, None), (60.0, Confirmed)];
        assert_eq!(changes(&levels, 61)[3..], [(60.0, LeakState::Confirmed, 2, 0)]);
    }

    #[test]
    fn a_pause_of_less_than_a_day_changes_nothing() {
        let levels = [(1.0, Confirmed), (1.5, None), (24.5, Confirmed), (25.0, None)];
        assert_eq!(changes(&levels, 48), [(1.0, LeakState::Confirmed, 1, 0)]);
    }
}
