//! What is installed.

use std::any::Any;

use beacon::Telemetry;
use beacon::config::Environment;
use opentelemetry::global;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{ManualReader, SdkMeterProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::Failure;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stack {
    /// No layer, and nothing installed.
    Bare,
    /// `TraceLayer` and the official stack.
    Usual,
    /// Beacon's layers, and beacon.
    Beacon,
}

/// What is installed, for as long as it lives.
pub(crate) struct Running {
    official: Option<SdkTracerProvider>,
    _held: Box<dyn Any>,
}

impl Running {
    fn new(held: impl Any) -> Self {
        Self { official: None, _held: Box::new(held) }
    }

    /// Makes room in the queue of the official processor, which holds 2,048 spans. Beacon's is bounded
    /// in bytes and holds all that are measured.
    pub(crate) fn settle(&self) {
        if let Some(tracer) = &self.official {
            tracer.force_flush().unwrap_or_default();
        }
    }
}

impl Stack {
    pub(crate) const ALL: [Self; 3] = [Self::Bare, Self::Usual, Self::Beacon];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Usual => "usual",
            Self::Beacon => "beacon",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stack| stack.name() == name)
    }

    pub(crate) fn start(self) -> Result<Running, Failure> {
        match self {
            Self::Bare => Ok(Running::new(())),
            Self::Beacon => {
                // Nobody listens there: what is measured ends before the delivery begins.
                let builder = Telemetry::builder().environment(Environment::empty());
                let builder = builder.endpoint("http://127.0.0.1:9").diagnostics_off_stderr();
                Ok(Running::new(builder.install()?))
            }
            Self::Usual => {
                let tracer = SdkTracerProvider::builder().with_batch_exporter(Nowhere).build();
                let reader = ManualReader::builder().build();
                let meter = SdkMeterProvider::builder().with_reader(reader).build();
                global::set_meter_provider(meter.clone());
                global::set_text_map_propagator(TraceContextPropagator::new());
                let layer = tracing_opentelemetry::layer().with_tracer(tracer.tracer("bench"));
                let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO).with(layer);
                tracing::subscriber::set_global_default(subscriber)?;
                Ok(Running { official: Some(tracer), _held: Box::new(meter) })
            }
        }
    }
}

/// Takes spans at no cost.
#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}
