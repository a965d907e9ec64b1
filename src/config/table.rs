//! Every setting that beacon honors: one row each.

use std::time::Duration;

use crate::config::kind::{INTEGER_MAX, Kind};
use crate::config::names::{
    COMPRESSIONS, EXPORTERS, LOG_SAMPLINGS, METRIC_EXPORTERS, PROPAGATORS, PROTOCOLS, SAMPLERS,
    TEMPORALITIES,
};
use crate::config::{key, leaks, limits, line_rows, memory, runtime};

/// One setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Under which key code sets it and reports list it.
    pub(crate) key: &'static str,
    /// The key of the same setting for all signals; this row's own key comes before.
    pub(crate) general_key: Option<&'static str>,
    /// The variables that set it. An earlier one comes before a later one.
    pub(crate) variables: &'static [&'static str],
    pub(crate) kind: Kind,
    /// As a variable would give it; `None`: nothing, or it depends on other settings.
    pub(crate) default: Option<&'static str>,
    pub(crate) summary: &'static str,
}

/// All rows.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    TABLES.iter().copied().flatten()
}

impl Row {
    pub(super) const fn new(
        key: &'static str,
        variables: &'static [&'static str],
        kind: Kind,
        default: Option<&'static str>,
        summary: &'static str,
    ) -> Self {
        Self { key, general_key: None, variables, kind, default, summary }
    }
}

/// The same setting of the three signals, with the variables of the OTLP exporter.
macro_rules! otlp {
    ($key:literal, $variable:literal, $kind:expr, $default:expr, $summary:literal) => {
        &[
            otlp!("traces", "TRACES", $key, $variable, $kind, $default, $summary),
            otlp!("metrics", "METRICS", $key, $variable, $kind, $default, $summary),
            otlp!("logs", "LOGS", $key, $variable, $kind, $default, $summary),
        ]
    };
    ($signal:literal, $infix:literal, $key:literal, $variable:literal, $kind:expr, $default:expr,
     $summary:literal) => {
        Row {
            key: concat!($signal, ".", $key),
            general_key: Some($key),
            variables: &[
                concat!("OTEL_EXPORTER_OTLP_", $infix, "_", $variable),
                concat!("OTEL_EXPORTER_OTLP_", $variable),
            ],
            kind: $kind,
            default: $default,
            summary: $summary,
        }
    };
}

/// The queue of a signal that is made of items.
macro_rules! batch {
    ($signal:literal, $prefix:literal, $delay:literal) => {
        &[
            Row::new(
                concat!($signal, ".schedule_delay"),
                &[concat!($prefix, "_SCHEDULE_DELAY")],
                Kind::Milliseconds { min: 0 },
                Some($delay),
                "longest time an item waits before it is handed to the wire",
            ),
            Row::new(
                concat!($signal, ".export_timeout"),
                &[concat!($prefix, "_EXPORT_TIMEOUT")],
                Kind::Timeout,
                None,
                "life of one request from its first attempt to its last",
            ),
            Row::new(
                concat!($signal, ".queue_items"),
                &[concat!($prefix, "_MAX_QUEUE_SIZE")],
                COUNT,
                None,
                "items held, beside the bound in bytes",
            ),
            Row::new(
                concat!($signal, ".request_items"),
                &[concat!($prefix, "_MAX_EXPORT_BATCH_SIZE")],
                COUNT,
                Some("512"),
                "most items in one request",
            ),
        ]
    };
}

static TABLES: &[&[Row]] = &[
    GENERAL,
    otlp!("endpoint", "ENDPOINT", Kind::Endpoint, None, "where the signal goes"),
    otlp!(
        "protocol",
        "PROTOCOL",
        Kind::Choice(&PROTOCOLS),
        Some("http/protobuf"),
        "what carries the signal"
    ),
    otlp!("headers", "HEADERS", Kind::Headers, None, "headers of every request"),
    otlp!(
        "timeout",
        "TIMEOUT",
        Kind::Timeout,
        Some("10000"),
        "longest wait for one attempt, connecting included"
    ),
    otlp!(
        "compression",
        "COMPRESSION",
        Kind::Choice(&COMPRESSIONS),
        Some("none"),
        "how bodies are compressed"
    ),
    otlp!(
        "insecure",
        "INSECURE",
        Kind::Boolean,
        Some("false"),
        "plaintext for a gRPC endpoint without a scheme"
    ),
    batch!("traces", "OTEL_BSP", "5000"),
    batch!("logs", "OTEL_BLRP", "1000"),
    METRICS,
    limits::ROWS,
    OURS,
    line_rows::CONSOLE,
    line_rows::FILE,
    memory::ROWS,
    leaks::ROWS,
    runtime::ROWS,
];

