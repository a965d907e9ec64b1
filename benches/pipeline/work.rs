//! What a service does: the operations that are measured.

use std::hint::black_box;
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use tracing::{info, info_span};

/// One thing that a service does often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operation {
    /// A span with three attributes, entered and closed.
    Span,
    /// A span with three attributes and a log event with three fields in it.
    SpanWithEvent,
    /// A log event with three fields.
    Event,
}

impl Operation {
    pub(crate) const ALL: [Self; 3] = [Self::Span, Self::SpanWithEvent, Self::Event];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Span => "span",
            Self::SpanWithEvent => "span_event",
            Self::Event => "log",
        }
    }

    /// Does it so many times. Instruction counters look for the names of what is called here.
    pub(crate) fn repeat(self, times: u32) {
        match self {
            Self::Span => measured_span(times),
            Self::SpanWithEvent => measured_span_event(times),
            Self::Event => measured_log(times),
        }
    }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|operation| operation.name() == text);
        found.ok_or_else(|| format!("there is no case `{text}`"))
    }
}

/// Makes spans at a steady rate, some each millisecond.
pub(crate) fn pace(spans_per_ms: u32, duration_ms: u32) {
    let start = Instant::now();
    for tick in 0..duration_ms {
        measured_span(spans_per_ms);
        let next = start + Duration::from_millis(1) * (tick + 1);
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

#[inline(never)]
fn measured_span(times: u32) {
    for number in 0..times {
        let order = black_box(i64::from(number));
        let span = info_span!("checkout", order, customer = "c-1742", express = true);
        let _entered = span.enter();
    }
}

#[inline(never)]
fn measured_span_event(times: u32) {
    for number in 0..times {
        let order = black_box(i64::from(number));
        let span = info_span!("checkout", order, customer = "c-1742", express = true);
        let _entered = span.enter();
        info!(order, amount = 12.5, currency = "EUR", "order accepted");
    }
}

#[inline(never)]
fn measured_log(times: u32) {
    for number in 0..times {
        let order = black_box(i64::from(number));
        info!(order, amount = 12.5, currency = "EUR", "order accepted");
    }
}
