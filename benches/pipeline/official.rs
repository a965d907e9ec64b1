//! The official stack: `tracing-opentelemetry`, the log appender, batch processors, OTLP over gRPC.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{LogExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Runtime;
use tracing::level_filters::LevelFilter;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::Failure;
use crate::stack::Running;

/// Which attributes the layer adds to every span.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Attributes {
    /// As by default: location, thread, target, busy and idle time.
    All,
    /// None.
    Lean,
}

#[derive(Debug)]
struct Official {
    tracer: SdkTracerProvider,
    logger: SdkLoggerProvider,
    /// The exporters' connections live on it.
    _runtime: Runtime,
}

/// Everything by default but, if so wished, the attributes.
pub(crate) fn start(endpoint: &str, attributes: Attributes) -> Result<Box<dyn Running>, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("bench-runtime")
        .enable_all()
        .build()?;
    let entered = runtime.enter();
    let resource = Resource::builder().with_service_name("bench").build();
    let spans = SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let tracer = SdkTracerProvider::builder()
        .with_resource(resource.clone())
        .with_batch_exporter(spans)
        .build();
    let logs = LogExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let logger =
        SdkLoggerProvider::builder().with_resource(resource).with_batch_exporter(logs).build();
    drop(entered);

    let mut layer = OpenTelemetryLayer::new(tracer.tracer("bench"));
    if attributes == Attributes::Lean {
        layer = layer
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false);
    }
    let subscriber = tracing_subscriber::registry()
        // The level that beacon has by default. It also keeps the exporter from observing itself.
        .with(LevelFilter::INFO)
        .with(layer)
        .with(OpenTelemetryTracingBridge::new(&logger));
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(Box::new(Official { tracer, logger, _runtime: runtime }))
}

impl Running for Official {
    fn flush(&self) -> Result<(), Failure> {
        self.tracer.force_flush()?;
        self.logger.force_flush()?;
        Ok(())
    }
}