static GENERAL: &[Row] = &[
    Row::new(
        key::DISABLED,
        &["OTEL_SDK_DISABLED"],
        Kind::Boolean,
        Some("false"),
        "switches all signals off",
    ),
    Row::new(key::SERVICE_NAME, &["OTEL_SERVICE_NAME"], Kind::Text, None, "name of the service"),
    Row::new(
        key::RESOURCE_ATTRIBUTES,
        &["OTEL_RESOURCE_ATTRIBUTES"],
        Kind::Attributes,
        None,
        "attributes of the resource",
    ),
    Row::new(
        key::PROPAGATORS,
        &["OTEL_PROPAGATORS"],
        Kind::ChoiceList(&PROPAGATORS),
        Some("tracecontext,baggage"),
        "how trace context and baggage travel",
    ),
    Row::new(
        key::HTTP_KNOWN_METHODS,
        &["OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"],
        Kind::Names,
        Some("CONNECT,DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT,QUERY,TRACE"),
        "methods of HTTP that are told apart",
    ),
    Row::new(
        key::SAMPLER,
        &["OTEL_TRACES_SAMPLER"],
        Kind::Choice(&SAMPLERS),
        Some("parentbased_always_on"),
        "which traces are recorded",
    ),
    Row::new(
        key::SAMPLER_ARGUMENT,
        &["OTEL_TRACES_SAMPLER_ARG"],
        Kind::Ratio,
        Some("1"),
        "share of traces, for samplers by ratio",
    ),
    Row::new(
        "traces.exporters",
        &["OTEL_TRACES_EXPORTER"],
        Kind::ChoiceList(&EXPORTERS),
        Some("otlp"),
        "destinations of spans",
    ),
    Row::new(
        "metrics.exporters",
        &["OTEL_METRICS_EXPORTER"],
        Kind::ChoiceList(&METRIC_EXPORTERS),
        Some("otlp"),
        "destinations of metrics",
    ),
    Row::new(
        "logs.exporters",
        &["OTEL_LOGS_EXPORTER"],
        Kind::ChoiceList(&EXPORTERS),
        Some("otlp"),
        "destinations of log records",
    ),
];

static METRICS: &[Row] = &[
    Row::new(
        key::METRICS_INTERVAL,
        &["OTEL_METRIC_EXPORT_INTERVAL"],
        Kind::Milliseconds { min: 1 },
        Some("60000"),
        "time between the starts of two collections",
    ),
    Row::new(
        key::METRICS_COLLECT_TIMEOUT,
        &["OTEL_METRIC_EXPORT_TIMEOUT"],
        Kind::Timeout,
        Some("30000"),
        "bound of one collection; when set, also the life of its request",
    ),
    Row::new(
        key::METRICS_TEMPORALITY,
        &["OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"],
        Kind::Choice(&TEMPORALITIES),
        Some("cumulative"),
        "since when sums count",
    ),
];

