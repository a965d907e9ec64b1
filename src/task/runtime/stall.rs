//! From counts of workers and marks of threads to stalls, and what they are told as.

use std::time::Duration;

use tokio::runtime::Id;

use crate::task::runtime::judge::{Change, WorkerCounts, WorkerJudge};
use crate::task::runtime::marks::SeenPoll;

/// A poll that was there before, and for how long it was seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct LongPoll {
    pub(super) poll: SeenPoll,
    age: Duration,
}

/// Polls that go on, look by look.
#[derive(Debug, Default)]
pub(super) struct LongPolls(Vec<LongPoll>);

impl LongPolls {
    pub(super) fn look(&mut self, polls: Vec<SeenPoll>, passed: Duration) {
        let before = std::mem::take(&mut self.0);
        let age = |poll: &SeenPoll| {
            let is_same = |known: &&LongPoll| {
                (known.poll.thread, known.poll.edges) == (poll.thread, poll.edges)
            };
            before.iter().find(is_same).map_or(Duration::ZERO, |k| k.age.saturating_add(passed))
        };
        self.0 = polls.into_iter().map(|poll| LongPoll { poll, age: age(&poll) }).collect();
    }

    pub(super) fn has_any_on(&self, runtime: Id) -> bool {
        self.0.iter().any(|long| long.poll.runtime == runtime)
    }

    /// The poll that goes on for as long as the worker stands still, if there is one.
    fn of_worker(
        &self,
        runtime: Id,
        still: Duration,
        slack: Duration,
        taken: &[(usize, u64)],
    ) -> Option<SeenPoll> {
        let candidates = self.0.iter().filter(|long| {
            long.poll.runtime == runtime
                && long.age.abs_diff(still) <= slack
                && !taken.contains(&(long.poll.thread, long.poll.edges))
        });
        candidates.min_by_key(|long| long.age.abs_diff(still)).map(|long| long.poll)
    }
}

/// A worker that is blocked.
#[derive(Clone, Debug)]
pub(super) struct Stall {
    pub(super) id: u64,
    pub(super) worker: usize,
    /// So far, or at its end.
    pub(super) duration: Duration,
    /// What blocks it, where that is known.
    pub(super) poll: Option<SeenPoll>,
}

/// What has changed with the workers of a runtime.
#[derive(Debug)]
pub(super) enum StallChange {
    Begun(Stall),
    Ended(Stall),
}

/// The workers of one runtime.
#[derive(Debug)]
pub(super) struct Workers {
    runtime: Id,
    judges: Vec<WorkerJudge>,
    stalls: Vec<Stall>,
}

impl Workers {
    pub(super) fn new(runtime: Id, counts: &[WorkerCounts]) -> Self {
        let judges = counts.iter().copied().map(WorkerJudge::new).collect();
        Self { runtime, judges, stalls: Vec::new() }
    }

    pub(super) const fn runtime(&self) -> Id {
        self.runtime
    }

    pub(super) const fn stalled(&self) -> usize {
        self.stalls.len()
    }

    /// Looks at all workers. `passed` is as for [`WorkerJudge::look`].
    pub(super) fn look(
        &mut self,
        counts: &[WorkerCounts],
        passed: Option<Duration>,
        threshold: Duration,
        polls: &LongPolls,
        next_id: &mut u64,
    ) -> Vec<StallChange> {
        let mut changes = Vec::new();
        for (worker, (judge, counts)) in self.judges.iter_mut().zip(counts).enumerate() {
            match judge.look(*counts, passed, threshold) {
                Change::Nothing => {}
                Change::Stalled(duration) => {
                    let marked = self.stalls.iter().filter_map(|stall| stall.poll);
                    let taken: Vec<_> = marked.map(|poll| (poll.thread, poll.edges)).collect();
                    let poll = polls.of_worker(self.runtime, duration, threshold, &taken);
                    *next_id = next_id.saturating_add(1);
                    let stall = Stall { id: *next_id, worker, duration, poll };
                    self.stalls.push(stall.clone());
                    changes.push(StallChange::Begun(stall));
                }
                Change::Cleared(duration) => {
                    let place = self.stalls.iter().position(|stall| stall.worker == worker);
                    if let Some(place) = place {
                        let stall = self.stalls.swap_remove(place);
                        changes.push(StallChange::Ended(Stall { duration, ..stall }));
                    }
                }
            }
        }
        changes
    }
}
