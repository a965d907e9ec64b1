//! The numbers that beacon's metrics about itself read: atomics, written before each collection.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::{KeyValue, Value};

use crate::Signal;
use crate::catalog::attribute;
use crate::report::DropReason;
use crate::signal::PerSignal;

/// Everything published, by signal. A signal that goes nowhere has no numbers.
#[derive(Debug)]
pub(crate) struct Published {
    signals: PerSignal<Option<SignalCounts>>,
    /// 0 healthy, 1 degraded, 2 dark.
    pub(crate) health: Number,
}

impl Published {
    pub(crate) fn new(destinations: &PerSignal<Option<Destination>>) -> Self {
        let signals = PerSignal::from_fn(|signal| {
            let destination = destinations.get(signal).as_ref()?;
            Some(SignalCounts::new(signal, destination))
        });
        Self { signals, health: Number::zero() }
    }

    /// Returns the numbers of a signal; none when it has no destination.
    pub(crate) const fn signal(&self, signal: Signal) -> Option<&SignalCounts> {
        self.signals.get(signal).as_ref()
    }
}

/// Where a signal goes, as its metrics tell it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Destination {
    /// The value of `otel.component.type`: well known for OTLP, else the exporter's Rust type.
    pub(crate) exporter_type: &'static str,
    /// Host and port of the network peer, if there is one.
    pub(crate) server: Option<(String, u16)>,
}

/// The numbers of one signal. All count items: spans, log records or data points.
#[derive(Debug)]
pub(crate) struct SignalCounts {
    pub(crate) emitted: Number,
    pub(crate) delivered: Number,
    pub(crate) rejected: Number,
    pub(crate) dropped: ReasonCounts,
    pub(crate) held: Number,
    pub(crate) queue_usage_bytes: Number,
    pub(crate) queue_limit_bytes: Number,
    pub(crate) queue_items: Number,
    /// Unknown until set: with a bound in bytes alone it is an estimate that needs items.
    pub(crate) queue_capacity_items: Number,
    /// Handed to the exporter.
    pub(crate) processed: Number,
    /// Dropped before they were handed to the exporter.
    pub(crate) unprocessed: ReasonCounts,
    pub(crate) inflight_items: Number,
    /// Exported with success.
    pub(crate) exported: Number,
    /// Whose export failed, by `error.type`.
    pub(crate) failed: ErrorCounts,
    pub(super) signal_attributes: Vec<KeyValue>,
    pub(super) processor_attributes: Vec<KeyValue>,
    pub(super) exporter_attributes: Vec<KeyValue>,
}

impl SignalCounts {
    fn new(signal: Signal, destination: &Destination) -> Self {
        let signal_attributes = vec![KeyValue::new(attribute::SIGNAL, signal.name())];
        let processor_attributes = component_attributes(processor_type(signal));
        let mut exporter_attributes = component_attributes(destination.exporter_type);
        if let Some((host, port)) = &destination.server {
            exporter_attributes.push(KeyValue::new(attribute::SERVER_ADDRESS, host.clone()));
            exporter_attributes.push(KeyValue::new(attribute::SERVER_PORT, i64::from(*port)));
        }
        Self {
            emitted: Number::zero(),
            delivered: Number::zero(),
            rejected: Number::zero(),
            dropped: ReasonCounts::new(&signal_attributes, attribute::DROP_REASON),
            held: Number::zero(),
            queue_usage_bytes: Number::zero(),
            queue_limit_bytes: Number::zero(),
            queue_items: Number::zero(),
            queue_capacity_items: Number::unknown(),
            processed: Number::zero(),
            unprocessed: ReasonCounts::new(&processor_attributes, attribute::ERROR_TYPE),
            inflight_items: Number::zero(),
            exported: Number::zero(),
            failed: ErrorCounts::new(&exporter_attributes),
            signal_attributes,
            processor_attributes,
            exporter_attributes,
        }
    }
}

/// Returns `otel.component.type` and `otel.component.name`: each type exists once per instance.
pub(super) fn component_attributes(component_type: &'static str) -> Vec<KeyValue> {
    vec![
        KeyValue::new(attribute::COMPONENT_TYPE, component_type),
        KeyValue::new(attribute::COMPONENT_NAME, format!("{component_type}/0")),
    ]
}

/// Metrics have no processor: what stands before their exporter is the reader.
pub(super) const fn processor_type(signal: Signal) -> &'static str {
    match signal {
        Signal::Logs => "batching_log_processor",
        Signal::Metrics => "periodic_metric_reader",
        Signal::Traces => "batching_span_processor",
    }
}

/// One number, or that it is not known.
pub(crate) struct Number(AtomicU64);

impl Number {
    const fn zero() -> Self {
        Self(AtomicU64::new(0))
    }

    const fn unknown() -> Self {
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
    fn new(base: &[KeyValue], key: &'static str) -> Self {
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
    fn new(base: &[KeyValue]) -> Self {
        Self { base: base.to_vec(), slots: Default::default(), other: ErrorSlot::default() }
    }

    /// Sets the number of items whose export failed with this error type. A slot is claimed when its error type occurs first; after
    /// that nothing locks or allocates.
    pub(crate) fn set(&self, error_type: &str, items: u64) {
        let slot = self.slots.iter().find(|slot| slot.claim(&self.base, error_type));
        let slot = slot.unwrap_or_else(|| {
            self.other.claim(&self.base, OTHER_ERROR);
            &self.other
        });
        slot.count.store(items, Ordering::Relaxed);
    }

    pub(super) fn read(&self, visit: &mut dyn FnMut(u64, &[KeyValue])) {
        for slot in self.slots.iter().chain([&self.other]) {
            if let Some((_, attributes)) = slot.error_type.get() {
                visit(slot.count.load(Ordering::Relaxed), attributes);
            }
        }
    }
}

#[derive(Debug, Default)]
struct ErrorSlot {
    error_type: OnceLock<(Value, Vec<KeyValue>)>,
    count: AtomicU64,
}

impl ErrorSlot {
    /// Takes the slot if it is free, and tells whether it is this error type's.
    fn claim(&self, base: &[KeyValue], error_type: &str) -> bool {
        let (owner, _) = self.error_type.get_or_init(|| {
            let value = Value::from(error_type.to_owned());
            let attributes = extended(base, KeyValue::new(attribute::ERROR_TYPE, value.clone()));
            (value, attributes)
        });
        owner.as_str() == error_type
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
