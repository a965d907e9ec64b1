//! Many tasks that end in every way, at random: nothing is left of them.

use std::future::pending;
use std::time::Duration;

use beacon::task::{self, Group, JoinSet};
use beacon::testing::TestTelemetry;
use beacon::tracing::{Instrument as _, info_span};

use crate::support::{eventually, workers};

const TASKS: u64 = 2_000;
const ROUNDS: u64 = 5;

/// Numbers without a pattern that matters, the same ones in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // Source: Marsaglia, Xorshift RNGs (2003).
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn nothing_is_left_of_ten_thousand_tasks() {
    let test = TestTelemetry::start_with(|builder| builder.shutdown_timeout(PATIENCE)).unwrap();
    let runtime = workers(2);
    let mut random = Random(0x5eed);
    for _ in 0..ROUNDS {
        runtime.block_on(test.capture(round(&mut random)));
    }
    let counts = || task::task_counts().into_iter().find(|counts| counts.name == "soak").unwrap();
    eventually(|| counts().live == 0);
    let counts = counts();
    assert_eq!((counts.live, counts.spawned), (0, ROUNDS * TASKS));
    assert!(counts.finished > 0 && counts.panicked > 0 && counts.cancelled > 0, "{counts:?}");
    // The runtime lets go of a task after the task is done.
    eventually(|| runtime.metrics().num_alive_tasks() == 0);
    assert_eq!(runtime.metrics().num_alive_tasks(), 0);

    // Each task was in a span of its own, which has ended.
    let report = test.telemetry().shutdown_blocking().unwrap();
    assert!(report.is_conserved());
    assert_eq!(report.traces.emitted, ROUNDS * (TASKS + 1));
}

async fn round(random: &mut Random) {
    let group: Group<&str> = Group::new("soak");
    let mut set: JoinSet<()> = JoinSet::new();
    async {
        for _ in 0..TASKS {
            let span = info_span!("task");
            match random.next() % 5 {
                0 => drop(group.spawn("finishes", async { Ok(()) }.instrument(span))),
                1 => drop(group.spawn("yields", yields().instrument(span))),
                2 => {
                    let task = group.spawn("aborted", pending().instrument(span));
                    set.spawn(async move { task.abort() });
                }
                3 => drop(group.spawn("waits", pending().instrument(span))),
                _ => {
                    // Its panic would end the group at once, so it is told apart by its count.
                    let panics = async { std::panic::resume_unwind(Box::new("as planned")) };
                    let task = task::named("soak").spawn(panics.instrument(span));
                    set.spawn(async move { assert!(task.await.unwrap_err().is_panic()) });
                }
            }
        }
    }
    .instrument(info_span!("round"))
    .await;
    set.join_all().await;
    group.cancel();
    let report = group.join_within(PATIENCE).await.unwrap();
    assert_eq!((report.panicked, report.failed), (0, 0));
}

async fn yields() -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    Ok(())
}

const PATIENCE: Duration = Duration::from_mins(1);
