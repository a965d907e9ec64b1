//! Every metric, attribute and event name that beacon emits.
//!
//! The names of the semantic conventions come first; what they lack is `beacon.*`. The manual
//! page `metrics` documents each one, and a test compares the two.
//!
//! Public for the `beacon` command, which draws dashboards and alerts of these constants, so that a
//! name that changes does not compile there. No part of what the library promises.

/// A metric as it appears on the wire.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    pub name: &'static str,
    pub instrument: InstrumentKind,
    /// UCUM, case-sensitive; `{thing}` in the singular for counts.
    pub unit: &'static str,
    pub description: &'static str,
    /// The keys that its data points may carry.
    pub attributes: &'static [&'static str],
    pub stability: Stability,
}

impl Metric {
    /// Returns the name in Prometheus, by the default translation as far as the units in use need
    /// it. A histogram has it with `_bucket`, `_sum` and `_count`.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/>
    pub fn prometheus_name(&self) -> String {
        let mut name = prometheus_label(self.name);
        let unit = match (self.unit, self.instrument) {
            ("s", _) => "_seconds",
            ("By", _) => "_bytes",
            ("By/h", _) => "_bytes_per_hour",
            ("1", InstrumentKind::Gauge) => "_ratio",
            _ => "",
        };
        if !name.ends_with(unit) {
            name.push_str(unit);
        }
        if self.instrument == InstrumentKind::Counter {
            name.push_str("_total");
        }
        name
    }
}

/// Returns what Prometheus makes of the key of an attribute.
pub fn prometheus_label(key: &str) -> String {
    let words = key.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// The kind of instrument that a name and unit go with. The observable form counts as the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum InstrumentKind {
    Counter,
    Gauge,
    Histogram,
    UpDownCounter,
}

/// How firm a name is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Stability {
    /// No convention exists: beacon's own name, and beacon's promise.
    Beacon,
    /// A name of the semantic conventions that they may still change.
    Development,
    /// A name of the semantic conventions that they mean to keep.
    ReleaseCandidate,
    /// A name of the semantic conventions that they keep.
    Stable,
}

/// The edition of the semantic conventions that the names are taken from.
pub(crate) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// The scope of beacon's own metrics.
pub(crate) const BEACON_SCOPE: &str = "beacon";

/// The scope of the metrics that every SDK emits about itself.
pub(crate) const SDK_SCOPE: &str = "otel.sdk";

/// The attribute of a log record that says how many others were suppressed.
pub(crate) const LOG_SUPPRESSED: &str = "beacon.log.suppressed";

/// Names of events.
pub(crate) mod event {
    pub(crate) const MEMORY_CLEANUP: &str = "beacon.memory.cleanup";
    pub(crate) const MEMORY_EXHAUSTION: &str = "beacon.memory.exhaustion";
    pub(crate) const MEMORY_LEAK_CLEARED: &str = "beacon.memory.leak_cleared";
    pub(crate) const MEMORY_LEAK_CONFIRMED: &str = "beacon.memory.leak_confirmed";
    pub(crate) const MEMORY_LEAK_SUSPECTED: &str = "beacon.memory.leak_suspected";
    pub(crate) const MEMORY_RETAINED: &str = "beacon.memory.retained";
    pub(crate) const MEMORY_SCOPE: &str = "beacon.memory.scope";
    pub(crate) const MEMORY_USAGE: &str = "beacon.memory.usage";
    pub(crate) const RUNTIME_STALLED: &str = "beacon.runtime.stalled";
    pub(crate) const RUNTIME_STALL_CLEARED: &str = "beacon.runtime.stall_cleared";
    pub(crate) const SPAN_OVERDUE: &str = "beacon.span.overdue";
}

pub(crate) mod leak_attribute;
pub(crate) mod request_attribute;
pub(crate) mod runtime_attribute;
pub(crate) mod scope_attribute;
pub(crate) mod usage_attribute;

mod instrument;

