//! The metrics of runtimes, tasks and unfinished spans. Callbacks load atomics.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter};

use crate::catalog::{Metric, attribute, runtime};
use crate::logging::LiveSpans;
use crate::task::counts::{TaskCounts, task_counts};
use crate::task::runtime::further;
use crate::task::runtime::observed::{Observed, Runtimes};
use crate::task::runtime::watch::SpanBoard;

/// Builds an observable instrument on the meter, under the metric's name, unit and description.
macro_rules! observe {
    ($meter:ident.$method:ident, $metric:expr, $callback:expr) => {{
        let metric: Metric = $metric;
        let builder = $meter.$method(metric.name).with_unit(metric.unit);
        let _registered =
            builder.with_description(metric.description).with_callback($callback).build();
    }};
}
#[cfg(tokio_unstable)]
pub(super) use observe;

/// What is recorded where it happens, on the thread that watches.
#[derive(Debug)]
pub(super) struct Histograms {
    pub(super) delay: Histogram<f64>,
    pub(super) stall: Histogram<f64>,
}

impl Histograms {
    pub(super) fn new(meter: &Meter) -> Self {
        Self {
            delay: runtime::TOKIO_SCHEDULER_DELAY.f64_histogram(meter, DELAY_BOUNDARIES),
            stall: runtime::RUNTIME_STALL_DURATION.f64_histogram(meter, STALL_BOUNDARIES),
        }
    }
}

/// What reads one number of a runtime.
type Read = fn(&Observed) -> u64;

pub(super) fn name_attribute(observed: &Observed) -> KeyValue {
    KeyValue::new(attribute::RUNTIME_NAME, Arc::clone(&observed.name))
}

/// Registers what is told of runtimes and named tasks.
pub(super) fn register_runtimes(meter: &Meter, runtimes: &Arc<Runtimes>) {
    let up_down: [(Metric, Read); 2] = [
        (runtime::TOKIO_WORKER_COUNT, |seen| {
            u64::try_from(seen.metrics.num_workers()).unwrap_or(u64::MAX)
        }),
        (runtime::TOKIO_TASK_COUNT, Observed::tasks),
    ];
    for (metric, read) in up_down {
        let runtimes = Arc::clone(runtimes);
        observe!(meter.i64_observable_up_down_counter, metric, move |o| {
            for seen in runtimes.all().iter() {
                o.observe(signed(read(seen)), &[name_attribute(seen)]);
            }
        });
    }
    let queues = Arc::clone(runtimes);
    observe!(meter.i64_observable_up_down_counter, runtime::TOKIO_QUEUE_LENGTH, move |o| {
        for seen in queues.all().iter() {
            let global = u64::try_from(seen.metrics.global_queue_depth()).unwrap_or(u64::MAX);
            let further = further::queues(&seen.metrics);
            for (queue, length) in std::iter::once(("global", global)).chain(further) {
                let queue = KeyValue::new(attribute::QUEUE_TYPE, queue);
                o.observe(signed(length), &[name_attribute(seen), queue]);
            }
        }
    });
    let parks = Arc::clone(runtimes);
    observe!(meter.u64_observable_counter, runtime::TOKIO_WORKER_PARKS, move |o| {
        for seen in parks.all().iter() {
            o.observe(seen.parks(), &[name_attribute(seen)]);
        }
    });
    let busy = Arc::clone(runtimes);
    observe!(meter.f64_observable_counter, runtime::TOKIO_WORKER_BUSY_TIME, move |o| {
        for seen in busy.all().iter() {
            o.observe(seen.busy().as_secs_f64(), &[name_attribute(seen)]);
        }
    });
    let utilization = Arc::clone(runtimes);
    observe!(meter.f64_observable_gauge, runtime::TOKIO_WORKER_UTILIZATION, move |o| {
        for seen in utilization.all().iter() {
            if let Some(billionths) = seen.utilization() {
                o.observe(share(billionths), &[name_attribute(seen)]);
            }
        }
    });
    further::register(meter, runtimes);
    register_tasks(meter);
}

