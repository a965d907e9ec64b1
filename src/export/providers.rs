//! The OpenTelemetry providers of one telemetry: what records, and into which intake.

use std::sync::Arc;

use opentelemetry::metrics::{Meter, MeterProvider as _};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{InstrumentationScope, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanLimits};

use crate::catalog;
use crate::clock::SharedClock;
use crate::config::{Settings, SpanLimitSettings};
use crate::export::courier::Intake;
use crate::export::metrics::{GuardedMeterProvider, own_scope};
use crate::export::processors::{
    CountingSampler, EncodingLogProcessor, EncodingSpanProcessor, RecordingCounters, SpanTracer,
};
use crate::logging::Redactor;
use crate::signal::Signal;

/// The name of the scope of everything that `tracing` records as spans.
const TRACING_SCOPE: &str = "tracing";

/// Other modules use these names, so that the SDK is named in `export` only.
pub(crate) type TracerProvider = SdkTracerProvider;
pub(crate) type LoggerProvider = SdkLoggerProvider;

/// Providers of the signals. A signal that goes nowhere has none, except for traces: their ids and
/// their propagation are of use without an exporter.
#[derive(Clone, Debug)]
pub(crate) struct Providers {
    pub(super) tracer: TracerProvider,
    pub(super) logger: LoggerProvider,
    meter: Option<GuardedMeterProvider>,
}

impl Providers {
    pub(crate) fn new(
        settings: &Settings,
        resource: &Resource,
        intake: &Arc<Intake>,
        counters: &Arc<RecordingCounters>,
        clock: &SharedClock,
        redactor: &Arc<Redactor>,
        meter: Option<GuardedMeterProvider>,
    ) -> Self {
        let mut tracer = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_sampler(CountingSampler::new(settings.sampler, Arc::clone(counters)))
            .with_span_limits(sdk_limits(&settings.span_limits));
        if settings.exporters.get(Signal::Traces).is_on() {
            tracer = tracer.with_span_processor(EncodingSpanProcessor::new(
                Arc::clone(intake),
                Arc::clone(counters),
                settings.span_limits,
                Arc::clone(redactor),
            ));
        }
        let mut logger = SdkLoggerProvider::builder().with_resource(resource.clone());
        if settings.exporters.get(Signal::Logs).is_on() {
            logger = logger.with_log_processor(EncodingLogProcessor::new(
                Arc::clone(intake),
                Arc::clone(counters),
                Arc::clone(clock),
                settings.log_limits,
                Arc::clone(redactor),
                settings.recording.restraint,
            ));
        }
        Self { tracer: tracer.build(), logger: logger.build(), meter }
    }

    /// The tracer behind the `tracing` layer.
    pub(crate) fn span_tracer(&self) -> SpanTracer {
        let scope = InstrumentationScope::builder(TRACING_SCOPE).build();
        self.tracer.tracer_with_scope(scope)
    }

    pub(crate) fn meter(&self, name: &'static str) -> Option<Meter> {
        self.meter.as_ref().map(|provider| provider.meter(name))
    }

    /// The meter of beacon's own metrics. Its callbacks are not guarded: they only load atomics.
    pub(crate) fn own_meter(&self) -> Option<Meter> {
        let provider = self.meter.as_ref()?.unguarded();
        Some(provider.meter_with_scope(own_scope(catalog::BEACON_SCOPE)))
    }

    /// Makes them the process's. Instruments made before stay without effect.
    pub(crate) fn set_global(&self) {
        global::set_tracer_provider(self.tracer.clone());
        if let Some(meter) = &self.meter {
            global::set_meter_provider(meter.clone());
        }
    }
}

/// A provider whose spans are not recorded.
pub(crate) fn idle_tracer() -> TracerProvider {
    SdkTracerProvider::builder().with_sampler(Sampler::AlwaysOff).build()
}

/// A provider whose records go nowhere.
pub(crate) fn idle_logger() -> LoggerProvider {
    SdkLoggerProvider::builder().build()
}

fn sdk_limits(limits: &SpanLimitSettings) -> SpanLimits {
    SpanLimits {
        max_events_per_span: limits.events_max,
        max_attributes_per_span: limits.attributes_max,
        max_links_per_span: limits.links_max,
        max_attributes_per_event: limits.attributes_per_event_max,
        max_attributes_per_link: limits.attributes_per_link_max,
    }
}