/// Keys of attributes of metrics.
pub(crate) mod attribute {
    pub(crate) const ALLOCATOR_NAME: &str = "beacon.allocator.name";
    pub(crate) const BLOCKING_THREAD_STATE: &str = "tokio.blocking.thread.state";
    pub(crate) const CGROUP_EVENT: &str = "beacon.cgroup.event";
    pub(crate) const CGROUP_PRESSURE: &str = "beacon.cgroup.pressure";
    pub(crate) const COMPONENT_NAME: &str = "otel.component.name";
    pub(crate) const COMPONENT_TYPE: &str = "otel.component.type";
    pub(crate) const CONTEXT_SWITCH_TYPE: &str = "process.context_switch.type";
    pub(crate) const CPU_MODE: &str = "cpu.mode";
    pub(crate) const DISK_IO_DIRECTION: &str = "disk.io.direction";
    pub(crate) const DROP_REASON: &str = "beacon.drop.reason";
    pub(crate) const ERROR_TYPE: &str = "error.type";
    pub(crate) const HTTP_REQUEST_METHOD: &str = "http.request.method";
    pub(crate) const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
    pub(crate) const HTTP_ROUTE: &str = "http.route";
    pub(crate) const LEAK_CAUSE: &str = super::leak_attribute::CAUSE;
    pub(crate) const LEAK_SIGNAL: &str = super::leak_attribute::SIGNAL;
    pub(crate) const LEAK_SITE: &str = "beacon.leak.site";
    pub(crate) const LEAK_SPAN: &str = "beacon.leak.span";
    pub(crate) const LEAK_STATE: &str = super::leak_attribute::STATE;
    pub(crate) const LOG_LEVEL: &str = "beacon.log.level";
    pub(crate) const LOG_SINK: &str = "beacon.log.sink";
    pub(crate) const MEMORY_HOOK: &str = "beacon.memory.hook";
    pub(crate) const MEMORY_SOURCE: &str = "beacon.memory.source";
    pub(crate) const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
    pub(crate) const PAGING_FAULT_TYPE: &str = "system.paging.fault.type";
    pub(crate) const PARENT_ORIGIN: &str = "otel.span.parent.origin";
    pub(crate) const PROCESS_MEMORY_KIND: &str = "beacon.process.memory.kind";
    pub(crate) const PROPAGATION_FIELD: &str = "beacon.propagation.field";
    pub(crate) const QUEUE_TYPE: &str = "tokio.queue.type";
    pub(crate) const RECLAIM_TRIGGER: &str = "beacon.memory.reclaim.trigger";
    pub(crate) const RPC_METHOD: &str = "rpc.method";
    pub(crate) const RPC_RESPONSE_STATUS_CODE: &str = "rpc.response.status_code";
    pub(crate) const RPC_SYSTEM_NAME: &str = "rpc.system.name";
    pub(crate) const RUNTIME_NAME: &str = super::runtime_attribute::RUNTIME_NAME;
    pub(crate) const SAMPLING_RESULT: &str = "otel.span.sampling_result";
    pub(crate) const SCOPE_EXACT: &str = super::scope_attribute::EXACT;
    pub(crate) const SCOPE_NAME: &str = super::scope_attribute::NAME;
    pub(crate) const SERVER_ADDRESS: &str = "server.address";
    pub(crate) const SERVER_PORT: &str = "server.port";
    pub(crate) const SIGNAL: &str = "beacon.signal";
    pub(crate) const SYSTEM_MEMORY_STATE: &str = "system.memory.state";
    pub(crate) const SYSTEM_PAGING_STATE: &str = "system.paging.state";
    pub(crate) const SYSTEM_PRESSURE: &str = "beacon.system.pressure";
    pub(crate) const URL_SCHEME: &str = "url.scheme";
    pub(crate) const TASK_NAME: &str = super::runtime_attribute::TASK_NAME;
    pub(crate) const TASK_OUTCOME: &str = "beacon.task.outcome";

