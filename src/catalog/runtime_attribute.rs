//! Keys of the attributes of records about runtimes and unfinished spans.

pub(crate) const RUNTIME_NAME: &str = "tokio.runtime.name";
pub(crate) const SPAN_AGE_SECONDS: &str = "beacon.span.age_seconds";
pub(crate) const SPAN_NAME: &str = "beacon.span.name";
pub(crate) const SPAN_OVERDUE: &str = "beacon.span.overdue";
pub(crate) const SPAN_TARGET: &str = "beacon.span.target";
pub(crate) const STALL_DURATION_SECONDS: &str = "beacon.runtime.stall.duration_seconds";
pub(crate) const STALL_ID: &str = "beacon.runtime.stall.id";
pub(crate) const STALL_SUPPRESSED: &str = "beacon.runtime.stall.suppressed";
pub(crate) const TASK_NAME: &str = "beacon.task.name";
pub(crate) const WORKER: &str = "tokio.worker.id";
pub(crate) const WORKERS: &str = "tokio.worker.count";
