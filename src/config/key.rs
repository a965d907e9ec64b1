//! The keys of all settings.
//!
//! A key with `_` for each dot is the name of the setter: `queue.bytes` is
//! `TelemetryBuilder::queue_bytes`. What each signal has is set by one setter that takes the signal:
//! `traces.endpoint` is `TelemetryBuilder::signal_endpoint`.

use crate::signal::{PerSignal, Signal};

/// Keys of a setting that each signal has.
macro_rules! per_signal {
    ($name:literal) => {
        PerSignal {
            logs: concat!("logs.", $name),
            metrics: concat!("metrics.", $name),
            traces: concat!("traces.", $name),
        }
    };
}

pub(crate) const CODE_LOCATION: &str = "code_location";
pub(crate) const DISABLED: &str = "disabled";
pub(crate) const ERROR_EVENTS_TO_STATUS: &str = "error_events_to_status";
pub(crate) const EVENT_ATTRIBUTES_MAX: &str = "event_attributes_max";
pub(crate) const LINK_ATTRIBUTES_MAX: &str = "link_attributes_max";
pub(crate) const HTTP_KNOWN_METHODS: &str = "http.known_methods";
pub(crate) const LOG_ATTRIBUTES_MAX: &str = "log_attributes_max";
pub(crate) const LOG_ATTRIBUTE_CHARS_MAX: &str = "log_attribute_chars_max";
pub(crate) const LOG_BUFFER_BYTES: &str = "log.buffer_bytes";
pub(crate) const LOG_COLOR: &str = "log.color";
pub(crate) const LOG_CONSOLE: &str = "log.console";
pub(crate) const LOG_CONSOLE_LEVEL: &str = "log.console_level";
pub(crate) const LOG_FILE: &str = "log.file";
pub(crate) const LOG_FILE_COMPRESS: &str = "log.file_compress";
pub(crate) const LOG_FILE_FORMAT: &str = "log.file_format";
pub(crate) const LOG_FILE_KEEP: &str = "log.file_keep";
pub(crate) const LOG_FILE_KEEP_BYTES: &str = "log.file_keep_bytes";
pub(crate) const LOG_FILE_LEVEL: &str = "log.file_level";
pub(crate) const LOG_FILE_MAX_BYTES: &str = "log.file_max_bytes";
pub(crate) const LOG_FILE_MODE: &str = "log.file_mode";
pub(crate) const LOG_FILE_ROTATION: &str = "log.file_rotation";
pub(crate) const LOG_FILE_TIME_ZONE: &str = "log.file_time_zone";
pub(crate) const LOG_FILTER: &str = "log_filter";
pub(crate) const LOG_FORMAT: &str = "log.format";
pub(crate) const LOG_LOSSY: &str = "log.lossy";
pub(crate) const LOG_OTLP_LEVEL: &str = "log.otlp_level";
pub(crate) const LOG_RATE_LIMIT: &str = "log_rate_limit";
pub(crate) const LOG_SAMPLING: &str = "log_sampling";
pub(crate) const LOG_SPAN_FIELDS: &str = "log_span_fields";
pub(crate) const LOG_FILTER_FILE: &str = "log_filter_file";
pub(crate) const MEMORY_CONTAINER_METRICS: &str = "memory.container_metrics";
pub(crate) const MEMORY_ENABLED: &str = "memory.enabled";
pub(crate) const MEMORY_HEAP_SAMPLING: &str = "memory.heap_sampling";
pub(crate) const MEMORY_LEAK_CONFIRM_WITHOUT_LOAD: &str = "memory.leak_confirm_without_load";
pub(crate) const MEMORY_LEAK_DETECTION: &str = "memory.leak_detection";
pub(crate) const MEMORY_PRESSURE_SHED_RATIO: &str = "memory.pressure_shed_ratio";
pub(crate) const MEMORY_PRESSURE_WARN_RATIO: &str = "memory.pressure_warn_ratio";
pub(crate) const MEMORY_PROFILE_DIRECTORY: &str = "memory.profile_directory";
pub(crate) const MEMORY_PROFILE_KEEP: &str = "memory.profile_keep";
pub(crate) const MEMORY_RECLAIM: &str = "memory.reclaim";
pub(crate) const MEMORY_SAMPLE_INTERVAL: &str = "memory.sample_interval";
pub(crate) const MEMORY_SYSTEM_METRICS: &str = "memory.system_metrics";
pub(crate) const MEMORY_UTILIZATION_METRICS: &str = "memory.utilization_metrics";
pub(crate) const METRICS_INTERVAL: &str = "metrics.interval";
pub(crate) const METRICS_TEMPORALITY: &str = "metrics.temporality";
pub(crate) const METRICS_COLLECT_TIMEOUT: &str = "metrics.collect_timeout";
pub(crate) const PANIC_HOOK: &str = "panic_hook";
pub(crate) const PROPAGATORS: &str = "propagators";
pub(crate) const REDACT: &str = "redact";
pub(crate) const REDACT_EMAIL: &str = "redact.email";
pub(crate) const REDACT_KEYS: &str = "redact.keys";
pub(crate) const QUEUE_BYTES: &str = "queue.bytes";
pub(crate) const REQUEST_BYTES: &str = "request.bytes";
pub(crate) const REQUESTS_IN_FLIGHT: &str = "requests.in_flight";
pub(crate) const RESOURCE_ATTRIBUTES: &str = "resource.attributes";
pub(crate) const RUNTIME_LIVE_SPANS: &str = "runtime.live_spans";
pub(crate) const RUNTIME_METRICS: &str = "runtime.metrics";
pub(crate) const RUNTIME_SPAN_AGE_LIMIT: &str = "runtime.span_age_limit";
pub(crate) const RUNTIME_STALL_DETECTION: &str = "runtime.stall_detection";
pub(crate) const RUNTIME_STALL_THRESHOLD: &str = "runtime.stall_threshold";
pub(crate) const SAMPLER: &str = "sampler";
pub(crate) const SAMPLER_ARGUMENT: &str = "sampler.argument";
pub(crate) const SELF_METRICS: &str = "self_metrics";
pub(crate) const SERVICE_NAME: &str = "service_name";
pub(crate) const SHUTDOWN_TIMEOUT: &str = "shutdown_timeout";
pub(crate) const SPAN_ATTRIBUTES_MAX: &str = "span_attributes_max";
pub(crate) const SPAN_ATTRIBUTE_CHARS_MAX: &str = "span_attribute_chars_max";
pub(crate) const SPAN_EVENTS: &str = "span_events";
pub(crate) const SPAN_EVENTS_MAX: &str = "span_events_max";
pub(crate) const SPAN_LINKS_MAX: &str = "span_links_max";
pub(crate) const THREAD_ATTRIBUTES: &str = "thread_attributes";
pub(crate) const TRACE_FILTER: &str = "trace_filter";