    pub(super) const COMPONENT: &[&str] = &[COMPONENT_TYPE, COMPONENT_NAME];
    pub(super) const PROCESSED: &[&str] = &[COMPONENT_TYPE, COMPONENT_NAME, ERROR_TYPE];
    pub(super) const PEER: &[&str] = &[COMPONENT_TYPE, COMPONENT_NAME, SERVER_ADDRESS, SERVER_PORT];
    pub(super) const EXPORTED: &[&str] =
        &[COMPONENT_TYPE, COMPONENT_NAME, SERVER_ADDRESS, SERVER_PORT, ERROR_TYPE];
    pub(super) const OPERATION: &[&str] = &[
        COMPONENT_TYPE,
        COMPONENT_NAME,
        SERVER_ADDRESS,
        SERVER_PORT,
        ERROR_TYPE,
        HTTP_RESPONSE_STATUS_CODE,
        RPC_RESPONSE_STATUS_CODE,
    ];
}

/// Declares one constant per metric, and the list of them all.
macro_rules! metrics {
    ($($constant:ident = $instrument:ident $name:literal $unit:literal $stability:ident
       $attributes:expr, $description:literal;)*) => {
        $(pub const $constant: Metric = Metric {
            name: $name,
            instrument: InstrumentKind::$instrument,
            unit: $unit,
            description: $description,
            attributes: $attributes,
            stability: Stability::$stability,
        };)*

        /// Every metric declared here.
        pub const METRICS: &[Metric] = &[$($constant),*];
    };
}

pub mod leak;
pub mod memory;
pub mod request;
pub mod runtime;
pub mod runtime_unstable;

/// Returns every metric that beacon emits, those included that need `tokio_unstable`.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    let runtimes = runtime::METRICS.iter().chain(runtime_unstable::METRICS);
    let others = request::METRICS.iter().chain(runtimes);
    METRICS.iter().chain(leak::METRICS).chain(memory::METRICS).chain(others)
}