static OURS: &[Row] = &[
    Row::new(
        key::SHUTDOWN_TIMEOUT,
        &["BEACON_SHUTDOWN_TIMEOUT"],
        Kind::Duration { min: Duration::from_millis(1) },
        Some("5s"),
        "the one deadline of a shutdown",
    ),
    Row::new(
        key::SELF_METRICS,
        &["BEACON_SELF_METRICS"],
        Kind::Boolean,
        Some("true"),
        "metrics about beacon itself",
    ),
    Row::new(
        key::QUEUE_BYTES,
        &["BEACON_QUEUE_BYTES"],
        Kind::Bytes { min: 64 << 10, max: INTEGER_MAX },
        Some("16MiB"),
        "bytes held for each signal",
    ),
    Row::new(
        key::REQUEST_BYTES,
        &["BEACON_REQUEST_BYTES"],
        Kind::Bytes { min: 1 << 10, max: REQUEST_BYTES_MAX },
        Some("3584KiB"),
        "bytes in one request, before and after compression",
    ),
    Row::new(
        key::REQUESTS_IN_FLIGHT,
        &["BEACON_REQUESTS_IN_FLIGHT"],
        Kind::Integer { min: 1, max: 64 },
        Some("4"),
        "requests under way at once for each signal",
    ),
    Row::new(
        key::LOG_FILTER,
        &["BEACON_LOG", "RUST_LOG"],
        Kind::Filter,
        Some("info"),
        "which events become log records",
    ),
    Row::new(
        key::LOG_FILTER_FILE,
        &["BEACON_LOG_FILTER_FILE"],
        Kind::Text,
        None,
        "file with the filter of events, read again on a hang-up signal",
    ),
    Row::new(
        key::TRACE_FILTER,
        &["BEACON_TRACE"],
        Kind::Filter,
        Some("info"),
        "which spans are recorded",
    ),
    Row::new(
        key::ERROR_EVENTS_TO_STATUS,
        &["BEACON_ERROR_EVENTS_TO_STATUS"],
        Kind::Boolean,
        Some("true"),
        "an ERROR event marks its span as failed",
    ),
    Row::new(
        key::SPAN_EVENTS,
        &["BEACON_SPAN_EVENTS"],
        Kind::Boolean,
        Some("false"),
        "events are span events too",
    ),
    Row::new(
        key::CODE_LOCATION,
        &["BEACON_CODE_LOCATION"],
        Kind::Boolean,
        Some("false"),
        "`code.*` on spans and log records",
    ),
    Row::new(
        key::THREAD_ATTRIBUTES,
        &["BEACON_THREAD_ATTRIBUTES"],
        Kind::Boolean,
        Some("false"),
        "`thread.*` on spans and log records",
    ),
    Row::new(
        key::LOG_SPAN_FIELDS,
        &["BEACON_LOG_SPAN_FIELDS"],
        Kind::Names,
        None,
        "fields of spans that are copied onto log records",
    ),
    Row::new(
        key::LOG_RATE_LIMIT,
        &["BEACON_LOG_RATE_LIMIT"],
        Kind::Rate,
        None,
        "log records of one call-site in a time",
    ),
    Row::new(
        key::LOG_SAMPLING,
        &["BEACON_LOG_SAMPLING"],
        Kind::Choice(&LOG_SAMPLINGS),
        Some("none"),
        "which log records are dropped with their trace",
    ),
    Row::new(
        key::REDACT,
        &["BEACON_REDACT"],
        Kind::Boolean,
        Some("true"),
        "secrets are hidden in log records and spans",
    ),
    Row::new(
        key::REDACT_KEYS,
        &["BEACON_REDACT_KEYS"],
        Kind::SecretKeys,
        None,
        "keys whose values are hidden",
    ),
    Row::new(
        key::REDACT_EMAIL,
        &["BEACON_REDACT_EMAIL"],
        Kind::Boolean,
        Some("false"),
        "addresses of e-mail are hidden",
    ),
    Row::new(
        key::PANIC_HOOK,
        &["BEACON_PANIC_HOOK"],
        Kind::Boolean,
        Some("true"),
        "a panic becomes a log record",
    ),
];

pub(super) const COUNT: Kind = Kind::Integer { min: 1, max: INTEGER_MAX };

/// The 4 MiB that receivers accept, less the 5 bytes in front of a gRPC message.
///
/// Source: grpc/grpc `doc/PROTOCOL-HTTP2.md`, "Length-Prefixed-Message"; 4 MiB is the default
/// `max_recv_msg_size_mib` of the OpenTelemetry Collector's OTLP receiver.
const REQUEST_BYTES_MAX: u64 = (4 << 20) - 5;
