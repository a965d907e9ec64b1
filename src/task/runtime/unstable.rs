//! What Tokio tells when it is compiled with `tokio_unstable`. Beside it `stable.rs` has the same
//! functions for when it is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter};
use tokio::runtime::RuntimeMetrics;

use crate::catalog::{Metric, attribute, runtime_unstable as catalog};
use crate::task::runtime::instruments::{name_attribute, observe, signed};
use crate::task::runtime::observed::{Observed, Runtimes};

pub(super) fn queues(metrics: &RuntimeMetrics) -> [(&'static str, u64); 2] {
    let local = (0..metrics.num_workers()).map(|worker| metrics.worker_local_queue_depth(worker));
    [
        ("local", whole(local.fold(0, usize::saturating_add))),
        ("blocking", whole(metrics.blocking_queue_depth())),
    ]
}

type Reading = fn(&RuntimeMetrics) -> u64;

pub(super) fn register(meter: &Meter, runtimes: &Arc<Runtimes>) {
    let counters: [(Metric, Reading); 6] = [
        (catalog::TOKIO_TASK_SPAWNED, RuntimeMetrics::spawned_tasks_count),
        (catalog::TOKIO_WORKER_POLLS, |m| of_workers(m, RuntimeMetrics::worker_poll_count)),
        (catalog::TOKIO_WORKER_STEALS, |m| of_workers(m, RuntimeMetrics::worker_steal_count)),
        (catalog::TOKIO_WORKER_OVERFLOWS, |m| of_workers(m, RuntimeMetrics::worker_overflow_count)),
        (catalog::TOKIO_TASK_FORCED_YIELDS, RuntimeMetrics::budget_forced_yield_count),
        (catalog::TOKIO_IO_REGISTERED, RuntimeMetrics::io_driver_fd_registered_count),
    ];
    for (metric, read) in counters {
        let runtimes = Arc::clone(runtimes);
        observe!(meter.u64_observable_counter, metric, move |o| {
            for seen in runtimes.all().iter() {
                o.observe(read(&seen.metrics), &[name_attribute(seen)]);
            }
        });
    }
    let threads = Arc::clone(runtimes);
    let metric = catalog::TOKIO_BLOCKING_THREAD_COUNT;
    observe!(meter.i64_observable_up_down_counter, metric, move |o| {
        for seen in threads.all().iter() {
            let idle = seen.metrics.num_idle_blocking_threads();
            let busy = seen.metrics.num_blocking_threads().saturating_sub(idle);
            for (state, count) in [("busy", busy), ("idle", idle)] {
                let state = KeyValue::new(attribute::BLOCKING_THREAD_STATE, state);
                o.observe(signed(whole(count)), &[name_attribute(seen), state]);
            }
        }
    });
}

fn of_workers(metrics: &RuntimeMetrics, read: fn(&RuntimeMetrics, usize) -> u64) -> u64 {
    (0..metrics.num_workers()).map(|w| read(metrics, w)).fold(0, u64::saturating_add)
}

fn whole(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// How long polls took: Tokio has buckets, and an instrument takes single values.
#[derive(Debug)]
pub(super) struct PollTimes {
    histogram: Histogram<f64>,
    /// Polls of each bucket of each runtime, so far.
    seen: BTreeMap<(Arc<str>, usize), u64>,
}

impl PollTimes {
    pub(super) fn new(meter: &Meter) -> Self {
        let bounds = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0, 3.0];
        let histogram = catalog::TOKIO_TASK_POLL_DURATION.f64_histogram(meter, &bounds);
        Self { histogram, seen: BTreeMap::new() }
    }

    /// Records what has come since the last time, each poll at the upper bound of its bucket. Of
    /// more polls than [`RECORDED_MAX`] each bucket has its share.
    pub(super) fn record(&mut self, runtimes: &[Arc<Observed>]) {
        self.seen.retain(|(name, _), _| runtimes.iter().any(|seen| seen.name == *name));
        for runtime in runtimes.iter().filter(|seen| seen.metrics.poll_time_histogram_enabled()) {
            let metrics = &runtime.metrics;
            let buckets: Vec<_> = (0..metrics.poll_time_histogram_num_buckets())
                .map(|bucket| {
                    let count = of_workers_at(metrics, bucket);
                    let before = self.seen.insert((Arc::clone(&runtime.name), bucket), count);
                    (bucket, count.saturating_sub(before.unwrap_or_default()))
                })
                .collect();
            let total = buckets.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
            let divisor = total.div_ceil(RECORDED_MAX).max(1);
            for (bucket, count) in buckets {
                let range = metrics.poll_time_histogram_bucket_range(bucket);
                // The last bucket has no upper bound.
                let last = bucket.saturating_add(1) == metrics.poll_time_histogram_num_buckets();
                let value = if last { range.start } else { range.end };
                for _ in 0..count.div_ceil(divisor) {
                    self.histogram.record(value.as_secs_f64(), &[name_attribute(runtime)]);
                }
            }
        }
    }
}

fn of_workers_at(metrics: &RuntimeMetrics, bucket: usize) -> u64 {
    let workers = 0..metrics.num_workers();
    workers
        .map(|worker| metrics.poll_time_histogram_bucket_count(worker, bucket))
        .fold(0, u64::saturating_add)
}

/// How many polls of one runtime are recorded in a second.
const RECORDED_MAX: u64 = 10_000;
