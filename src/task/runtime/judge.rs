//! Whether a worker is blocked. Pure: times and counts in, verdicts out.
//!
//! A worker that works comes back to its driver after 61 polls at the latest, and one without work
//! parks: either moves its counts. A worker that is not parked, and whose counts stand still, does
//! not come back.

use std::time::Duration;

/// The counts of one worker.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct WorkerCounts {
    /// Parks and wake-ups, together: odd while it is parked.
    pub(super) park_edges: u64,
    pub(super) busy: Duration,
}

impl WorkerCounts {
    pub(super) const fn is_parked(self) -> bool {
        !self.park_edges.is_multiple_of(2)
    }
}

/// What has changed with a worker.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Change {
    Nothing,
    /// It is blocked, for this long so far.
    Stalled(Duration),
    /// It was blocked, for this long, and is not any more.
    Cleared(Duration),
}

/// One worker, look by look.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkerJudge {
    counts: WorkerCounts,
    /// Time that it was seen to stand still.
    still: Duration,
    is_stalled: bool,
}

impl WorkerJudge {
    pub(super) const fn new(counts: WorkerCounts) -> Self {
        Self { counts, still: Duration::ZERO, is_stalled: false }
    }

    /// Looks at the worker. `passed` is the time since the last look; `None`: the looks themselves
    /// came late, so what stood still may have been the whole process, and proves nothing.
    pub(super) fn look(
        &mut self,
        counts: WorkerCounts,
        passed: Option<Duration>,
        threshold: Duration,
    ) -> Change {
        let turns = counts != self.counts || counts.is_parked();
        self.counts = counts;
        if turns {
            let still = std::mem::take(&mut self.still);
            return if std::mem::take(&mut self.is_stalled) {
                Change::Cleared(still.saturating_add(passed.unwrap_or_default()))
            } else {
                Change::Nothing
            };
        }
        match passed {
            Some(passed) => self.still = self.still.saturating_add(passed),
            None if self.is_stalled => {}
            None => self.still = Duration::ZERO,
        }
        if !self.is_stalled && self.still >= threshold {
            self.is_stalled = true;
            return Change::Stalled(self.still);
        }
        Change::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(250);
    const THRESHOLD: Duration = Duration::from_millis(500);

    fn counts(park_edges: u64, busy_millis: u64) -> WorkerCounts {
        WorkerCounts { park_edges, busy: Duration::from_millis(busy_millis) }
    }

    fn judge(looks: &[(WorkerCounts, Option<Duration>)]) -> Vec<Change> {
        let mut judge = WorkerJudge::new(counts(0, 0));
        looks.iter().map(|(counts, passed)| judge.look(*counts, *passed, THRESHOLD)).collect()
    }

    #[test]
    fn one_that_stands_still_is_told_once_and_so_is_its_end() {
        let still = (counts(2, 7), Some(STEP));
        let changes = judge(&[still, still, still, still, still, (counts(3, 1300), Some(STEP))]);
        let expected = [
            Change::Nothing,
            Change::Nothing,
            Change::Stalled(THRESHOLD),
            Change::Nothing,
            Change::Nothing,
            Change::Cleared(Duration::from_millis(1250)),
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn one_that_turns_or_rests_is_not_told() {
        let busy: Vec<_> = (0..100).map(|n| (counts(2, n), Some(STEP))).collect();
        assert!(judge(&busy).iter().all(|change| *change == Change::Nothing));
        let parked = [(counts(1, 0), Some(STEP)); 100];
        assert!(judge(&parked).iter().all(|change| *change == Change::Nothing));
    }

    #[test]
    fn a_process_that_stood_still_as_a_whole_is_not_told() {
        let late = [(counts(2, 7), None); 100];
        assert!(judge(&late).iter().all(|change| *change == Change::Nothing));
        // Nor does what was seen before count, since it may be a part of the same.
        let still = (counts(2, 7), Some(STEP));
        let moved = (counts(2, 8), Some(STEP));
        let changes = judge(&[still, still, (counts(2, 7), None), still, moved]);
        assert_eq!(changes, [Change::Nothing; 5]);
        // What is blocked afterwards is told.
        let changes = judge(&[still, (counts(2, 7), None), still, still]);
        assert_eq!(changes.last(), Some(&Change::Stalled(THRESHOLD)));
    }
}
