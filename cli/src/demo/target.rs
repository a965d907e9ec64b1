//! Where the demo's telemetry goes.

use std::io;

use beacon::collector::Collector;
use beacon::config::{EffectiveConfig, Exporter};
use beacon::{Signal, TelemetryBuilder};

use crate::demo::DemoArgs;
use crate::demo::environment::is_any_set;

/// Where the demo's telemetry goes.
#[derive(Debug)]
pub(super) enum Target {
    /// To a collector inside this process, which can tell what arrived.
    Embedded(Collector),
    /// To wherever the arguments or the environment say.
    External { endpoint: Option<String> },
}

impl Target {
    /// # Errors
    ///
    /// When the embedded collector does not start.
    pub(super) fn choose(args: &DemoArgs) -> io::Result<Self> {
        if args.endpoint.is_some() || is_any_set(ENDPOINT_VARIABLES) {
            return Ok(Self::External { endpoint: args.endpoint.clone() });
        }
        if !args.is_detector_fast() {
            return Collector::start().map(Self::Embedded);
        }
        // What it keeps would grow for as long as the demo runs, and is in the heap that is judged.
        let collector = Collector::builder().items_max(KEPT_MAX).attempts_max(KEPT_MAX).start()?;
        Ok(Self::Embedded(collector))
    }

    pub(super) fn apply(&self, builder: TelemetryBuilder) -> TelemetryBuilder {
        match self {
            Self::Embedded(collector) => Signal::ALL
                .into_iter()
                .fold(builder, |builder, signal| {
                    builder.signal_exporters(signal, &[Exporter::Otlp])
                })
                .endpoint(collector.endpoint()),
            Self::External { endpoint: Some(endpoint) } => builder.endpoint(endpoint),
            Self::External { endpoint: None } => builder,
        }
    }

    pub(super) const fn collector(&self) -> Option<&Collector> {
        match self {
            Self::Embedded(collector) => Some(collector),
            Self::External { .. } => None,
        }
    }
}

/// Says in a few words where a signal goes.
pub(super) fn destination(config: &EffectiveConfig, signal: Signal) -> String {
    let value = |name: &str| {
        let key = format!("{signal}.{name}");
        config.settings.iter().find(|setting| setting.key == key).map_or("", |s| s.value.as_str())
    };
    match value("exporters") {
        "otlp" => match value("compression") {
            "" | "none" => format!("{} by {}", value("endpoint"), value("protocol")),
            compression => {
                format!("{} by {}, {compression}", value("endpoint"), value("protocol"))
            }
        },
        "" | "none" => "nowhere: turned off".to_owned(),
        others => others.to_owned(),
    }
}

/// Of each signal: some seconds of a demo.
const KEPT_MAX: usize = 500;
/// Each of them says where to send to.
const ENDPOINT_VARIABLES: &[&str] = &[
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];
