//! The resolved settings as plain data.

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Uri};

use tracing::level_filters::LevelFilter;

use crate::config::{
    HeapSettings, LeakSettings, LineSettings, LogRateLimit, MemorySettings, RuntimeSettings,
};
use crate::signal::PerSignal;

/// Everything that was decided at start.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) is_disabled: bool,
    pub(crate) resource: ResourceSettings,
    pub(crate) propagators: Vec<Propagator>,
    /// Methods that the layers for HTTP tell apart.
    pub(crate) http_known_methods: Vec<String>,
    pub(crate) sampler: Sampler,
    pub(crate) span_limits: SpanLimitSettings,
    pub(crate) log_limits: LogLimitSettings,
    pub(crate) recording: RecordingSettings,
    pub(crate) redaction: RedactionSettings,
    pub(crate) lines: LineSettings,
    /// `None`: memory is not watched.
    pub(crate) memory: Option<MemorySettings>,
    pub(crate) runtime: RuntimeSettings,
    /// `None`: leaks are not looked for.
    pub(crate) leaks: Option<LeakSettings>,
    pub(crate) heap: HeapSettings,
    pub(crate) metrics: MetricSettings,
    pub(crate) queues: PerSignal<QueueSettings>,
    pub(crate) exporters: PerSignal<ExporterSettings>,
    /// A file whose directives replace those of [`RecordingSettings::log_filter`].
    pub(crate) log_filter_file: Option<PathBuf>,
    /// A panic becomes a log record, where telemetry is installed. Default: true.
    pub(crate) panic_hook: bool,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) self_metrics: bool,
}

/// What the resource is made of, apart from what detectors find.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResourceSettings {
    /// `OTEL_SERVICE_NAME` or code.
    pub(crate) service_name: Option<String>,
    /// `OTEL_RESOURCE_ATTRIBUTES`, decoded.
    pub(crate) environment_attributes: Vec<(String, String)>,
    /// Set in code; these win.
    pub(crate) code_attributes: Vec<(String, String)>,
    /// The downward-API variables that were found: attribute name and value.
    pub(crate) kubernetes_attributes: Vec<(String, String)>,
}

/// A format in which trace context and baggage travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Propagator {
    /// W3C baggage.
    Baggage,
    /// W3C trace context.
    TraceContext,
}

impl Propagator {
    pub(crate) const ALL: [Self; 2] = [Self::Baggage, Self::TraceContext];

    /// Returns the name that `OTEL_PROPAGATORS` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Baggage => "baggage",
            Self::TraceContext => "tracecontext",
        }
    }
}

/// Which traces are recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Sampler {
    /// None.
    AlwaysOff,
    /// All.
    AlwaysOn,
    /// The parent's decision; a root is not recorded.
    ParentBasedAlwaysOff,
    /// The parent's decision; a root is recorded.
    ParentBasedAlwaysOn,
    /// The parent's decision; this share of roots, from 0 to 1.
    ParentBasedTraceIdRatio(f64),
    /// This share of traces, from 0 to 1, whatever the parent decided.
    TraceIdRatio(f64),
}

impl Sampler {
    /// Returns the name that `OTEL_TRACES_SAMPLER` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AlwaysOff => "always_off",
            Self::AlwaysOn => "always_on",
            Self::ParentBasedAlwaysOff => "parentbased_always_off",
            Self::ParentBasedAlwaysOn => "parentbased_always_on",
            Self::ParentBasedTraceIdRatio(_) => "parentbased_traceidratio",
            Self::TraceIdRatio(_) => "traceidratio",
        }
    }
}

/// Bounds of one span.
#[expect(clippy::struct_field_names, reason = "every field is a bound, and says so")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct SpanLimitSettings {
    pub(crate) attributes_max: u32,
    pub(crate) events_max: u32,
    pub(crate) links_max: u32,
    pub(crate) attributes_per_event_max: u32,
    pub(crate) attributes_per_link_max: u32,
    /// Characters of a string value; `None` is no limit.
    pub(crate) attribute_chars_max: Option<usize>,
}

impl Default for SpanLimitSettings {
    fn default() -> Self {
        Self {
            attributes_max: 128,
            events_max: 128,
            links_max: 128,
            attributes_per_event_max: 128,
            attributes_per_link_max: 128,
            attribute_chars_max: None,
        }
    }
}

/// Bounds of one log record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LogLimitSettings {
    pub(crate) attributes_max: u32,
    /// Characters of a string value; `None` is no limit. The body is exempt.
    pub(crate) attribute_chars_max: Option<usize>,
}

impl Default for LogLimitSettings {
    fn default() -> Self {
        Self { attributes_max: 128, attribute_chars_max: None }
    }
}

/// How `tracing` spans and events become telemetry.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RecordingSettings {
    /// An ERROR event marks the status of its span. Default: true.
    pub(crate) error_events_to_status: bool,
    /// Events are also recorded as span events. Default: false, an event is a log record.
    pub(crate) span_events: bool,
    /// `code.file.path`, `code.line.number` on spans and log records. Default: false.
    pub(crate) code_location: bool,
    /// `thread.id`, `thread.name` on spans and log records. Default: false.
    pub(crate) thread: bool,
    /// Directives for log events, from code, `BEACON_LOG` or `RUST_LOG`. Default: `info`.
    pub(crate) log_filter: String,
    /// Most detailed level over OTLP, out of what `log_filter` admits. Default: all of that.
    pub(crate) otlp_level: LevelFilter,
    /// Directives for spans, from code or `BEACON_TRACE`. Default: `info`.
    pub(crate) trace_filter: String,
    /// Names of span fields that are copied onto log records. Default: none.
    pub(crate) span_fields: Vec<String>,
    pub(crate) restraint: RestraintSettings,
}

