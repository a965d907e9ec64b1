//! The numbers that beacon's metrics about itself read: atomics, written before each collection.

use opentelemetry::KeyValue;

use crate::Signal;
use crate::catalog::attribute;
use crate::export::metrics::counts::{ErrorCounts, Number, ReasonCounts};
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
