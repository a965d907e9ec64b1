//! What is installed, and how it hands work over.

use std::any::Any;

use beacon::Telemetry;
use beacon::config::Environment;
use beacon::task::RuntimeConfig;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::Failure;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stack {
    /// Tokio, and nothing installed.
    Bare,
    /// Beacon's helpers, and nothing installed.
    Absent,
    /// Beacon's helpers, and beacon.
    Beacon,
    /// The same, and nobody watches runtimes and spans.
    Unwatched,
    /// `in_current_span` of `tracing` and the OpenTelemetry context, and beacon.
    OnBeacon,
    /// `in_current_span` of `tracing` and the official layer: the span, without what was attached later.
    OfficialSpan,
    /// The same, and the OpenTelemetry context: what beacon hands over.
    Official,
}

impl Stack {
    pub(crate) const ALL: [Self; 7] = [
        Self::Bare,
        Self::Absent,
        Self::Beacon,
        Self::Unwatched,
        Self::OnBeacon,
        Self::OfficialSpan,
        Self::Official,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Absent => "beacon-absent",
            Self::Beacon => "beacon",
            Self::Unwatched => "beacon-unwatched",
            Self::OnBeacon => "official-on-beacon",
            Self::OfficialSpan => "official-span",
            Self::Official => "official",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stack| stack.name() == name)
    }

    pub(crate) fn start(self) -> Result<Box<dyn Any>, Failure> {
        match self {
            Self::Bare | Self::Absent => Ok(Box::new(())),
            Self::Beacon | Self::Unwatched | Self::OnBeacon => {
                // Nobody listens there: what is measured ends before the delivery begins.
                let builder = Telemetry::builder().environment(Environment::empty());
                let builder = builder.endpoint("http://127.0.0.1:9").diagnostics_off_stderr();
                let builder = match self {
                    Self::Unwatched => builder.runtime(RuntimeConfig::disabled()),
                    _ => builder,
                };
                Ok(Box::new(builder.install()?))
            }
            Self::OfficialSpan | Self::Official => {
                let provider = SdkTracerProvider::builder().build();
                let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
                let subscriber = tracing_subscriber::registry().with(layer);
                tracing::subscriber::set_global_default(subscriber)?;
                Ok(Box::new(provider))
            }
        }
    }
}
