//! What is compared.

use std::fmt;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use beacon::Telemetry;
use beacon::config::{Environment, Protocol};
use beacon::logging::LogConsole;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Runtime;
use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{Layer as _, fmt as lines, registry};

use crate::Failure;
use crate::work::Operation;

/// Who records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stack {
    /// Beacon with its defaults.
    Beacon,
    /// As `Official`, but lines are written by the calling thread.
    Direct,
    /// `opentelemetry-appender-tracing` with the batch processor, and the JSON lines of
    /// `tracing-subscriber` through the non-blocking writer of `tracing-appender`.
    Official,
}

/// Where events go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sinks {
    Both,
    Json,
    Otlp,
}

/// What one process measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) stack: Stack,
    pub(crate) sinks: Sinks,
    pub(crate) operation: Operation,
}

impl Stack {
    pub(crate) const ALL: [Self; 3] = [Self::Official, Self::Direct, Self::Beacon];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Beacon => "beacon",
            Self::Direct => "direct",
            Self::Official => "official",
        }
    }
}

impl Sinks {
    pub(crate) const ALL: [Self; 3] = [Self::Otlp, Self::Json, Self::Both];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Json => "json",
            Self::Otlp => "otlp",
        }
    }

    const fn has_json(self) -> bool {
        matches!(self, Self::Both | Self::Json)
    }

    const fn has_otlp(self) -> bool {
        matches!(self, Self::Both | Self::Otlp)
    }
}

/// A stack that was started.
pub(crate) trait Running: fmt::Debug {
    /// Sends and writes all that is held, and waits for it.
    fn flush(&self) -> Result<(), Failure>;
}

impl Case {
    /// Becomes the subscriber of this process.
    pub(crate) fn start(self, endpoint: &str) -> Result<Box<dyn Running>, Failure> {
        match self.stack {
            Stack::Beacon => self.start_beacon(endpoint),
            Stack::Direct | Stack::Official => self.start_official(endpoint),
        }
    }

    fn start_beacon(self, endpoint: &str) -> Result<Box<dyn Running>, Failure> {
        let mut builder = Telemetry::builder()
            .environment(Environment::empty())
            .service_name("bench")
            .log_console(LogConsole::Off)
            .diagnostics_off_stderr();
        if self.sinks.has_json() {
            builder = builder.log_file(NOWHERE);
        }
        builder = if self.sinks.has_otlp() {
            builder.endpoint(endpoint).protocol(Protocol::Grpc)
        } else {
            builder.disabled(true)
        };
        Ok(Box::new(builder.install()?))
    }

    /// With the level that beacon has by default. It also keeps the exporter from observing itself.
    fn start_official(self, endpoint: &str) -> Result<Box<dyn Running>, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("bench-runtime")
            .enable_all()
            .build()?;
        let logger = self.sinks.has_otlp().then(|| logger(&runtime, endpoint)).transpose()?;
        let bridge = logger.as_ref().map(OpenTelemetryTracingBridge::new);
        // Records inside of a span have its ids. Without a span that layer would cost for nothing.
        let is_traced = self.sinks.has_otlp() && self.operation == Operation::EventInSpan;
        let provider = SdkTracerProvider::builder().build();
        let traces = is_traced.then(|| {
            let layer = OpenTelemetryLayer::new(provider.tracer("bench"));
            // Nor would beacon record the events twice.
            layer.with_filter(filter_fn(is_span))
        });
        let file = File::options().append(true).open(NOWHERE)?;
        let has_json = self.sinks.has_json();
        let (direct, aside, guard) = if self.stack == Stack::Direct {
            (has_json.then(|| lines::layer().json().with_writer(Arc::new(file))), None, None)
        } else {
            let (writer, guard) = tracing_appender::non_blocking(file);
            (None, has_json.then(|| lines::layer().json().with_writer(writer)), Some(guard))
        };
        let subscriber =
            registry().with(LevelFilter::INFO).with(traces).with(bridge).with(direct).with(aside);
        tracing::subscriber::set_global_default(subscriber)?;
        Ok(Box::new(Official { logger, _provider: provider, _guard: guard, _runtime: runtime }))
    }
}

fn is_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
}

fn logger(runtime: &Runtime, endpoint: &str) -> Result<SdkLoggerProvider, Failure> {
    let _entered = runtime.enter();
    let logs = LogExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let resource = Resource::builder().with_service_name("bench").build();
    Ok(SdkLoggerProvider::builder().with_resource(resource).with_batch_exporter(logs).build())
}

impl Running for Telemetry {
    fn flush(&self) -> Result<(), Failure> {
        self.flush_blocking()?;
        Ok(())
    }
}

#[derive(Debug)]
struct Official {
    logger: Option<SdkLoggerProvider>,
    _provider: SdkTracerProvider,
    _guard: Option<WorkerGuard>,
    /// The exporter's connections live on it.
    _runtime: Runtime,
}

impl Running for Official {
    fn flush(&self) -> Result<(), Failure> {
        if let Some(logger) = &self.logger {
            logger.force_flush()?;
        }
        // The writer of lines tells nobody when it is done.
        std::thread::sleep(Duration::from_millis(50));
        Ok(())
    }
}

/// The same sink for all lines.
const NOWHERE: &str = "/dev/null";