// Source: <https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/> for `otel.sdk.*`.
metrics! {
    SDK_SPAN_LIVE = UpDownCounter "otel.sdk.span.live" "{span}" Development
        &[attribute::SAMPLING_RESULT], "Recording spans that have started and not ended.";
    SDK_SPAN_STARTED = Counter "otel.sdk.span.started" "{span}" Development
        &[attribute::SAMPLING_RESULT, attribute::PARENT_ORIGIN],
        "Spans started, those that are not recorded included.";
    SDK_PROCESSOR_SPAN_QUEUE_SIZE = UpDownCounter "otel.sdk.processor.span.queue.size" "{span}"
        Development attribute::COMPONENT, "Spans that wait to be handed to the exporter.";
    SDK_PROCESSOR_SPAN_QUEUE_CAPACITY = UpDownCounter "otel.sdk.processor.span.queue.capacity"
        "{span}" Development attribute::COMPONENT, "Spans that the queue can hold.";
    SDK_PROCESSOR_SPAN_PROCESSED = Counter "otel.sdk.processor.span.processed" "{span}" Development
        attribute::PROCESSED, "Spans handed to the exporter, or dropped before that.";
    SDK_EXPORTER_SPAN_INFLIGHT = UpDownCounter "otel.sdk.exporter.span.inflight" "{span}"
        Development attribute::PEER, "Spans handed to the exporter whose export has not ended.";
    SDK_EXPORTER_SPAN_EXPORTED = Counter "otel.sdk.exporter.span.exported" "{span}" Development
        attribute::EXPORTED, "Spans whose export has ended, well or not.";
    SDK_LOG_CREATED = Counter "otel.sdk.log.created" "{log_record}" Development
        &[], "Log records submitted to an enabled logger.";
    SDK_PROCESSOR_LOG_QUEUE_SIZE = UpDownCounter "otel.sdk.processor.log.queue.size" "{log_record}"
        Development attribute::COMPONENT, "Log records that wait to be handed to the exporter.";
    SDK_PROCESSOR_LOG_QUEUE_CAPACITY = UpDownCounter "otel.sdk.processor.log.queue.capacity"
        "{log_record}" Development attribute::COMPONENT, "Log records that the queue can hold.";
    SDK_PROCESSOR_LOG_PROCESSED = Counter "otel.sdk.processor.log.processed" "{log_record}"
        Development attribute::PROCESSED,
        "Log records handed to the exporter, or dropped before that.";
    SDK_EXPORTER_LOG_INFLIGHT = UpDownCounter "otel.sdk.exporter.log.inflight" "{log_record}"
        Development attribute::PEER,
        "Log records handed to the exporter whose export has not ended.";
    SDK_EXPORTER_LOG_EXPORTED = Counter "otel.sdk.exporter.log.exported" "{log_record}" Development
        attribute::EXPORTED, "Log records whose export has ended, well or not.";
    SDK_EXPORTER_METRIC_DATA_POINT_INFLIGHT = UpDownCounter
        "otel.sdk.exporter.metric_data_point.inflight" "{data_point}" Development
        attribute::PEER, "Data points handed to the exporter whose export has not ended.";
    SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED = Counter
        "otel.sdk.exporter.metric_data_point.exported" "{data_point}" Development
        attribute::EXPORTED, "Data points whose export has ended, well or not.";
    SDK_METRIC_READER_COLLECTION_DURATION = Histogram
        "otel.sdk.metric_reader.collection.duration" "s" Development
        attribute::PROCESSED, "Time that one collection of all metrics took.";
    SDK_EXPORTER_OPERATION_DURATION = Histogram "otel.sdk.exporter.operation.duration" "s"
        Development attribute::OPERATION,
        "Time from the first attempt to deliver a request to the end of the last.";
    LOG_RECORDS = Counter "beacon.log.records" "{log_record}" Beacon
        &[attribute::LOG_LEVEL], "Log records that passed the filter.";
    LOG_DROPPED = Counter "beacon.log.dropped" "{log_record}" Beacon
        &[attribute::LOG_SINK, attribute::DROP_REASON],
        "Log records that a sink did not get, before delivery.";
    PANICS = Counter "beacon.panics" "{panic}" Beacon
        &[], "Panics in the process since telemetry was installed, those that were caught included.";
    PROPAGATION_DROPPED = Counter "beacon.propagation.dropped" "{field}" Beacon
        &[attribute::PROPAGATION_FIELD, attribute::DROP_REASON],
        "Fields of requests and messages that were ignored, whole or in part.";
    TELEMETRY_EMITTED = Counter "beacon.telemetry.emitted" "{item}" Beacon
        &[attribute::SIGNAL], "Items that the application gave to beacon to deliver.";
    TELEMETRY_DELIVERED = Counter "beacon.telemetry.delivered" "{item}" Beacon
        &[attribute::SIGNAL], "Items that the peer accepted.";
    TELEMETRY_REJECTED = Counter "beacon.telemetry.rejected" "{item}" Beacon
        &[attribute::SIGNAL], "Items that the peer refused for good.";
    TELEMETRY_DROPPED = Counter "beacon.telemetry.dropped" "{item}" Beacon
        &[attribute::SIGNAL, attribute::DROP_REASON], "Items that beacon gave up, each one once.";
    TELEMETRY_HELD = UpDownCounter "beacon.telemetry.held" "{item}" Beacon
        &[attribute::SIGNAL], "Items queued, in flight or waiting for a further attempt.";
    TELEMETRY_QUEUE_USAGE = UpDownCounter "beacon.telemetry.queue.usage" "By" Beacon
        &[attribute::SIGNAL], "Bytes in the memory queue.";
    TELEMETRY_QUEUE_LIMIT = UpDownCounter "beacon.telemetry.queue.limit" "By" Beacon
        &[attribute::SIGNAL], "Bytes that the memory queue can hold.";
    TELEMETRY_HEALTH = Gauge "beacon.telemetry.health" "{state}" Beacon
        &[], "State of delivery: 0 healthy, 1 degraded, 2 dark.";
}

#[cfg(test)]
mod tests;
