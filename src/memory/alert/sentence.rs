//! The one sentence that a person reads at night.

use std::fmt::Write as _;

use crate::memory::alert::quantity::{show_bytes, show_hours, show_percent};
use crate::memory::alert::{LeakAlert, LeakCause, LeakCulprit, LeakSignal};
use crate::memory::leak::{LeakState, LeakingSiteStatus};

/// Says growth, since when, culprit, next step.
pub(crate) fn sentence(alert: &LeakAlert) -> String {
    match alert.cause {
        LeakCause::Exhaustion => exhaustion(alert),
        LeakCause::Retained => retained(alert),
        _ if alert.state == LeakState::Cleared => cleared(alert),
        _ => growth(alert),
    }
}

fn growth(alert: &LeakAlert) -> String {
    let mut text = headline(alert).to_owned();
    push_growth(&mut text, alert);
    if let Some(culprit) = &alert.culprit {
        push_culprit(&mut text, culprit);
    }
    push_limit(&mut text, alert);
    text.push_str("; ");
    text.push_str(next_step(alert));
    text
}

fn headline(alert: &LeakAlert) -> &'static str {
    let is_worse_before = alert.previous_state > alert.state;
    match (alert.cause, alert.state) {
        (LeakCause::Fragmentation, _) => "memory fragmentation suspected",
        (LeakCause::NativeGrowth, _) => "memory growth outside of the allocator suspected",
        (_, LeakState::Confirmed) if alert.is_update() => "memory leak confirmed, call-site found",
        (_, LeakState::Confirmed) => "memory leak confirmed",
        _ if alert.is_update() => "memory leak suspected, call-site found",
        _ if is_worse_before => "memory leak no longer confirmed, still suspected",
        _ => "memory leak suspected",
    }
}

fn push_growth(text: &mut String, alert: &LeakAlert) {
    let what = match alert.signal {
        Some(LeakSignal::Live) => "the live heap",
        Some(LeakSignal::Site) => "the old memory of one call-site",
        _ => "resident memory",
    };
    let Some(evidence) = alert.evidence else {
        let _infallible = write!(text, ": {what} keeps growing");
        return;
    };
    let _infallible = write!(
        text,
        ": {what} grew by {} ({} of its normal size) over the last {} h, {} per hour",
        show_bytes(evidence.growth_bytes),
        show_percent(evidence.growth_ratio),
        evidence.scale_hours,
        show_bytes(evidence.growth_bytes_per_hour),
    );
    if let Some(bytes) = alert.current_bytes {
        let _infallible = write!(text, ", to {}", show_bytes(bytes));
    }
    if !alert.load_known {
        text.push_str(", and whether load explains it is not known");
    }
}

fn push_culprit(text: &mut String, culprit: &LeakCulprit) {
    let Some(first) = culprit.sites.first() else { return };
    let verb = match culprit.status {
        LeakingSiteStatus::Confirmed => "it is held by",
        LeakingSiteStatus::Candidates => "most likely it is held by",
    };
    let _infallible = write!(text, "; {verb} `{}`", first.site);
    if !first.span.is_empty() {
        let _infallible = write!(text, " in span `{}`", first.span);
    }
    let _infallible = write!(text, ", {} older than one hour", show_bytes(first.bytes));
}

fn push_limit(text: &mut String, alert: &LeakAlert) {
    if let (Some(hours), Some(limit)) = (alert.time_to_limit_hours, alert.limit_bytes) {
        let (limit, hours) = (show_bytes(limit), show_hours(hours));
        let _infallible = write!(text, "; at this rate the limit of {limit} is reached in {hours}");
    }
}

fn next_step(alert: &LeakAlert) -> &'static str {
    match alert.cause {
        LeakCause::Fragmentation => {
            "fewer arenas, a shorter decay or another allocator give it back"
        }
        LeakCause::NativeGrowth => "look at C libraries, `mmap`, thread stacks and code generators",
        _ if alert.profile_id.is_some() => "compare the heap profile with one from a quiet time",
        _ if alert.culprit.is_some() => "look at who keeps what that code allocates",
        _ if alert.signal == Some(LeakSignal::Rss) => {
            "install `beacon::memory::TrackingAllocator` to learn which code it is"
        }
        _ => "compare two heap profiles, one hour apart",
    }
}

fn cleared(alert: &LeakAlert) -> String {
    let mut text = "memory leak cleared: no sign of growth for 24 h".to_owned();
    if let Some(bytes) = alert.current_bytes {
        let _infallible = write!(text, ", now {}", show_bytes(bytes));
    }
    text.push_str("; nothing to do");
    text
}

fn retained(alert: &LeakAlert) -> String {
    let returned = show_bytes(alert.returned_bytes.unwrap_or_default());
    let mut text =
        format!("memory retained, no leak: the allocator gave {returned} back when asked");
    if let Some(evidence) = alert.evidence {
        let (grown, hours) = (show_bytes(evidence.growth_bytes), evidence.scale_hours);
        let _infallible = write!(text, " of the {grown} that resident memory grew in {hours} h");
    }
    text.push_str("; nothing to do, it is asked again when memory is retained again");
    text
}

fn exhaustion(alert: &LeakAlert) -> String {
    let mut text = "memory is about to end".to_owned();
    if let (Some(used), Some(limit)) = (alert.current_bytes, alert.limit_bytes) {
        let (used, limit) = (show_bytes(used), show_bytes(limit));
        let _infallible = write!(text, ": {used} of {limit} are in use");
    }
    if let Some(hours) = alert.time_to_limit_hours {
        let hours = show_hours(hours);
        let _infallible = write!(text, ", and at the growth of the last 2 h it lasts for {hours}");
    }
    if let Some(culprit) = &alert.culprit {
        push_culprit(&mut text, culprit);
    }
    text.push_str("; restart or shed load in time, or raise the limit");
    text
}
