//! Waiting on conditions, never for time to pass.

use std::future::{Future, poll_fn};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use beacon::testing::ManualClock;

/// How long a test waits for what must happen, before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long to look away between two looks.
const GLANCE: Duration = Duration::from_millis(1);

/// Waits until `condition` holds.
#[track_caller]
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let looks = PATIENCE.as_millis() / GLANCE.as_millis();
    for _ in 0..looks {
        if condition() {
            return;
        }
        thread::park_timeout(GLANCE);
    }
    panic!("did not happen within {PATIENCE:?}: {what}");
}

/// Moves time on from one awaited moment to the next until `condition` holds.
#[track_caller]
pub(crate) fn drive(clock: &ManualClock, what: &str, condition: impl Fn() -> bool) {
    eventually(what, || {
        if condition() {
            return true;
        }
        if let Some(next) = clock.next_wake_up() {
            clock.advance(next);
        }
        false
    });
}

/// Polls all futures side by side and returns what they return, in the order in which they end.
pub(crate) async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut open: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut outputs = Vec::new();
    poll_fn(|context| {
        open.retain_mut(|future| match future.as_mut().poll(context) {
            Poll::Ready(output) => {
                outputs.push(output);
                false
            }
            Poll::Pending => true,
        });
        if open.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs
}
