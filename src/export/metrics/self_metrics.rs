//! Beacon's metrics about itself: tables that tie each name to the number it reports.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use opentelemetry::metrics::{Histogram, Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue};

use crate::Signal;
use crate::catalog::{self, InstrumentKind, Metric, attribute};
use crate::export::courier::OperationObserver;
use crate::export::metrics::counts::Number;
use crate::export::metrics::published::{
    Published, SignalCounts, component_attributes, processor_type,
};
use crate::export::processors::{
    LogCounters, LogDropReason, LogSink, ParentOrigin, RecordingCounters, SamplingOutcome,
    level_name,
};
use crate::export::wire::PeerStatus;
use crate::propagation::{Fault, Field};

/// The instruments, and the two of them that are recorded rather than observed.
pub(crate) struct SelfMetrics {
    published: Arc<Published>,
    operation_duration: Histogram<f64>,
    collection_duration: Histogram<f64>,
    reader_attributes: Vec<KeyValue>,
}

impl SelfMetrics {
    /// Registers everything. The callbacks only load atomics, so the provider may be the SDK's.
    pub(crate) fn register(
        provider: &impl MeterProvider,
        published: &Arc<Published>,
        recording: &Arc<RecordingCounters>,
    ) -> Self {
        let sdk = provider.meter_with_scope(own_scope(catalog::SDK_SCOPE));
        let beacon = provider.meter_with_scope(own_scope(catalog::BEACON_SCOPE));
        for (metric, signals, read) in SDK_ROWS {
            observe_signals(&sdk, metric, signals, published, *read);
        }
        for (metric, read) in BEACON_ROWS {
            observe_signals(&beacon, metric, &Signal::ALL, published, *read);
        }
        observe_recording(&sdk, published, recording);
        observe_logs(&beacon, published, recording);
        observe_propagation(&beacon, recording);
        let source = Arc::clone(recording);
        observe(&beacon, &catalog::PANICS, move |visit| {
            visit(source.panics.load(Ordering::Relaxed), &[]);
        });
        let source = Arc::clone(published);
        observe(&beacon, &catalog::TELEMETRY_HEALTH, move |visit| {
            report(&source.health, &[], visit);
        });
        Self {
            published: Arc::clone(published),
            operation_duration: duration(&sdk, &catalog::SDK_EXPORTER_OPERATION_DURATION),
            collection_duration: duration(&sdk, &catalog::SDK_METRIC_READER_COLLECTION_DURATION),
            reader_attributes: component_attributes(processor_type(Signal::Metrics)),
        }
    }

    /// Records one collection of all metrics.
    pub(crate) fn record_collection(&self, duration: Duration, error_type: Option<&str>) {
        let mut attributes = self.reader_attributes.clone();
        push_error(&mut attributes, error_type);
        self.collection_duration.record(duration.as_secs_f64(), &attributes);
    }
}

impl OperationObserver for SelfMetrics {
    fn operation_ended(
        &self,
        signal: Signal,
        duration: Duration,
        error_type: Option<&str>,
        status: Option<PeerStatus>,
    ) {
        let Some(counts) = self.published.signal(signal) else { return };
        let mut attributes = counts.exporter_attributes.clone();
        push_error(&mut attributes, error_type);
        match status {
            Some(grpc @ PeerStatus::Grpc(_)) => {
                attributes.push(KeyValue::new(attribute::RPC_RESPONSE_STATUS_CODE, grpc.name()));
            }
            Some(PeerStatus::Http(status)) => attributes
                .push(KeyValue::new(attribute::HTTP_RESPONSE_STATUS_CODE, i64::from(status))),
            None => {}
        }
        self.operation_duration.record(duration.as_secs_f64(), &attributes);
    }
}

impl fmt::Debug for SelfMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfMetrics").finish_non_exhaustive()
    }
}

