//! The metrics of Tokio runtimes, of tasks, and of unfinished spans.

use crate::catalog::{InstrumentKind, Metric, Stability, attribute};

metrics! {
    TOKIO_WORKER_COUNT = UpDownCounter "tokio.worker.count" "{worker}" Beacon
        &[attribute::RUNTIME_NAME], "Worker threads of the runtime.";
    TOKIO_TASK_COUNT = UpDownCounter "tokio.task.count" "{task}" Beacon
        &[attribute::RUNTIME_NAME], "Tasks that were spawned and have not ended.";
    TOKIO_QUEUE_LENGTH = UpDownCounter "tokio.scheduler.queue.length" "{task}" Beacon
        &[attribute::RUNTIME_NAME, attribute::QUEUE_TYPE], "Tasks that wait to be polled.";
    TOKIO_WORKER_BUSY_TIME = Counter "tokio.worker.busy.time" "s" Beacon
        &[attribute::RUNTIME_NAME], "Time that workers were at work, all of them together.";
    TOKIO_WORKER_UTILIZATION = Gauge "tokio.worker.utilization" "1" Beacon
        &[attribute::RUNTIME_NAME], "Share of the time that workers were at work, of late.";
    TOKIO_WORKER_PARKS = Counter "tokio.worker.parks" "{park}" Beacon
        &[attribute::RUNTIME_NAME], "Times that a worker had nothing to do.";
    TOKIO_SCHEDULER_DELAY = Histogram "tokio.scheduler.delay" "s" Beacon
        &[attribute::RUNTIME_NAME], "Time from the waking of a task to its poll, by a probe.";
    RUNTIME_STALLS = Counter "beacon.runtime.stalls" "{stall}" Beacon
        &[attribute::RUNTIME_NAME], "Times that a worker was found blocked.";
    RUNTIME_STALL_DURATION = Histogram "beacon.runtime.stall.duration" "s" Beacon
        &[attribute::RUNTIME_NAME], "How long workers were blocked.";
    RUNTIME_STALLED = UpDownCounter "beacon.runtime.stalled_worker.count" "{worker}" Beacon
        &[attribute::RUNTIME_NAME], "Workers that are blocked.";
    TASK_LIVE = UpDownCounter "beacon.task.live" "{task}" Beacon
        &[attribute::TASK_NAME], "Named tasks that were spawned and have not ended.";
    TASK_SPAWNED = Counter "beacon.task.spawned" "{task}" Beacon
        &[attribute::TASK_NAME], "Named tasks that were spawned.";
    TASK_ENDED = Counter "beacon.task.ended" "{task}" Beacon
        &[attribute::TASK_NAME, attribute::TASK_OUTCOME], "Named tasks that have ended.";
    SPAN_AGE_MAX = Gauge "beacon.span.age.max" "s" Beacon
        &[], "Age of the oldest unfinished span.";
    SPAN_OVERDUE = UpDownCounter "beacon.span.overdue.count" "{span}" Beacon
        &[], "Unfinished spans that are older than the limit.";
    SPAN_UNLISTED = Counter "beacon.span.unlisted" "{span}" Beacon
        &[], "Spans for which the list of unfinished spans had no room.";
}
