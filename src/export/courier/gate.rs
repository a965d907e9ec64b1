//! Back-off of one destination: open, or closed until a moment.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// The first expected pause.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
/// The longest expected pause. Long enough to be no burden on a peer that restarts, short enough
/// that a queue of the default size survives it at most rates.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Decides when the next attempt may start.
///
/// While the destination fails, one request probes and the others wait; the first success opens
/// the full window again. The expected pause doubles from 250 ms to 30 s; each pause is jittered
/// between half and one and a half of it, also at the cap. A peer's hint is never undercut.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: Option<Closed>,
}

#[derive(Debug)]
struct Closed {
    since: Duration,
    until: Duration,
    expected_pause: Duration,
    /// The peer named the pause.
    is_asked_for: bool,
}

impl Gate {
    /// When the next attempt may start, if not now.
    pub(crate) fn closed_until(&self) -> Option<Duration> {
        self.closed.as_ref().map(|closed| closed.until)
    }

    pub(crate) fn succeed(&mut self) {
        self.closed = None;
    }

    /// Ends the pause, but not the caution: still one probe. For the end, when there is no later.
    pub(crate) fn end_pause(&mut self, now: Duration) {
        if let Some(closed) = &mut self.closed {
            closed.until = closed.until.min(now);
        }
    }

    /// Ends a pause that the peer has not asked for.
    pub(crate) fn end_own_pause(&mut self, now: Duration) {
        if self.closed.as_ref().is_some_and(|closed| !closed.is_asked_for) {
            self.end_pause(now);
        }
    }

    /// An attempt that began at `started` has failed.
    pub(crate) fn fail(&mut self, started: Duration, now: Duration, pause: PauseWish) {
        // Several requests in flight fail together: that is one failure of the destination.
        let is_known = self.closed.as_ref().is_some_and(|closed| started <= closed.since);
        let expected_before = self.closed.as_ref().map(|closed| closed.expected_pause);
        let expected_pause = match (pause, expected_before) {
            (PauseWish::Longest, _) => PAUSE_MAX,
            (PauseWish::Hint(hint), before) => before.unwrap_or(PAUSE_FIRST).max(hint),
            (PauseWish::Usual, Some(before)) if is_known => before,
            (PauseWish::Usual, Some(before)) => before.saturating_mul(2).min(PAUSE_MAX.max(before)),
            (PauseWish::Usual, None) => PAUSE_FIRST,
        };
        let wait = match pause {
            PauseWish::Hint(hint) => hint.saturating_add(expected_pause.mul_f64(unit() / 10.0)),
            PauseWish::Longest | PauseWish::Usual => expected_pause.mul_f64(0.5 + unit()),
        };
        let until = now.saturating_add(wait);
        let until_before = self.closed.as_ref().map(|closed| closed.until);
        let until = if is_known { until_before.map_or(until, |u| u.max(until)) } else { until };
        let since = match &self.closed {
            Some(closed) if is_known => closed.since,
            _ => now,
        };
        let was_asked_for = self.closed.as_ref().is_some_and(|closed| closed.is_asked_for);
        let is_asked_for = matches!(pause, PauseWish::Hint(_)) || (is_known && was_asked_for);
        self.closed = Some(Closed { since, until, expected_pause, is_asked_for });
    }
}

/// What the failed attempt says about the pause.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PauseWish {
    /// The peer named a pause.
    Hint(Duration),
    /// Trying soon is pointless.
    Longest,
    Usual,
}

/// A number from 0 to 1, different at each call. Jitter needs no better source than the one that
/// seeds the hash maps.
fn unit() -> f64 {
    let bits = u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or_default();
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(wish: PauseWish, rounds: usize) -> Vec<Duration> {
        let (mut gate, mut now, mut pauses) = (Gate::default(), Duration::ZERO, Vec::new());
        for _ in 0..rounds {
            gate.fail(now, now, wish);
            let until = gate.closed_until().expect("the gate is closed");
            pauses.push(until.saturating_sub(now));
            now = until;
        }
        pauses
    }

    #[test]
    fn the_expected_pause_doubles_to_thirty_seconds_with_jitter_at_the_cap() {
        let expected = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
        for (pause, expected) in pauses(PauseWish::Usual, 9).iter().zip(expected) {
            let expected = Duration::from_millis(expected);
            assert!(*pause >= expected / 2 && *pause <= expected * 3 / 2, "{pause:?}");
        }
        assert_ne!(pauses(PauseWish::Usual, 12)[11], pauses(PauseWish::Usual, 12)[11]);
    }

    #[test]
    fn a_hint_is_never_undercut_and_later_pauses_grow_from_it() {
        let hint = Duration::from_secs(7);
        let mut gate = Gate::default();
        gate.fail(Duration::ZERO, Duration::ZERO, PauseWish::Hint(hint));
        let until = gate.closed_until().expect("the gate is closed");
        assert!(until >= hint && until < hint * 2);
        gate.fail(until, until, PauseWish::Usual);
        let next = gate.closed_until().expect("the gate is closed").saturating_sub(until);
        assert!(next >= hint, "half of the doubled hint at least, not {next:?}");
    }

    #[test]
    fn requests_that_fail_together_are_one_failure() {
        let mut gate = Gate::default();
        let now = Duration::from_secs(10);
        for _ in 0..4 {
            gate.fail(Duration::from_secs(9), now, PauseWish::Usual);
        }
        let pause = gate.closed_until().expect("the gate is closed").saturating_sub(now);
        assert!(pause <= PAUSE_FIRST * 3 / 2, "{pause:?}");
    }

    #[test]
    fn only_the_end_cuts_a_pause_that_the_peer_asked_for() {
        let (mut gate, hint) = (Gate::default(), Duration::from_secs(7));
        gate.fail(Duration::ZERO, Duration::ZERO, PauseWish::Hint(hint));
        gate.end_own_pause(Duration::from_secs(1));
        assert!(gate.closed_until() >= Some(hint));
        gate.end_pause(Duration::from_secs(1));
        assert_eq!(gate.closed_until(), Some(Duration::from_secs(1)));
        gate.fail(Duration::from_secs(1), Duration::from_secs(2), PauseWish::Usual);
        gate.end_own_pause(Duration::from_secs(3));
        assert!(gate.closed_until() <= Some(Duration::from_secs(3)));
    }

    #[test]
    fn success_opens() {
        let mut gate = Gate::default();
        gate.fail(Duration::ZERO, Duration::ZERO, PauseWish::Longest);
        assert!(gate.closed_until() >= Some(PAUSE_MAX / 2));
        gate.succeed();
        assert_eq!(gate.closed_until(), None);
    }
}