/// Registers what is told of blocked workers.
pub(super) fn register_stalls(meter: &Meter, runtimes: &Arc<Runtimes>) {
    let stalls = Arc::clone(runtimes);
    observe!(meter.u64_observable_counter, runtime::RUNTIME_STALLS, move |o| {
        for seen in stalls.all().iter() {
            o.observe(seen.stalls.load(Relaxed), &[name_attribute(seen)]);
        }
    });
    let stalled = Arc::clone(runtimes);
    observe!(meter.i64_observable_up_down_counter, runtime::RUNTIME_STALLED, move |o| {
        for seen in stalled.all().iter() {
            o.observe(signed(seen.stalled_workers.load(Relaxed)), &[name_attribute(seen)]);
        }
    });
}

/// Registers what is told of unfinished spans.
pub(super) fn register_spans(meter: &Meter, spans: &Arc<LiveSpans>, board: &Arc<SpanBoard>) {
    let oldest = Arc::clone(board);
    observe!(meter.f64_observable_gauge, runtime::SPAN_AGE_MAX, move |o| {
        o.observe(oldest.oldest().as_secs_f64(), &[]);
    });
    let overdue = Arc::clone(board);
    observe!(meter.i64_observable_up_down_counter, runtime::SPAN_OVERDUE, move |o| {
        o.observe(signed(overdue.overdue()), &[]);
    });
    let spans = Arc::clone(spans);
    observe!(meter.u64_observable_counter, runtime::SPAN_UNLISTED, move |o| {
        o.observe(spans.unlisted(), &[]);
    });
}

fn register_tasks(meter: &Meter) {
    observe!(meter.i64_observable_up_down_counter, runtime::TASK_LIVE, |o| {
        for counts in bounded(task_counts()) {
            o.observe(signed(counts.live), &[KeyValue::new(attribute::TASK_NAME, counts.name)]);
        }
    });
    observe!(meter.u64_observable_counter, runtime::TASK_SPAWNED, |o| {
        for counts in bounded(task_counts()) {
            o.observe(counts.spawned, &[KeyValue::new(attribute::TASK_NAME, counts.name)]);
        }
    });
    observe!(meter.u64_observable_counter, runtime::TASK_ENDED, |o| {
        for counts in bounded(task_counts()) {
            let ends = [
                ("finished", counts.finished),
                ("panicked", counts.panicked),
                ("cancelled", counts.cancelled),
            ];
            for (outcome, count) in ends {
                let name = KeyValue::new(attribute::TASK_NAME, counts.name);
                o.observe(count, &[name, KeyValue::new(attribute::TASK_OUTCOME, outcome)]);
            }
        }
    });
}

/// The first names have series of their own, the others share one.
fn bounded(mut all: Vec<TaskCounts>) -> Vec<TaskCounts> {
    let rest = all.split_off(all.len().min(TASK_NAMES_MAX));
    all.extend(rest.into_iter().reduce(TaskCounts::plus).map(|sum| sum.named(OTHER)));
    all
}

pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "exact below 2⁵³ billionths")]
fn share(billionths: u64) -> f64 {
    billionths as f64 / 1e9
}

/// Upper bounds of the buckets, in seconds: from what an idle worker needs to wake up to what people
/// notice.
const DELAY_BOUNDARIES: &[f64] =
    &[1e-5, 1e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The same, from the least threshold on.
const STALL_BOUNDARIES: &[f64] = &[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// How many names have series of their own. Each costs five.
const TASK_NAMES_MAX: usize = 64;

/// What the name of all others is.
const OTHER: &str = "other";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_share_a_series() {
        let counts: Vec<_> = (0..TASK_NAMES_MAX + 3).map(|_| TaskCounts::example(7)).collect();
        let bounded = bounded(counts);
        assert_eq!(bounded.len(), TASK_NAMES_MAX + 1);
        let last = bounded.last().unwrap();
        assert_eq!((last.name, last.spawned, last.live), (OTHER, 21, 0));
    }
}