// For all signals: the setting of one signal comes before.
pub(crate) const COMPRESSION: &str = "compression";
pub(crate) const ENDPOINT: &str = "endpoint";
pub(crate) const HEADERS: &str = "headers";
pub(crate) const INSECURE: &str = "insecure";
pub(crate) const PROTOCOL: &str = "protocol";
pub(crate) const TIMEOUT: &str = "timeout";

// Of one signal.
pub(crate) const SIGNAL_COMPRESSION: PerSignal<&str> = per_signal!("compression");
pub(crate) const SIGNAL_ENDPOINT: PerSignal<&str> = per_signal!("endpoint");
pub(crate) const SIGNAL_EXPORTERS: PerSignal<&str> = per_signal!("exporters");
pub(crate) const SIGNAL_HEADERS: PerSignal<&str> = per_signal!("headers");
pub(crate) const SIGNAL_INSECURE: PerSignal<&str> = per_signal!("insecure");
pub(crate) const SIGNAL_PROTOCOL: PerSignal<&str> = per_signal!("protocol");
pub(crate) const SIGNAL_TIMEOUT: PerSignal<&str> = per_signal!("timeout");

// Of one signal's queue. Metrics have no `schedule_delay` and no bounds in items: their interval
// makes the requests.
pub(crate) const SIGNAL_EXPORT_TIMEOUT: PerSignal<&str> = PerSignal {
    logs: "logs.export_timeout",
    metrics: METRICS_COLLECT_TIMEOUT,
    traces: "traces.export_timeout",
};
pub(crate) const SIGNAL_QUEUE_ITEMS: PerSignal<&str> = per_signal!("queue_items");
pub(crate) const SIGNAL_REQUEST_ITEMS: PerSignal<&str> = per_signal!("request_items");
pub(crate) const SIGNAL_SCHEDULE_DELAY: PerSignal<&str> = per_signal!("schedule_delay");

const OF_EACH_SIGNAL: [PerSignal<&str>; 11] = [
    SIGNAL_COMPRESSION,
    SIGNAL_ENDPOINT,
    SIGNAL_EXPORTERS,
    SIGNAL_EXPORT_TIMEOUT,
    SIGNAL_HEADERS,
    SIGNAL_INSECURE,
    SIGNAL_PROTOCOL,
    SIGNAL_QUEUE_ITEMS,
    SIGNAL_REQUEST_ITEMS,
    SIGNAL_SCHEDULE_DELAY,
    SIGNAL_TIMEOUT,
];

/// The name of the setter that belongs to a key.
pub(super) fn setter(key: &str) -> String {
    let of_signal = OF_EACH_SIGNAL.iter().find(|keys| {
        Signal::ALL.iter().any(|signal| *keys.get(*signal) == key && key != METRICS_COLLECT_TIMEOUT)
    });
    let name = match (key, of_signal.and_then(|_| key.split_once('.'))) {
        // The argument is given together with its sampler.
        (SAMPLER_ARGUMENT, _) => SAMPLER.to_owned(),
        // One value says all about memory, one about runtimes, and one about redaction.
        (key, _) if key.starts_with("memory.") => "memory".to_owned(),
        (key, _) if key.starts_with("runtime.") => "runtime".to_owned(),
        (REDACT | REDACT_EMAIL | REDACT_KEYS, _) => "redaction".to_owned(),
        // Pairs are added one by one.
        (HEADERS, _) => "header".to_owned(),
        (RESOURCE_ATTRIBUTES, _) => "resource_attribute".to_owned(),
        (_, Some((_, "headers"))) => "signal_header".to_owned(),
        (_, Some((_, name))) => format!("signal_{name}"),
        (key, None) => key.replace('.', "_"),
    };
    format!("TelemetryBuilder::{name}")
}
