//! How a service chooses what differs from the defaults.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{SharedClock, SystemClock};
use crate::config::{
    Compression, Environment, Exporter, Overrides, Propagator, Protocol, Sampler, Temporality, key,
};
use crate::diagnostics::{Diagnostic, DiagnosticHook};
use crate::error::InitError;
use crate::install;
use crate::signal::Signal;
use crate::telemetry::{Start, Telemetry};

/// Collects settings; [`install`](Self::install) or [`build`](Self::build) starts telemetry.
///
/// What is set here beats every variable. What is not set comes from `OTEL_*` and `BEACON_*`
/// variables, then from the defaults: see [the manual](crate::manual::environment).
///
/// A setter only remembers: a value out of range is an [`InitError`] at the end that names the
/// setter, the value and what is accepted.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use beacon::Telemetry;
/// use beacon::config::{Environment, Protocol};
///
/// let telemetry = Telemetry::builder()
///     .environment(Environment::empty())
///     .service_name("checkout")
///     .endpoint("http://127.0.0.1:4317")
///     .protocol(Protocol::Grpc)
///     .shutdown_timeout(Duration::from_millis(100))
///     .build()?;
/// # drop(telemetry);
/// # Ok::<(), beacon::InitError>(())
/// ```
#[must_use = "a builder does nothing until `install` or `build`"]
#[derive(Clone)]
pub struct TelemetryBuilder {
    overrides: Overrides,
    environment: Option<Environment>,
    hook: Option<DiagnosticHook>,
    is_on_stderr: bool,
    clock: SharedClock,
}

impl fmt::Debug for TelemetryBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TelemetryBuilder")
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}

impl TelemetryBuilder {
    pub(crate) fn new() -> Self {
        Self {
            overrides: Overrides::default(),
            environment: None,
            hook: None,
            is_on_stderr: true,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Starts telemetry for the process: becomes the global `tracing` subscriber and the global
    /// OpenTelemetry providers and propagator. Once per process, atomically.
    ///
    /// # Errors
    ///
    /// A wrong setting; a second call, also from another thread at the same time; a global
    /// subscriber of someone else (use [`build`](Self::build) and [`Telemetry::layer`] then); a
    /// thread that the system refuses. After an error nothing is installed and nothing runs. A
    /// collector that cannot be reached is not an error.
    #[track_caller]
    pub fn install(self) -> Result<Telemetry, InitError> {
        install::install(self, Location::caller())
    }

    /// Starts telemetry without touching any global: several can live side by side in a process.
    ///
    /// Put [`Telemetry::layer`] on a subscriber of your own.
    ///
    /// # Errors
    ///
    /// As [`install`](Self::install), without those that concern globals.
    pub fn build(self) -> Result<Telemetry, InitError> {
        let telemetry = self.start()?;
        telemetry.say_started();
        Ok(telemetry)
    }

    /// Starts telemetry, and leaves it to the caller to say so.
    pub(crate) fn start(self) -> Result<Telemetry, InitError> {
        Telemetry::start(Start {
            environment: self.environment.unwrap_or_else(Environment::from_process),
            overrides: self.overrides,
            hook: self.hook,
            is_on_stderr: self.is_on_stderr,
            clock: self.clock,
        })
    }

    /// Reads variables from here and not from the process. Default: the process's.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = Some(environment);
        self
    }

    /// Receives everything that beacon says about itself, on one of beacon's threads, besides
    /// standard error. A hook that panics is ignored; a hook that blocks blocks delivery.
    pub fn diagnostic_hook(mut self, hook: impl Fn(&Diagnostic) + Send + Sync + 'static) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// Keeps what beacon says about itself off standard error. Default: it goes there.
    pub fn diagnostics_off_stderr(mut self) -> Self {
        self.is_on_stderr = false;
        self
    }

    /// Takes time from a clock that a test drives.
    #[cfg(feature = "testing")]
    pub fn manual_clock(mut self, clock: crate::testing::ManualClock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Switches all three signals off: no thread, no recording; propagators stay. Default:
    /// `OTEL_SDK_DISABLED`, else false.
    pub fn disabled(mut self, is_disabled: bool) -> Self {
        self.overrides.set(key::DISABLED, is_disabled);
        self
    }

    /// Sets `service.name`. Default: `OTEL_SERVICE_NAME`, else `service.name` of
    /// `OTEL_RESOURCE_ATTRIBUTES`, else `unknown_service:` and the name of the executable.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.overrides.set(key::SERVICE_NAME, name.into());
        self
    }

    /// Adds an attribute to the resource; it beats detectors and `OTEL_RESOURCE_ATTRIBUTES`.
    pub fn resource_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.overrides.add_pair(key::RESOURCE_ATTRIBUTES, name.into(), value.into());
        self
    }

    /// Sets where all signals go: a base URL, to which OTLP over HTTP appends `v1/traces`,
    /// `v1/logs`, `v1/metrics`. Default: `http://localhost:4318`, with gRPC
    /// `http://localhost:4317`.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.overrides.set(key::ENDPOINT, url.into());
        self
    }

