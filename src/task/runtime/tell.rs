//! Blocked workers and overdue spans as log records and lines.

use std::fmt::Write as _;
use std::time::Duration;

use tracing::Level;

use crate::catalog::{event, runtime_attribute as key};
use crate::logging::{OverdueSpans, OwnEvent, OwnEvents, OwnValue, SpanFacts};
use crate::task::runtime::observed::Observed;
use crate::task::runtime::stall::Stall;

/// Tells that a worker is blocked, or not any more.
pub(super) fn tell_stall(
    events: &OwnEvents,
    runtime: &Observed,
    stall: &Stall,
    span: Option<&SpanFacts>,
    has_ended: bool,
    suppressed: u64,
) {
    let id = stall.id.to_string();
    let task = stall.poll.and_then(|poll| poll.name.name());
    let mut attributes = vec![
        (key::RUNTIME_NAME, OwnValue::Text(&runtime.name)),
        (key::STALL_ID, OwnValue::Text(&id)),
        (key::STALL_DURATION_SECONDS, OwnValue::F64(stall.duration.as_secs_f64())),
        (key::WORKER, OwnValue::I64(whole(stall.worker))),
        (key::WORKERS, OwnValue::I64(whole(runtime.metrics.num_workers()))),
    ];
    if let Some(task) = task {
        attributes.push((key::TASK_NAME, OwnValue::Text(task)));
    }
    if let Some(span) = span {
        attributes.push((key::SPAN_NAME, OwnValue::Text(span.name)));
        attributes.push((key::SPAN_TARGET, OwnValue::Text(span.target)));
    }
    if suppressed > 0 {
        let suppressed = i64::try_from(suppressed).unwrap_or(i64::MAX);
        attributes.push((key::STALL_SUPPRESSED, OwnValue::I64(suppressed)));
    }
    let (level, event_name) = if has_ended {
        (Level::INFO, event::RUNTIME_STALL_CLEARED)
    } else {
        (Level::WARN, event::RUNTIME_STALLED)
    };
    events.tell(&OwnEvent {
        level,
        target: TARGET,
        event_name,
        body: &sentence(runtime, stall, task, span, has_ended),
        trace: span.and_then(|span| span.trace),
        attributes: &attributes,
    });
}

fn sentence(
    runtime: &Observed,
    stall: &Stall,
    task: Option<&str>,
    span: Option<&SpanFacts>,
    has_ended: bool,
) -> String {
    let name = &runtime.name;
    let who = if runtime.is_single {
        format!("the runtime `{name}`")
    } else {
        format!("worker {} of the runtime `{name}`", stall.worker)
    };
    let seconds = stall.duration.as_secs_f64();
    let mut text = if has_ended {
        format!("{who} turns again, after {seconds:.1} s")
    } else {
        format!("{who} has been blocked for {seconds:.1} s")
    };
    // Writing to a text does not fail.
    let _ = match (task, span) {
        (Some(task), Some(span)) => write!(text, " by the task `{task}` in span `{}`", span.name),
        (Some(task), None) => write!(text, " by the task `{task}`"),
        (None, Some(span)) => write!(text, " by a task in span `{}`", span.name),
        (None, None) => Ok(()),
    };
    text
}

/// Tells of unfinished spans of one name.
pub(super) fn tell_overdue(events: &OwnEvents, spans: &OverdueSpans, limit: Duration) {
    let OverdueSpans { facts, age, count } = spans;
    let (name, age, limit) = (facts.name, age.as_secs_f64(), limit.as_secs_f64());
    let body = if *count == 1 {
        format!("the span `{name}` has not ended after {age:.0} s; the limit is {limit:.0} s")
    } else {
        format!(
            "{count} spans `{name}` have not ended after {limit:.0} s; the oldest is {age:.0} s old"
        )
    };
    events.tell(&OwnEvent {
        level: Level::WARN,
        target: TARGET,
        event_name: event::SPAN_OVERDUE,
        body: &body,
        trace: facts.trace,
        attributes: &[
            (key::SPAN_NAME, OwnValue::Text(name)),
            (key::SPAN_TARGET, OwnValue::Text(facts.target)),
            (key::SPAN_AGE_SECONDS, OwnValue::F64(age)),
            (key::SPAN_OVERDUE, OwnValue::I64(i64::try_from(*count).unwrap_or(i64::MAX))),
        ],
    });
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Where filters and lines see it come from.
const TARGET: &str = "beacon::task";
