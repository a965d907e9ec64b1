//! What is counted when something of a carrier is ignored.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A field of a carrier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Field {
    Baggage,
    TraceParent,
    TraceState,
}

impl Field {
    pub(crate) const ALL: [Self; 3] = [Self::Baggage, Self::TraceParent, Self::TraceState];

    /// The name on the wire, and the value of `beacon.propagation.field`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Baggage => "baggage",
            Self::TraceParent => "traceparent",
            Self::TraceState => "tracestate",
        }
    }
}

/// Why a field was ignored, whole or in part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// It breaks the grammar.
    Invalid,
    /// It is over a limit.
    TooLarge,
}

impl Fault {
    pub(crate) const ALL: [Self; 2] = [Self::Invalid, Self::TooLarge];

    /// The value of `beacon.drop.reason`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::TooLarge => "too_large",
        }
    }
}

/// Counts fields that were ignored, whole or in part: at most one for each field and fault of a
/// carrier, so that a hostile header is not louder than a broken one.
#[derive(Debug, Default)]
pub(crate) struct PropagationCounters {
    invalid: FieldCounts,
    too_large: FieldCounts,
}

#[derive(Debug, Default)]
struct FieldCounts {
    baggage: AtomicU64,
    traceparent: AtomicU64,
    tracestate: AtomicU64,
}

impl PropagationCounters {
    pub(crate) fn add(&self, field: Field, fault: Fault) {
        self.cell(field, fault).fetch_add(1, Relaxed);
    }

    pub(crate) fn count(&self, field: Field, fault: Fault) -> u64 {
        self.cell(field, fault).load(Relaxed)
    }

    const fn cell(&self, field: Field, fault: Fault) -> &AtomicU64 {
        let counts = match fault {
            Fault::Invalid => &self.invalid,
            Fault::TooLarge => &self.too_large,
        };
        match field {
            Field::Baggage => &counts.baggage,
            Field::TraceParent => &counts.traceparent,
            Field::TraceState => &counts.tracestate,
        }
    }
}
