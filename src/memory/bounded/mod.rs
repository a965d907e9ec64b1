//! Consumers of memory that are meant to fill up, and are bounded.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::diagnostics::{DiagnosticLevel, Diagnostics};
use crate::memory::alert::show_bytes;
use crate::memory::hooks::{Guarded, HookCounts, HookKind, Registration, Registry, call_all};

/// Keeps a consumer declared: dropped, its memory counts like any other.
#[must_use = "the consumer is only declared while this lives"]
pub struct BoundedGuard {
    _registration: Registration<BoundedConsumer>,
}

/// Declares a consumer of memory that may fill up to `max_bytes`, such as a cache: what it uses is no
/// leak.
///
/// A cache that fills in a straight line for days looks like a leak to any detector until it stops;
/// this is the only cure. What it uses, at most `max_bytes`, is subtracted from the series that the leak
/// detector sees, at the instant of each sample. What it uses beyond stays in, and is said once.
///
/// `usage` returns the bytes in use, within a second, and is called once per sample on a thread of its
/// own. While it panics or hangs, which is counted in `beacon.memory.hook.failures`, the last number holds.
///
/// Declare at start: a later declaration lowers the series, and old records then delay a verdict by
/// up to four days. At most 256 can be declared; further ones have no effect, and are counted.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// let used_bytes = Arc::new(AtomicU64::new(0));
/// let own = Arc::clone(&used_bytes);
/// let guard = beacon::memory::bounded("blocks", 64 << 20, move || own.load(Ordering::Relaxed));
/// used_bytes.fetch_add(4096, Ordering::Relaxed);
/// # drop(guard);
/// ```
pub fn bounded(
    name: impl Into<String>,
    max_bytes: u64,
    usage: impl Fn() -> u64 + Send + Sync + 'static,
) -> BoundedGuard {
    let consumer = Box::new(BoundedConsumer::new(max_bytes, usage));
    BoundedGuard { _registration: CONSUMERS.register(Guarded::new(name.into(), consumer)) }
}

impl fmt::Debug for BoundedGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedGuard").finish_non_exhaustive()
    }
}

/// One declared consumer.
pub(crate) struct BoundedConsumer {
    max_bytes: u64,
    usage: Box<dyn Fn() -> u64 + Send + Sync>,
    /// What it used when it last told.
    last_bytes: AtomicU64,
    is_over_said: AtomicBool,
}

impl BoundedConsumer {
    pub(crate) fn new(max_bytes: u64, usage: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let (usage, last_bytes) = (Box::new(usage), AtomicU64::new(0));
        Self { max_bytes, usage, last_bytes, is_over_said: AtomicBool::new(false) }
    }
}

/// Asks all consumers of the process. Returns the bytes to subtract.
pub(crate) fn measure(counts: &HookCounts, voice: &Diagnostics) -> u64 {
    measure_all(&CONSUMERS.all(), counts, voice)
}

/// How many consumers were too many.
pub(crate) fn refused() -> u64 {
    CONSUMERS.refused()
}

fn measure_all(
    all: &[Arc<Guarded<BoundedConsumer>>],
    counts: &HookCounts,
    voice: &Diagnostics,
) -> u64 {
    let results = call_all(THREAD_NAME, all, USAGE_TIMEOUT, |consumer: &BoundedConsumer| {
        consumer.last_bytes.store((consumer.usage)(), Relaxed);
    });
    let mut sum_bytes = 0_u64;
    for (consumer, result) in all.iter().zip(results) {
        if let Err(failure) = result {
            counts.count(HookKind::Bounded, failure);
        }
        let BoundedConsumer { max_bytes, last_bytes, is_over_said, .. } = consumer.get();
        let used_bytes = last_bytes.load(Relaxed);
        sum_bytes = sum_bytes.saturating_add(used_bytes.min(*max_bytes));
        if used_bytes > *max_bytes && !is_over_said.swap(true, Relaxed) {
            say_over(&consumer.name, used_bytes, *max_bytes, voice);
        }
    }
    sum_bytes
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn say_over(name: &str, used_bytes: u64, max_bytes: u64, voice: &Diagnostics) {
    let (used, max) = (show_bytes(used_bytes as f64), show_bytes(max_bytes as f64));
    let message = format!(
        "the bounded consumer `{name}` uses {used}, above its {max}: what is above counts as \
         possible leak"
    );
    voice.say_now(DiagnosticLevel::Warn, &message);
}

static CONSUMERS: Registry<BoundedConsumer> = Registry::new();

const THREAD_NAME: &str = "beacon-bounded";

/// How long one may take to tell its size.
const USAGE_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