/// What is held back of log records.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct RestraintSettings {
    /// `None`: as many as there are.
    pub(crate) rate_limit: Option<LogRateLimit>,
    /// Records below WARN go with a trace that is not sampled. Default: false.
    pub(crate) follows_trace: bool,
}

/// Which log records are dropped with their trace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum LogSampling {
    /// None.
    None,
    /// Those below WARN inside of a trace that is not sampled.
    Trace,
}

impl LogSampling {
    /// Returns the name that `BEACON_LOG_SAMPLING` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Trace => "trace",
        }
    }
}

/// What is hidden.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct RedactionSettings {
    /// Default: true.
    pub(crate) is_on: bool,
    /// As `BEACON_REDACT_KEYS` has it. Default: empty, the default list.
    pub(crate) keys: Vec<String>,
    /// Default: false.
    pub(crate) hides_email: bool,
}

impl Default for RedactionSettings {
    fn default() -> Self {
        Self { is_on: true, keys: Vec::new(), hides_email: false }
    }
}

/// The metric reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct MetricSettings {
    pub(crate) interval: Duration,
    /// Bound of one collection; `None` is no limit.
    pub(crate) timeout: Option<Duration>,
    pub(crate) temporality: Temporality,
}

/// How counters and histograms are reported.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Temporality {
    /// Sums since the start of the process.
    Cumulative,
    /// Sums since the last export, for counters and histograms.
    Delta,
    /// Delta for synchronous counters and histograms, cumulative for the rest.
    LowMemory,
}

impl Temporality {
    /// Returns the name that `OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cumulative => "cumulative",
            Self::Delta => "delta",
            Self::LowMemory => "lowmemory",
        }
    }
}

/// Bounds of what one signal holds and how it is cut into requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct QueueSettings {
    /// The longest time an item waits before it is handed to the wire.
    pub(crate) schedule_delay: Duration,
    /// The life of one request from its first attempt to its last; `None`: as long as the queue
    /// has room.
    pub(crate) operation_timeout: Option<Duration>,
    /// Items held, when `OTEL_BSP_MAX_QUEUE_SIZE` or its like is set.
    pub(crate) items_max: Option<usize>,
    /// Bytes held.
    pub(crate) bytes_max: usize,
    /// Items in one request.
    pub(crate) request_items_max: usize,
    /// Bytes in one request, before and after compression.
    pub(crate) request_bytes_max: usize,
    pub(crate) requests_in_flight_max: usize,
}

#[cfg(test)]
impl QueueSettings {
    /// Large bounds, and no delay that a test would have to wait for.
    pub(crate) fn for_tests() -> Self {
        Self {
            schedule_delay: Duration::ZERO,
            operation_timeout: None,
            items_max: None,
            bytes_max: 16 << 20,
            request_items_max: 512,
            request_bytes_max: 3_670_016,
            requests_in_flight_max: 4,
        }
    }
}

/// Where one signal goes. All off: the signal is not recorded.
#[derive(Clone, Debug)]
pub(crate) struct ExporterSettings {
    pub(crate) otlp: Option<OtlpSettings>,
    pub(crate) console: bool,
}

impl ExporterSettings {
    /// Tells whether the signal goes anywhere.
    pub(crate) const fn is_on(&self) -> bool {
        self.otlp.is_some() || self.console
    }
}

/// One OTLP destination.
#[derive(Clone, Debug)]
pub(crate) struct OtlpSettings {
    /// The full URL with scheme, host, port and path; for gRPC the path is empty. Never holds user
    /// information.
    pub(crate) url: Uri,
    pub(crate) protocol: Protocol,
    /// Values are marked sensitive.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Bound of one attempt, connecting included; `None` is no limit.
    pub(crate) timeout: Option<Duration>,
    pub(crate) compression: Compression,
}

/// What carries OTLP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Protocol {
    /// OTLP/gRPC.
    Grpc,
    /// OTLP/HTTP with JSON bodies.
    HttpJson,
    /// OTLP/HTTP with protobuf bodies.
    HttpProtobuf,
}

impl Protocol {
    /// Returns the name that `OTEL_EXPORTER_OTLP_PROTOCOL` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::HttpJson => "http/json",
            Self::HttpProtobuf => "http/protobuf",
        }
    }
}

/// How request bodies are compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Compression {
    /// gzip, level 1.
    Gzip,
    /// Not at all.
    None,
    /// zstd, level 1.
    Zstd,
}

impl Compression {
    /// Returns the name that `OTEL_EXPORTER_OTLP_COMPRESSION` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::None => "none",
            Self::Zstd => "zstd",
        }
    }
}

/// A destination of one signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Exporter {
    /// Readable lines on standard output. Not for production.
    Console,
    /// OTLP to the endpoint.
    Otlp,
}

impl Exporter {
    /// Returns the name that `OTEL_TRACES_EXPORTER` uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Otlp => "otlp",
        }
    }
}
