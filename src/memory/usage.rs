//! The two calls that people put around heavy work.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tracing::info;

use crate::catalog::{event, usage_attribute as key};
use crate::memory::alert::show_bytes;
use crate::memory::hooks::{Guarded, call_all};
use crate::memory::reading::Readings;
use crate::memory::reclaim::{ReclaimReport, ReclaimStatus, reclaim};
use crate::memory::sampler::Source;
use crate::memory::snapshot::{MemoryLimit, MemorySnapshot};
use crate::memory::sources::{self, SystemRoot};

/// Reads the memory of the process now, logs it, and returns it.
///
/// The record (INFO, `beacon.memory.usage`, of the target `beacon::memory::usage`) belongs to the
/// current span and begins with `what`, such as `Before processing`. It has resident memory, the live heap, the
/// limit of the cgroup and what is left of it.
///
/// The numbers are read at the moment, on a thread of beacon's, within a tenth of a millisecond or
/// so. A source that does not answer within a second is left out, here and until it is back. For
/// numbers without a wait there is [`snapshot`](crate::memory::snapshot()).
///
/// It is an event of `tracing`: without telemetry it is logged nowhere, unless by a subscriber of yours.
///
/// # Examples
///
/// ```
/// use beacon::memory;
///
/// let before = memory::log_memory_usage("Before processing");
/// println!("{:?} bytes resident", before.rss_bytes);
/// ```
pub fn log_memory_usage(what: &str) -> MemorySnapshot {
    let now = read_now();
    let limit_bytes = match now.cgroup_limit {
        MemoryLimit::Bytes(bytes) => Some(bytes),
        MemoryLimit::Unknown { .. } | MemoryLimit::Unlimited => None,
    };
    let numbers = sentence(&now, limit_bytes);
    info!(
        name: event::MEMORY_USAGE,
        target: TARGET,
        {
            { key::RSS_BYTES } = now.rss_bytes,
            { key::LIVE_HEAP_BYTES } = now.live_heap_bytes,
            { key::LIMIT_BYTES } = limit_bytes,
            { key::HEADROOM_BYTES } = now.cgroup_headroom_bytes,
        },
        "{what}: {numbers}"
    );
    now
}

/// Gives memory back as [`reclaim`](crate::memory::reclaim()) does, logs what came of it, and returns it.
///
/// The record (INFO, `beacon.memory.cleanup`, of the target `beacon::memory::usage`) belongs to the
/// current span and begins with `what`, such as `After processing`. It has resident memory before
/// and after, and what was given back; or it says that nothing was done, because the last time was a
/// moment ago. Blocks as `reclaim` does.
///
/// Without telemetry memory is given back all the same.
///
/// # Examples
///
/// ```
/// use beacon::memory;
///
/// let report = memory::log_memory_cleanup("After processing");
/// println!("{} bytes given back", report.returned_bytes);
/// ```
pub fn log_memory_cleanup(what: &str) -> ReclaimReport {
    let report = reclaim();
    let returned_bytes = (report.status == ReclaimStatus::Done).then_some(report.returned_bytes);
    info!(
        name: event::MEMORY_CLEANUP,
        target: TARGET,
        {
            { key::CLEANUP_STATUS } = report.status.name(),
            { key::BEFORE_BYTES } = report.before_bytes,
            { key::AFTER_BYTES } = report.after_bytes,
            { key::RETURNED_BYTES } = returned_bytes,
        },
        "{what}: {report}"
    );
    report
}

/// For people.
#[expect(clippy::cast_precision_loss, reason = "for people")]
fn sentence(now: &MemorySnapshot, limit_bytes: Option<u64>) -> String {
    let show = |bytes: u64| show_bytes(bytes as f64);
    let mut parts = Vec::new();
    parts.extend(now.rss_bytes.map(|bytes| format!("{} resident", show(bytes))));
    parts.extend(now.live_heap_bytes.map(|bytes| format!("{} live heap", show(bytes))));
    if let Some(limit) = limit_bytes {
        parts.push(now.cgroup_headroom_bytes.map_or_else(
            || format!("limit {}", show(limit)),
            |left| format!("{} left of {}", show(left), show(limit)),
        ));
    }
    if parts.is_empty() { "memory could not be read".to_owned() } else { parts.join(", ") }
}

/// Asks the sources. One that hangs is not waited for twice.
fn read_now() -> MemorySnapshot {
    static SOURCES: OnceLock<Vec<Arc<Guarded<Mutex<Source>>>>> = OnceLock::new();
    let sources = SOURCES.get_or_init(|| {
        let all = sources::of_usage(&SystemRoot::default());
        let guard = |source: Source| {
            Arc::new(Guarded::new(source.name.name().to_owned(), Box::new(Mutex::new(source))))
        };
        all.into_iter().map(guard).collect()
    });
    let read = |source: &Mutex<Source>| {
        let mut readings = Readings::unknown();
        let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
        // What it could not read is missing, which is all that can be said here.
        let _outcome = (source.read)(Duration::ZERO, &mut readings);
        readings
    };
    let mut all = Readings::unknown();
    for readings in call_all(THREAD_NAME, sources, SOURCE_TIMEOUT, read).into_iter().flatten() {
        all.merge(&readings);
    }
    MemorySnapshot::new(Duration::ZERO, &all)
}

/// What filters know these records by.
const TARGET: &str = "beacon::memory::usage";

const THREAD_NAME: &str = "beacon-usage";

/// As the sampler's.
const SOURCE_TIMEOUT: Duration = Duration::from_secs(1);
