//! The metrics of Tokio runtimes that its stable interface does not have.

use crate::catalog::{InstrumentKind, Metric, Stability, attribute};

metrics! {
    TOKIO_TASK_SPAWNED = Counter "tokio.task.spawned" "{task}" Beacon
        &[attribute::RUNTIME_NAME], "Tasks that were spawned.";
    TOKIO_WORKER_POLLS = Counter "tokio.worker.polls" "{poll}" Beacon
        &[attribute::RUNTIME_NAME], "Polls of tasks.";
    TOKIO_WORKER_STEALS = Counter "tokio.worker.steals" "{steal}" Beacon
        &[attribute::RUNTIME_NAME], "Tasks that a worker took from another one.";
    TOKIO_WORKER_OVERFLOWS = Counter "tokio.worker.overflows" "{overflow}" Beacon
        &[attribute::RUNTIME_NAME], "Times that the queue of a worker was full.";
    TOKIO_TASK_FORCED_YIELDS = Counter "tokio.task.forced_yields" "{yield}" Beacon
        &[attribute::RUNTIME_NAME], "Times that a task had used up its budget.";
    TOKIO_BLOCKING_THREAD_COUNT = UpDownCounter "tokio.blocking.thread.count" "{thread}" Beacon
        &[attribute::RUNTIME_NAME, attribute::BLOCKING_THREAD_STATE],
        "Threads for functions that block.";
    TOKIO_TASK_POLL_DURATION = Histogram "tokio.task.poll.duration" "s" Beacon
        &[attribute::RUNTIME_NAME], "How long polls took.";
    TOKIO_IO_REGISTERED = Counter "tokio.io.file_descriptor.registered" "{file_descriptor}" Beacon
        &[attribute::RUNTIME_NAME], "File descriptors that the runtime has begun to wait for.";
}