    /// Sets where one signal goes: over HTTP the whole URL, to which nothing is appended.
    pub fn signal_endpoint(mut self, signal: Signal, url: impl Into<String>) -> Self {
        self.overrides.set(key::SIGNAL_ENDPOINT.get(signal), url.into());
        self
    }

    /// Chooses plain text for a gRPC endpoint without a scheme, such as `collector:4317`. Default:
    /// false, TLS. A scheme always wins; without effect over HTTP.
    pub fn insecure(mut self, is_on: bool) -> Self {
        self.overrides.set(key::INSECURE, is_on);
        self
    }

    /// Chooses plain text for the gRPC endpoint of one signal.
    pub fn signal_insecure(mut self, signal: Signal, is_on: bool) -> Self {
        self.overrides.set(key::SIGNAL_INSECURE.get(signal), is_on);
        self
    }

    /// Sets what carries OTLP. Default: [`Protocol::HttpProtobuf`], as the specification
    /// recommends; it never depends on the port or on features.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.overrides.set(key::PROTOCOL, protocol);
        self
    }

    /// Sets what carries one signal.
    pub fn signal_protocol(mut self, signal: Signal, protocol: Protocol) -> Self {
        self.overrides.set(key::SIGNAL_PROTOCOL.get(signal), protocol);
        self
    }

    /// Adds a header to every request. It beats a header of the same name from a variable. The
    /// value is treated as a secret.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.overrides.add_pair(key::HEADERS, name.into(), value.into());
        self
    }

    /// Adds a header to the requests of one signal.
    pub fn signal_header(
        mut self,
        signal: Signal,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.overrides.add_pair(key::SIGNAL_HEADERS.get(signal), name.into(), value.into());
        self
    }

    /// Sets how requests are compressed. Default: not at all. zstd costs a tenth of gzip.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.overrides.set(key::COMPRESSION, compression);
        self
    }

    /// Sets how the requests of one signal are compressed.
    pub fn signal_compression(mut self, signal: Signal, compression: Compression) -> Self {
        self.overrides.set(key::SIGNAL_COMPRESSION.get(signal), compression);
        self
    }

    /// Bounds one attempt, connecting included; zero is no limit. Default: 10 s, as the
    /// specification says.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.overrides.set(key::TIMEOUT, timeout);
        self
    }

    /// Bounds one attempt of one signal.
    pub fn signal_timeout(mut self, signal: Signal, timeout: Duration) -> Self {
        self.overrides.set(key::SIGNAL_TIMEOUT.get(signal), timeout);
        self
    }

    /// Sets the destinations of one signal; an empty list turns the signal off. Default: OTLP.
    pub fn signal_exporters(mut self, signal: Signal, exporters: &[Exporter]) -> Self {
        self.overrides.set(key::SIGNAL_EXPORTERS.get(signal), exporters);
        self
    }

    /// Sets the formats in which context travels, in order. Default: W3C trace context and
    /// baggage.
    pub fn propagators(mut self, propagators: &[Propagator]) -> Self {
        self.overrides.set(key::PROPAGATORS, propagators);
        self
    }

    /// Sets which traces are recorded. Default: the parent's decision, and every root.
    pub fn sampler(mut self, sampler: Sampler) -> Self {
        self.overrides.set_sampler(sampler);
        self
    }

    /// Sets which spans are recorded, by directives such as `info,my_crate=debug`. No filter of
    /// logs touches them. Default: `info`.
    pub fn trace_filter(mut self, directives: impl Into<String>) -> Self {
        self.overrides.set(key::TRACE_FILTER, directives.into());
        self
    }

    /// Sets which events become log records, by directives such as `info,my_crate=debug`.
    /// Default: `BEACON_LOG`, else `RUST_LOG`, else `info`.
    pub fn log_filter(mut self, directives: impl Into<String>) -> Self {
        self.overrides.set(key::LOG_FILTER, directives.into());
        self
    }

    /// Names a file with the filter of events, directives with commas or line breaks between. It
    /// is read at start, where it beats [`log_filter`](Self::log_filter), and, when telemetry is
    /// [installed](Self::install) on Unix, again whenever the process gets `SIGHUP`. A file that is
    /// not there at start leaves the filter as it is; a bad one is an error. Default:
    /// `BEACON_LOG_FILTER_FILE`, else none.
    pub fn log_filter_file(mut self, path: impl Into<String>) -> Self {
        self.overrides.set(key::LOG_FILTER_FILE, path.into());
        self
    }

    /// Chooses whether [`install`](Self::install) puts a hook in front of the present panic hook: a
    /// panic becomes a log record and is counted, the hook that was there does its work, and what
    /// is held is delivered, for which the thread waits a second at most. Default: true.
    pub fn panic_hook(mut self, is_on: bool) -> Self {
        self.overrides.set(key::PANIC_HOOK, is_on);
        self
    }

    /// Chooses whether an ERROR event marks the status of its span. Default: true.
    pub fn error_events_to_status(mut self, is_on: bool) -> Self {
        self.overrides.set(key::ERROR_EVENTS_TO_STATUS, is_on);
        self
    }

    /// Chooses whether events also become span events. Default: false, an event is a log record.
    pub fn span_events(mut self, is_on: bool) -> Self {
        self.overrides.set(key::SPAN_EVENTS, is_on);
        self
    }

    /// Chooses whether spans and log records carry `code.file.path` and `code.line.number`.
    /// Default: false; they double the size of a small span.
    pub fn code_location(mut self, is_on: bool) -> Self {
        self.overrides.set(key::CODE_LOCATION, is_on);
        self
    }

    /// Chooses whether spans and log records carry `thread.id` and `thread.name`. Default: false.
    pub fn thread_attributes(mut self, is_on: bool) -> Self {
        self.overrides.set(key::THREAD_ATTRIBUTES, is_on);
        self
    }

    /// Sets the time between the starts of two metric exports. At least 1 ms. Default: 60 s.
    pub fn metrics_interval(mut self, interval: Duration) -> Self {
        self.overrides.set(key::METRICS_INTERVAL, interval);
        self
    }

    /// Bounds one collection of metrics, user callbacks included; zero is no limit. When set, it
    /// also bounds the life of the request. Default: 30 s for the collection.
    pub fn metrics_collect_timeout(mut self, timeout: Duration) -> Self {
        self.overrides.set(key::METRICS_COLLECT_TIMEOUT, timeout);
        self
    }

    /// Sets how sums are reported. Default: [`Temporality::Cumulative`].
    pub fn metrics_temporality(mut self, temporality: Temporality) -> Self {
        self.overrides.set(key::METRICS_TEMPORALITY, temporality);
        self
    }

    /// Chooses whether beacon's metrics about itself are sent. Default: true.
    pub fn self_metrics(mut self, is_on: bool) -> Self {
        self.overrides.set(key::SELF_METRICS, is_on);
        self
    }

    /// Sets the longest time that a span or log record waits before it is handed to the wire.
    /// Zero is legal: at once. Default: 5 s for spans, 1 s for log records. Metrics have none.
    pub fn signal_schedule_delay(mut self, signal: Signal, delay: Duration) -> Self {
        self.overrides.set(key::SIGNAL_SCHEDULE_DELAY.get(signal), delay);
        self
    }

    /// Bounds the spans or log records held, beside the bound in bytes. At least 1. Default: no
    /// such bound. Metrics have none.
    pub fn signal_queue_items(mut self, signal: Signal, items_max: u64) -> Self {
        self.overrides.set(key::SIGNAL_QUEUE_ITEMS.get(signal), items_max);
        self
    }

    /// Bounds the spans or log records in one request. At least 1. Default: 512. Metrics have no
    /// such bound.
    pub fn signal_request_items(mut self, signal: Signal, items_max: u64) -> Self {
        self.overrides.set(key::SIGNAL_REQUEST_ITEMS.get(signal), items_max);
        self
    }

    /// Bounds the life of one request from its first attempt to its last; zero is no limit.
    /// Default: no limit, the queue's bound decides. For metrics it is
    /// [`metrics_collect_timeout`](Self::metrics_collect_timeout).
    pub fn signal_export_timeout(mut self, signal: Signal, timeout: Duration) -> Self {
        self.overrides.set(key::SIGNAL_EXPORT_TIMEOUT.get(signal), timeout);
        self
    }

    /// Bounds the bytes that each signal holds while the collector is away. At least 64 KiB.
    /// Default: 16 MiB, about 45,000 spans.
    pub fn queue_bytes(mut self, bytes_max: u64) -> Self {
        self.overrides.set(key::QUEUE_BYTES, bytes_max);
        self
    }

    /// Bounds the bytes in one request. From 1 KiB to just under 4 MiB. Default: 3.5 MiB, because
    /// receivers commonly accept 4 MiB.
    pub fn request_bytes(mut self, bytes_max: u64) -> Self {
        self.overrides.set(key::REQUEST_BYTES, bytes_max);
        self
    }

    /// Bounds the requests that each signal has in flight. From 1 to 64. Default: 4.
    pub fn requests_in_flight(mut self, requests_max: u64) -> Self {
        self.overrides.set(key::REQUESTS_IN_FLIGHT, requests_max);
        self
    }

    /// Sets the one deadline for everything that shutdown does. Default: 5 s, well below the 30 s
    /// that Kubernetes grants.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.overrides.set(key::SHUTDOWN_TIMEOUT, timeout);
        self
    }
}
