//! Numbers that the export thread writes and metric callbacks read, without a lock.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::KeyValue;

use crate::catalog::attribute;
use crate::report::DropReason;

/// One number, or that it is not known.
pub(crate) struct Number(AtomicU64);

impl Number {
    pub(super) const fn zero() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(super) const fn unknown() -> Self {
        Self(AtomicU64::new(UNKNOWN))
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value.min(MAX), Ordering::Relaxed);
    }

    pub(crate) fn value(&self) -> Option<u64> {
        let value = self.0.load(Ordering::Relaxed);
        (value != UNKNOWN).then_some(value)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

/// One number for each reason.
#[derive(Debug)]
pub(crate) struct ReasonCounts {
    counts: [(DropReason, Number, Vec<KeyValue>); DropReason::ALL.len()],
}

impl ReasonCounts {
    pub(super) fn new(base: &[KeyValue], key: &'static str) -> Self {
        let counts = DropReason::ALL.map(|reason| {
            let attributes = extended(base, KeyValue::new(key, reason.name()));
            (reason, Number::zero(), attributes)
        });
        Self { counts }
    }

    pub(crate) fn set(&self, reason: DropReason, value: u64) {
        for (each, count, _) in &self.counts {
            if *each == reason {
                count.set(value);
            }
        }
    }

    pub(super) fn read(&self, visit: &mut dyn FnMut(u64, &[KeyValue])) {
        for (_, count, attributes) in &self.counts {
            if let Some(value) = count.value() {
                visit(value, attributes);
            }
        }
    }
}

/// One number for each `error.type` that occurred, up to a bound; `_OTHER` for the rest.
#[derive(Debug)]
pub(crate) struct ErrorCounts {
    base: Vec<KeyValue>,
    slots: [ErrorSlot; ERROR_TYPES_MAX],
    other: ErrorSlot,
}

impl ErrorCounts {
    pub(super) fn new(base: &[KeyValue]) -> Self {
        Self {
            base: base.to_vec(),
            slots: [const { ErrorSlot::free() }; ERROR_TYPES_MAX],
            other: ErrorSlot::free(),
        }
    }

    /// Sets how many items failed in all, by error type.
    pub(crate) fn set(&self, totals: &BTreeMap<Cow<'static, str>, u64>) {
        let mut others = 0_u64;
        for (error_type, total) in totals {
            let slot = self.slots.iter().find(|slot| slot.claim(&self.base, error_type));
            match slot {
                Some(slot) => slot.count.set(*total),
                None => others = others.saturating_add(*total),
            }
        }
        if others > 0 {
            self.other.claim(&self.base, OTHER_ERROR);
            self.other.count.set(others);
        }
    }

    pub(super) fn read(&self, visit: &mut dyn FnMut(u64, &[KeyValue])) {
        for slot in self.slots.iter().chain([&self.other]) {
            let claimed = slot.error_type.get();
            if let (Some((_, attributes)), Some(value)) = (claimed, slot.count.value()) {
                visit(value, attributes);
            }
        }
    }
}

#[derive(Debug)]
struct ErrorSlot {
    error_type: OnceLock<(Box<str>, Vec<KeyValue>)>,
    count: Number,
}

impl ErrorSlot {
    const fn free() -> Self {
        Self { error_type: OnceLock::new(), count: Number::zero() }
    }

    /// Takes the slot if it is free, and tells whether it is this error type's.
    fn claim(&self, base: &[KeyValue], error_type: &str) -> bool {
        let (owner, _) = self.error_type.get_or_init(|| {
            let value = KeyValue::new(attribute::ERROR_TYPE, error_type.to_owned());
            (error_type.into(), extended(base, value))
        });
        **owner == *error_type
    }
}

fn extended(base: &[KeyValue], last: KeyValue) -> Vec<KeyValue> {
    base.iter().cloned().chain([last]).collect()
}

const UNKNOWN: u64 = u64::MAX;
/// OTLP carries signed 64-bit integers.
const MAX: u64 = i64::MAX.unsigned_abs();

/// Beacon has about ten error types of its own; the rest are statuses of the peer.
const ERROR_TYPES_MAX: usize = 31;

/// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/>
const OTHER_ERROR: &str = "_OTHER";
