//! The metrics of leaks and of memory given back.

use std::fmt;
use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Histogram, Meter};

use crate::catalog::{Metric, attribute, leak};
use crate::memory::alert::{LeakCause, LeakSignal};
use crate::memory::hooks::{HookCounts, HookFailure, HookKind};
use crate::memory::reclaim::{ReclaimObserver, ReclaimReport, ReclaimTrigger};
use crate::memory::watch::board::{STATES, WatchBoard};
use crate::memory::{bounded, pressure};

/// Registers what is observed. The callbacks only load atomics.
pub(crate) fn register(meter: &Meter, board: &Arc<WatchBoard>, hooks: [&Arc<HookCounts>; 2]) {
    let signals = LeakSignal::ALL
        .map(|signal| (signal, [KeyValue::new(attribute::LEAK_SIGNAL, signal.name())]));
    let (source, of_signals) = (Arc::clone(board), signals.clone());
    gauge(meter, &leak::LEAK_STATE, move |observe| {
        for (signal, attributes) in &of_signals {
            if let Some(state) = source.state(*signal) {
                observe(state, attributes);
            }
        }
    });
    let source = Arc::clone(board);
    gauge_f64(meter, &leak::LEAK_GROWTH, move |observe| {
        for (signal, attributes) in &signals {
            if let Some(growth) = source.growth(*signal) {
                observe(growth, attributes);
            }
        }
    });
    let source = Arc::clone(board);
    gauge_f64(meter, &leak::LEAK_TIME_TO_LIMIT, move |observe| {
        if let Some(seconds) = source.time_to_limit() {
            observe(seconds, &[]);
        }
    });
    let source = Arc::clone(board);
    gauge(meter, &leak::RETAINED, move |observe| {
        if let Some(bytes) = source.retained_bytes() {
            observe(whole(bytes), &[]);
        }
    });
    let source = Arc::clone(board);
    gauge(meter, &leak::HEAP_OLD, move |observe| {
        for old in &source.old().0 {
            let site = KeyValue::new(attribute::LEAK_SITE, old.site.clone());
            let span = KeyValue::new(attribute::LEAK_SPAN, old.span.clone());
            observe(whole(old.bytes), &[site, span]);
        }
    });
    register_counters(meter, board, hooks);
}

fn register_counters(meter: &Meter, board: &Arc<WatchBoard>, hooks: [&Arc<HookCounts>; 2]) {
    let rows: Vec<_> = STATES
        .into_iter()
        .flat_map(|state| LeakCause::ALL.map(|cause| (state, cause)))
        .map(|(state, cause)| {
            let state_value = KeyValue::new(attribute::LEAK_STATE, state.name());
            (state, cause, [state_value, KeyValue::new(attribute::LEAK_CAUSE, cause.name())])
        })
        .collect();
    let source = Arc::clone(board);
    counter(meter, &leak::LEAK_ALERTS, move |observe| {
        for (state, cause, attributes) in &rows {
            // What never occurred has no series.
            let alerts = source.alerts(*state, *cause);
            if alerts > 0 {
                observe(alerts, attributes);
            }
        }
    });
    let rows = ReclaimTrigger::ALL
        .map(|trigger| (trigger, [KeyValue::new(attribute::RECLAIM_TRIGGER, trigger.name())]));
    let source = Arc::clone(board);
    counter(meter, &leak::RECLAIM_RETURNED, move |observe| {
        for (trigger, attributes) in &rows {
            observe(source.returned(*trigger), attributes);
        }
    });
    let rows: Vec<_> = HookKind::ALL
        .into_iter()
        .flat_map(|kind| HookFailure::ALL.map(|failure| (kind, failure)))
        .map(|(kind, failure)| {
            let hook = KeyValue::new(attribute::MEMORY_HOOK, kind.name());
            (kind, failure, [hook, KeyValue::new(attribute::ERROR_TYPE, failure.name())])
        })
        .collect();
    let sources = hooks.map(Arc::clone);
    counter(meter, &leak::HOOK_FAILURES, move |observe| {
        for (kind, failure, attributes) in &rows {
            let counted = sources.iter().map(|counts| counts.get(*kind, *failure));
            let failures = counted.fold(refused(*kind, *failure), u64::saturating_add);
            if failures > 0 {
                observe(failures, attributes);
            }
        }
    });
}

/// What was not registered because there was too much.
fn refused(kind: HookKind, failure: HookFailure) -> u64 {
    match (kind, failure) {
        (HookKind::Bounded, HookFailure::Limit) => bounded::refused(),
        (HookKind::Pressure, HookFailure::Limit) => pressure::refused(),
        _ => 0,
    }
}

/// Records runs that give memory back.
pub(crate) struct ReclaimMetrics {
    board: Arc<WatchBoard>,
    duration: Histogram<f64>,
}

impl ReclaimMetrics {
    pub(crate) fn new(meter: &Meter, board: &Arc<WatchBoard>) -> Self {
        // Count, sum, minimum and maximum are enough here.
        let duration = leak::RECLAIM_DURATION.f64_histogram(meter, &[]);
        Self { board: Arc::clone(board), duration }
    }
}

impl ReclaimObserver for ReclaimMetrics {
    fn reclaimed(&self, trigger: ReclaimTrigger, report: &ReclaimReport) {
        self.board.count_returned(trigger, report.returned_bytes);
        let trigger = KeyValue::new(attribute::RECLAIM_TRIGGER, trigger.name());
        self.duration.record(report.duration.as_secs_f64(), &[trigger]);
    }
}

impl fmt::Debug for ReclaimMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReclaimMetrics").finish_non_exhaustive()
    }
}

type Observe<'a, T> = dyn FnMut(T, &[KeyValue]) + 'a;

fn gauge(
    meter: &Meter,
    metric: &Metric,
    read: impl Fn(&mut Observe<'_, u64>) + Send + Sync + 'static,
) {
    let _registered = meter
        .u64_observable_gauge(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.description)
        .with_callback(move |observer| read(&mut with(observer)))
        .build();
}

fn gauge_f64(
    meter: &Meter,
    metric: &Metric,
    read: impl Fn(&mut Observe<'_, f64>) + Send + Sync + 'static,
) {
    let _registered = meter
        .f64_observable_gauge(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.description)
        .with_callback(move |observer| read(&mut with(observer)))
        .build();
}

fn counter(
    meter: &Meter,
    metric: &Metric,
    read: impl Fn(&mut Observe<'_, u64>) + Send + Sync + 'static,
) {
    let _registered = meter
        .u64_observable_counter(metric.name)
        .with_unit(metric.unit)
        .with_description(metric.description)
        .with_callback(move |observer| read(&mut with(observer)))
        .build();
}

fn with<T>(observer: &dyn AsyncInstrument<T>) -> impl FnMut(T, &[KeyValue]) {
    move |value, attributes| observer.observe(value, attributes)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and a size is not below zero"
)]
fn whole(bytes: f64) -> u64 {
    bytes.round() as u64
}
