//! What a piece of work came to, as a log record, on the span, and in the histograms.

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};
use tracing::info;

use crate::catalog::{event, scope_attribute as key};
use crate::memory::scope::report::ScopeReport;
use crate::memory::scope::{frames, metrics};
use crate::suppression::is_suppressed;
use crate::thread_end::is_thread_ending;

/// Tells it everywhere. None of it counts as the work of a scope.
pub(super) fn tell(report: &ScopeReport) {
    frames::uncounted(|| {
        if is_thread_ending() || is_suppressed() {
            return;
        }
        if let Some(metrics) = metrics::installed() {
            metrics.record(report);
        }
        Context::map_current(|context| mark(context, report));
        info!(
            name: event::MEMORY_SCOPE,
            target: TARGET,
            {
                { key::NAME } = report.name,
                { key::EXACT } = report.is_exact,
                { key::FINISHED } = report.is_finished,
                { key::DURATION_SECONDS } = report.duration.as_secs_f64(),
                { key::ALLOCATED_BYTES } = report.allocated_bytes,
                { key::FREED_BYTES } = report.freed_bytes,
                { key::RETAINED_BYTES } = report.retained_bytes,
                { key::PEAK_BYTES } = report.peak_bytes,
                { key::ALLOCATED_BLOCKS } = report.allocated_blocks,
                { key::FREED_BLOCKS } = report.freed_blocks,
            },
            "{report}"
        );
    });
}

/// The last scope of a span is the one that it shows: of nested ones the outermost.
fn mark(context: &Context, report: &ScopeReport) {
    let span = context.span();
    if !span.is_recording() {
        return;
    }
    span.set_attribute(KeyValue::new(key::NAME, report.name));
    span.set_attribute(KeyValue::new(key::EXACT, report.is_exact));
    let whole = |bytes: Option<u64>| bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
    let rows = [
        (key::ALLOCATED_BYTES, whole(report.allocated_bytes)),
        (key::FREED_BYTES, whole(report.freed_bytes)),
        (key::RETAINED_BYTES, report.retained_bytes),
        (key::PEAK_BYTES, whole(report.peak_bytes)),
        (key::ALLOCATED_BLOCKS, whole(report.allocated_blocks)),
        (key::FREED_BLOCKS, whole(report.freed_blocks)),
    ];
    for (key, value) in rows {
        if let Some(value) = value {
            span.set_attribute(KeyValue::new(key, value));
        }
    }
}

/// What filters know these records by.
const TARGET: &str = "beacon::memory::scope";
