//! The numbers that beacon's metrics about itself read: atomics, written before each collection.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::{KeyValue, Value};

use crate::Signal;
use crate::catalog::attribute;
use crate::config::Protocol;
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

impl Destination {
    /// An OTLP peer.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/otel/>
    pub(crate) const fn otlp(signal: Signal, protocol: Protocol, host: String, port: u16) -> Self {
        let exporter_type = match (protocol, signal) {
            (Protocol::Grpc, Signal::Logs) => "otlp_grpc_log_exporter",
            (Protocol::Grpc, Signal::Metrics) => "otlp_grpc_metric_exporter",
            (Protocol::Grpc, Signal::Traces) => "otlp_grpc_span_exporter",
            (Protocol::HttpJson, Signal::Logs) => "otlp_http_json_log_exporter",
            (Protocol::HttpJson, Signal::Metrics) => "otlp_http_json_metric_exporter",
            (Protocol::HttpJson, Signal::Traces) => "otlp_http_json_span_exporter",
            (Protocol::HttpProtobuf, Signal::Logs) => "otlp_http_log_exporter",
            (Protocol::HttpProtobuf, Signal::Metrics) => "otlp_http_metric_exporter",
            (Protocol::HttpProtobuf, Signal::Traces) => "otlp_http_span_exporter",
        };
        Self { exporter_type, server: Some((host, port)) }
    }
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

/// Why beacon gave an item up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DropReason {
    /// It came after shutdown.
    AlreadyShutdown,
    /// It lacks what the protocol demands, such as ids that are not zero.
    Invalid,
    /// It could not be written.
    IoError,
    /// The queue had no room.
    QueueFull,
    /// The answer was larger than the limit.
    ResponseTooLarge,
    /// The time for attempts was over.
    RetryExhausted,
    /// The deadline of shutdown was over.
    Shutdown,
    /// It alone is over the limit of a request.
    TooLarge,
}

impl DropReason {
    pub(crate) const ALL: [Self; 8] = [
        Self::AlreadyShutdown,
        Self::Invalid,
        Self::IoError,
        Self::QueueFull,
        Self::ResponseTooLarge,
        Self::RetryExhausted,
        Self::Shutdown,
        Self::TooLarge,
    ];

    /// Returns the reason's name on the wire, as `beacon.drop.reason` and as `error.type`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AlreadyShutdown => "already_shutdown",
            Self::Invalid => "invalid",
            Self::IoError => "io_error",
            Self::QueueFull => "queue_full",
            Self::ResponseTooLarge => "response_too_large",
            Self::RetryExhausted => "retry_exhausted",
            Self::Shutdown => "shutdown",
            Self::TooLarge => "too_large",
        }
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

    /// Adds items whose export failed. A slot is claimed when its error type occurs first; after
    /// that nothing locks or allocates.
    pub(crate) fn add(&self, error_type: &str, items: u64) {
        let slot = self.slots.iter().find(|slot| slot.claim(&self.base, error_type));
        let slot = slot.unwrap_or_else(|| {
            self.other.claim(&self.base, OTHER_ERROR);
            &self.other
        });
        slot.count.fetch_add(items, Ordering::Relaxed);
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

/// What the recorders count themselves.
pub(crate) trait RecordingSource: fmt::Debug + Send + Sync {
    /// All spans started with this result and parent, those not recorded included.
    fn spans_started(&self, result: SamplingResult, parent: ParentOrigin) -> u64;

    /// Recording spans started with this result and not ended. Never asked for `Drop`.
    fn spans_live(&self, result: SamplingResult) -> u64;

    /// Log records submitted, dropped ones included.
    fn logs_created(&self) -> u64;
}

/// What the sampler decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SamplingResult {
    Drop,
    RecordAndSample,
    RecordOnly,
}

impl SamplingResult {
    pub(crate) const ALL: [Self; 3] = [Self::Drop, Self::RecordAndSample, Self::RecordOnly];
    pub(crate) const RECORDING: [Self; 2] = [Self::RecordAndSample, Self::RecordOnly];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Drop => "DROP",
            Self::RecordAndSample => "RECORD_AND_SAMPLE",
            Self::RecordOnly => "RECORD_ONLY",
        }
    }
}

/// Where the parent of a span comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ParentOrigin {
    Local,
    None,
    Remote,
}

impl ParentOrigin {
    pub(crate) const ALL: [Self; 3] = [Self::Local, Self::None, Self::Remote];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::None => "none",
            Self::Remote => "remote",
        }
    }
}

const UNKNOWN: u64 = u64::MAX;
/// OTLP carries signed 64-bit integers.
const MAX: u64 = i64::MAX.unsigned_abs();

/// Beacon has about ten error types of its own; the rest are statuses of the peer.
const ERROR_TYPES_MAX: usize = 31;

/// Source: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/>
const OTHER_ERROR: &str = "_OTHER";
