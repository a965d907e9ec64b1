//! What a service does: the operations that are measured.

use std::hint::black_box;

use tracing::{info, info_span};

/// One thing that a service does often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Operation {
    /// An event with three fields.
    Event,
    /// The same inside of a span with one field, which lives on.
    EventInSpan,
}

impl Operation {
    pub(crate) const ALL: [Self; 2] = [Self::Event, Self::EventInSpan];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::EventInSpan => "event_in_span",
        }
    }

    /// Does it so many times.
    pub(crate) fn repeat(self, times: u32) {
        match self {
            Self::Event => measured_events(times),
            Self::EventInSpan => {
                let span = info_span!("checkout", customer = "c-1742");
                let _entered = span.enter();
                measured_events(times);
            }
        }
    }
}

/// Instruction counters look for this name.
#[inline(never)]
fn measured_events(times: u32) {
    for number in 0..times {
        let order = black_box(i64::from(number));
        info!(order, amount = 12.5, currency = "EUR", "order accepted");
    }
}
