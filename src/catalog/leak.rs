//! The metrics of leaks, of memory given back, and of measured pieces of work.

use crate::catalog::{InstrumentKind, Metric, Stability, attribute};

metrics! {
    HEAP_OLD = Gauge "beacon.memory.heap.old" "By" Beacon
        &[attribute::LEAK_SITE, attribute::LEAK_SPAN],
        "Bytes older than one hour of the five call-sites that hold most of them.";
    HOOK_FAILURES = Counter "beacon.memory.hook.failures" "{failure}" Beacon
        &[attribute::MEMORY_HOOK, attribute::ERROR_TYPE],
        "Calls of the service's own code that failed, or could not be made.";
    LEAK_ALERTS = Counter "beacon.memory.leak.alerts" "{alert}" Beacon
        &[attribute::LEAK_STATE, attribute::LEAK_CAUSE], "Alerts about memory.";
    LEAK_GROWTH = Gauge "beacon.memory.leak.growth" "By/h" Beacon
        &[attribute::LEAK_SIGNAL], "Growth on the longest window that speaks for a leak.";
    LEAK_STATE = Gauge "beacon.memory.leak.state" "{state}" Beacon
        &[attribute::LEAK_SIGNAL],
        "State of the process: 0 healthy or cleared, 1 suspected, 2 confirmed.";
    LEAK_TIME_TO_LIMIT = Gauge "beacon.memory.leak.time_to_limit" "s" Beacon
        &[], "Time until the limit is reached at the present growth.";
    RECLAIM_DURATION = Histogram "beacon.memory.reclaim.duration" "s" Beacon
        &[attribute::RECLAIM_TRIGGER], "Time that giving memory back took.";
    RECLAIM_RETURNED = Counter "beacon.memory.reclaim.returned" "By" Beacon
        &[attribute::RECLAIM_TRIGGER], "Resident memory that was given back.";
    RETAINED = Gauge "beacon.memory.retained" "By" Beacon
        &[], "Resident memory without files that is not live heap.";
    SCOPE_ALLOCATED = Histogram "beacon.memory.scope.allocated" "By" Beacon
        &[attribute::SCOPE_NAME, attribute::SCOPE_EXACT], "Bytes that a piece of work allocated.";
    SCOPE_FREED = Histogram "beacon.memory.scope.freed" "By" Beacon
        &[attribute::SCOPE_NAME, attribute::SCOPE_EXACT], "Bytes that a piece of work freed.";
    SCOPE_PEAK = Histogram "beacon.memory.scope.peak" "By" Beacon
        &[attribute::SCOPE_NAME, attribute::SCOPE_EXACT],
        "The most bytes that a piece of work held at once.";
    SCOPE_RENAMED = Counter "beacon.memory.scope.renamed" "{scope}" Beacon
        &[], "Pieces of work recorded as `other`, because there are too many names.";
    SCOPE_RETAINED = Histogram "beacon.memory.scope.retained" "By" Beacon
        &[attribute::SCOPE_NAME, attribute::SCOPE_EXACT],
        "Bytes that a piece of work allocated less those that it freed.";
}