type Visit<'a> = dyn FnMut(u64, &[KeyValue]) + 'a;
type Read = fn(&SignalCounts, &mut Visit<'_>);

const SDK_ROWS: &[(Metric, &[Signal], Read)] = &[
    (catalog::SDK_PROCESSOR_SPAN_QUEUE_SIZE, &[Signal::Traces], read_queue_items),
    (catalog::SDK_PROCESSOR_SPAN_QUEUE_CAPACITY, &[Signal::Traces], read_queue_capacity),
    (catalog::SDK_PROCESSOR_SPAN_PROCESSED, &[Signal::Traces], read_processed),
    (catalog::SDK_EXPORTER_SPAN_INFLIGHT, &[Signal::Traces], read_inflight),
    (catalog::SDK_EXPORTER_SPAN_EXPORTED, &[Signal::Traces], read_exported),
    (catalog::SDK_PROCESSOR_LOG_QUEUE_SIZE, &[Signal::Logs], read_queue_items),
    (catalog::SDK_PROCESSOR_LOG_QUEUE_CAPACITY, &[Signal::Logs], read_queue_capacity),
    (catalog::SDK_PROCESSOR_LOG_PROCESSED, &[Signal::Logs], read_processed),
    (catalog::SDK_EXPORTER_LOG_INFLIGHT, &[Signal::Logs], read_inflight),
    (catalog::SDK_EXPORTER_LOG_EXPORTED, &[Signal::Logs], read_exported),
    (catalog::SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT, &[Signal::Metrics], read_inflight),
    (catalog::SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED, &[Signal::Metrics], read_exported),
];

const BEACON_ROWS: &[(Metric, Read)] = &[
    (catalog::TELEMETRY_EMITTED, |c, visit| report(&c.emitted, &c.signal_attributes, visit)),
    (catalog::TELEMETRY_DELIVERED, |c, visit| report(&c.delivered, &c.signal_attributes, visit)),
    (catalog::TELEMETRY_REJECTED, |c, visit| report(&c.rejected, &c.signal_attributes, visit)),
    (catalog::TELEMETRY_DROPPED, |c, visit| c.dropped.read(visit)),
    (catalog::TELEMETRY_HELD, |c, visit| report(&c.held, &c.signal_attributes, visit)),
    (catalog::TELEMETRY_QUEUE_USAGE, |c, visit| {
        report(&c.queue_usage_bytes, &c.signal_attributes, visit);
    }),
    (catalog::TELEMETRY_QUEUE_LIMIT, |c, visit| {
        report(&c.queue_limit_bytes, &c.signal_attributes, visit);
    }),
];

fn read_queue_items(counts: &SignalCounts, visit: &mut Visit<'_>) {
    report(&counts.queue_items, &counts.processor_attributes, visit);
}

fn read_queue_capacity(counts: &SignalCounts, visit: &mut Visit<'_>) {
    report(&counts.queue_capacity_items, &counts.processor_attributes, visit);
}

fn read_processed(counts: &SignalCounts, visit: &mut Visit<'_>) {
    report(&counts.processed, &counts.processor_attributes, visit);
    // An error type that never occurred has no series.
    counts.unprocessed.read(&mut |items, attributes| {
        if items > 0 {
            visit(items, attributes);
        }
    });
}

fn read_inflight(counts: &SignalCounts, visit: &mut Visit<'_>) {
    report(&counts.inflight_items, &counts.exporter_attributes, visit);
}

fn read_exported(counts: &SignalCounts, visit: &mut Visit<'_>) {
    report(&counts.exported, &counts.exporter_attributes, visit);
    counts.failed.read(visit);
}

fn report(number: &Number, attributes: &[KeyValue], visit: &mut Visit<'_>) {
    if let Some(value) = number.value() {
        visit(value, attributes);
    }
}

/// Registers one metric over those of the signals that have a destination.
fn observe_signals(
    meter: &Meter,
    metric: &Metric,
    signals: &'static [Signal],
    published: &Arc<Published>,
    read: Read,
) {
    if signals.iter().all(|signal| published.signal(*signal).is_none()) {
        return;
    }
    let published = Arc::clone(published);
    observe(meter, metric, move |visit| {
        for counts in signals.iter().filter_map(|signal| published.signal(*signal)) {
            read(counts, visit);
        }
    });
}

/// Registers what the recorders count.
fn observe_recording(meter: &Meter, published: &Published, recording: &Arc<RecordingCounters>) {
    if published.signal(Signal::Traces).is_some() {
        let started: Vec<_> = SamplingOutcome::ALL
            .into_iter()
            .flat_map(|result| ParentOrigin::ALL.map(|parent| (result, parent)))
            .map(|(result, parent)| (result, parent, span_attributes(result, parent)))
            .collect();
        let source = Arc::clone(recording);
        observe(meter, &catalog::SDK_SPAN_STARTED, move |visit| {
            for (result, parent, attributes) in &started {
                visit(source.started(*result, *parent), attributes);
            }
        });
        let live = SamplingOutcome::RECORDING
            .map(|result| (result, [KeyValue::new(attribute::SAMPLING_RESULT, result.name())]));
        let source = Arc::clone(recording);
        observe(meter, &catalog::SDK_SPAN_LIVE, move |visit| {
            for (result, attributes) in &live {
                visit(u64::try_from(source.live(*result)).unwrap_or_default(), attributes);
            }
        });
    }
    if published.signal(Signal::Logs).is_some() {
        let source = Arc::clone(recording);
        observe(meter, &catalog::SDK_LOG_CREATED, move |visit| {
            visit(source.log_created.load(Ordering::Relaxed), &[]);
        });
    }
}

/// Registers what is counted of log records before delivery, lines included.
fn observe_logs(meter: &Meter, published: &Published, recording: &Arc<RecordingCounters>) {
    let levels = LogCounters::LEVELS
        .map(|level| (level, [KeyValue::new(attribute::LOG_LEVEL, level_name(level))]));
    let is_exported = published.signal(Signal::Logs).is_some();
    let source = Arc::clone(recording);
    observe(meter, &catalog::LOG_RECORDS, move |visit| {
        for (level, attributes) in &levels {
            let records = source.logs.records(*level);
            if is_exported || records > 0 {
                visit(records, attributes);
            }
        }
    });
    let dropped: Vec<_> = LogSink::ALL
        .into_iter()
        .flat_map(|sink| LogDropReason::ALL.map(|reason| (sink, reason)))
        .map(|(sink, reason)| (sink, reason, log_drop_attributes(sink, reason)))
        .collect();
    let source = Arc::clone(recording);
    observe(meter, &catalog::LOG_DROPPED, move |visit| {
        for (sink, reason, attributes) in &dropped {
            // What never occurred has no series.
            let records = source.logs.dropped(*sink, *reason);
            if records > 0 {
                visit(records, attributes);
            }
        }
    });
}

/// Registers what propagators ignored.
fn observe_propagation(meter: &Meter, recording: &RecordingCounters) {
    let dropped: Vec<_> = Field::ALL
        .into_iter()
        .flat_map(|field| Fault::ALL.map(|fault| (field, fault)))
        .map(|(field, fault)| (field, fault, propagation_attributes(field, fault)))
        .collect();
    let source = Arc::clone(&recording.propagation);
    observe(meter, &catalog::PROPAGATION_DROPPED, move |visit| {
        for (field, fault, attributes) in &dropped {
            // What never occurred has no series.
            let fields = source.count(*field, *fault);
            if fields > 0 {
                visit(fields, attributes);
            }
        }
    });
}

fn propagation_attributes(field: Field, fault: Fault) -> [KeyValue; 2] {
    [
        KeyValue::new(attribute::PROPAGATION_FIELD, field.name()),
        KeyValue::new(attribute::DROP_REASON, fault.name()),
    ]
}

fn log_drop_attributes(sink: LogSink, reason: LogDropReason) -> [KeyValue; 2] {
    [
        KeyValue::new(attribute::LOG_SINK, sink.name()),
        KeyValue::new(attribute::DROP_REASON, reason.name()),
    ]
}

fn span_attributes(result: SamplingOutcome, parent: ParentOrigin) -> [KeyValue; 2] {
    [
        KeyValue::new(attribute::SAMPLING_RESULT, result.name()),
        KeyValue::new(attribute::PARENT_ORIGIN, parent.name()),
    ]
}

/// Registers the observable instrument that the catalog names.
fn observe(meter: &Meter, metric: &Metric, read: impl Fn(&mut Visit<'_>) + Send + Sync + 'static) {
    let &Metric { name, unit, description, instrument, .. } = metric;
    match instrument {
        InstrumentKind::Counter => {
            let _registered = meter
                .u64_observable_counter(name)
                .with_unit(unit)
                .with_description(description)
                .with_callback(move |o| read(&mut |value, attributes| o.observe(value, attributes)))
                .build();
        }
        InstrumentKind::Gauge => {
            let _registered = meter
                .u64_observable_gauge(name)
                .with_unit(unit)
                .with_description(description)
                .with_callback(move |o| read(&mut |value, attributes| o.observe(value, attributes)))
                .build();
        }
        InstrumentKind::UpDownCounter => {
            let _registered = meter
                .i64_observable_up_down_counter(name)
                .with_unit(unit)
                .with_description(description)
                .with_callback(move |o| {
                    read(&mut |value, attributes| {
                        o.observe(i64::try_from(value).unwrap_or(i64::MAX), attributes);
                    });
                })
                .build();
        }
        // Recorded where it happens: a histogram cannot be observed.
        InstrumentKind::Histogram => {}
    }
}

/// Builds a histogram without boundaries: count, sum, minimum and maximum are enough here.
fn duration(meter: &Meter, metric: &Metric) -> Histogram<f64> {
    metric.f64_histogram(meter, &[])
}

/// A scope of metrics that beacon makes itself.
pub(crate) fn own_scope(name: &'static str) -> InstrumentationScope {
    InstrumentationScope::builder(name)
        .with_version(env!("CARGO_PKG_VERSION"))
        .with_schema_url(catalog::SCHEMA_URL)
        .build()
}

fn push_error(attributes: &mut Vec<KeyValue>, error_type: Option<&str>) {
    if let Some(error_type) = error_type {
        attributes.push(KeyValue::new(attribute::ERROR_TYPE, error_type.to_owned()));
    }
}
