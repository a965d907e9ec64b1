//! When metrics are collected.

use std::time::Duration;

use crate::clock::SharedClock;
use crate::export::metrics::collector::{CollectOutcome, MetricCollector};

/// Collects once per interval, counted from start to start, until the collector is stopped.
///
/// A collection that is not done after `timeout`, or when the next one is due, is no longer waited
/// for; what it still finds is delivered. Starts that were missed are skipped, not made up for.
/// `on_collected` is given the outcome and the time it took.
///
/// Source: <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#periodic-exporting-metricreader>
pub(crate) async fn run_periodically(
    collector: &MetricCollector,
    clock: &SharedClock,
    interval: Duration,
    timeout: Option<Duration>,
    on_collected: impl Fn(CollectOutcome, Duration),
) {
    let interval = interval.max(INTERVAL_MIN);
    let wait_max = timeout.map_or(interval, |timeout| timeout.min(interval));
    let mut start = clock.now().saturating_add(interval);
    loop {
        clock.sleep_until(start).await;
        let began = clock.now();
        // Counted from now: after a late wake-up, such as that of a suspended machine, the start is
        // long past.
        let deadline = began.saturating_add(wait_max);
        let outcome = collect_within(collector, clock, deadline).await;
        let ended = clock.now();
        on_collected(outcome, ended.saturating_sub(began));
        if outcome == CollectOutcome::Stopped {
            return;
        }
        start = next_start(start, interval, ended);
    }
}

/// Collects once, waiting at most until `deadline` on the clock.
pub(crate) async fn collect_within(
    collector: &MetricCollector,
    clock: &SharedClock,
    deadline: Duration,
) -> CollectOutcome {
    tokio::select! {
        biased;
        outcome = collector.collect() => outcome,
        () = clock.sleep_until(deadline) => CollectOutcome::TimedOut,
    }
}

/// Returns the first start after `start`, a whole number of intervals later, that is not over.
fn next_start(start: Duration, interval: Duration, now: Duration) -> Duration {
    let elapsed = now.saturating_sub(start).as_nanos();
    let intervals = elapsed.div_ceil(interval.as_nanos().max(1)).max(1);
    let intervals = u32::try_from(intervals).unwrap_or(u32::MAX);
    start.saturating_add(interval.saturating_mul(intervals))
}

/// Settings refuse 0; this keeps the loop from spinning whatever it is given.
const INTERVAL_MIN: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missed_starts_are_skipped_and_the_rhythm_is_kept() {
        let seconds = Duration::from_secs;
        let rows = [
            // start, now, next: done at once, after the interval, a moment later, much later
            (60, 60, 120),
            (60, 119, 120),
            (60, 120, 120),
            (60, 121, 180),
            (60, 1_000, 1_020),
        ];
        for (start, now, expected) in rows {
            let actual = next_start(seconds(start), seconds(60), seconds(now));
            assert_eq!(actual, seconds(expected), "start {start}, now {now}");
        }
    }

    #[test]
    fn extreme_times_do_not_overflow() {
        assert!(next_start(Duration::ZERO, INTERVAL_MIN, Duration::MAX) > Duration::ZERO);
        assert_eq!(next_start(Duration::MAX, Duration::MAX, Duration::MAX), Duration::MAX);
    }
}
