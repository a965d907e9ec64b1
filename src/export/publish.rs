//! The courier's counters, copied to where the self-metrics read them.

use std::sync::Arc;

use crate::Signal;
use crate::export::courier::{Lane, LaneSnapshot};
use crate::export::metrics::{Published, SignalCounts};
use crate::report::DropReason;
use crate::signal::PerSignal;

/// Copies the counts of all lanes, each read at one moment. Called before each collection, so that
/// metric callbacks only load atomics.
pub(crate) fn publish(lanes: &PerSignal<Arc<Lane>>, health: u64, published: &Published) {
    for signal in Signal::ALL {
        if let Some(counts) = published.signal(signal) {
            let lane = lanes.get(signal);
            publish_counts(&lane.snapshot(), counts);
            lane.read_failures(|failures| counts.failed.set(failures));
        }
    }
    published.health.set(health);
}

fn publish_counts(snapshot: &LaneSnapshot, counts: &SignalCounts) {
    let totals = &snapshot.totals;
    counts.emitted.set(snapshot.emitted);
    counts.delivered.set(totals.delivered);
    counts.rejected.set(totals.rejected);
    counts.held.set(snapshot.held());
    for reason in DropReason::ALL {
        counts.dropped.set(reason, snapshot.dropped.get(reason));
        counts.unprocessed.set(reason, snapshot.dropped_before_wire.get(reason));
    }
    counts.queue_usage_bytes.set(to_u64(snapshot.used_bytes));
    counts.queue_limit_bytes.set(to_u64(snapshot.limit_bytes));
    counts.queue_items.set(snapshot.queued);
    if let Some(capacity) = capacity_items(snapshot) {
        counts.queue_capacity_items.set(capacity);
    }
    counts.processed.set(totals.handed_over);
    counts.inflight_items.set(totals.in_flight);
    counts.exported.set(totals.delivered);
}

/// The items that the queue can hold: its bound in items, or the bound in bytes divided by the mean
/// charge of the items so far. Unknown before the first.
fn capacity_items(snapshot: &LaneSnapshot) -> Option<u64> {
    if let Some(items) = snapshot.limit_items {
        return Some(to_u64(items));
    }
    let mean_bytes = snapshot.entered_bytes.checked_div(snapshot.entered_items)?;
    to_u64(snapshot.limit_bytes).checked_div(mean_bytes)
}

fn to_u64(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
