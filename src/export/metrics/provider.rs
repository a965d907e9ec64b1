//! The meter provider that the application sees.

use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::metrics::{
    AsyncInstrumentBuilder, Counter, Gauge, Histogram, HistogramBuilder, InstrumentBuilder,
    InstrumentProvider, Meter, MeterProvider, ObservableCounter, ObservableGauge,
    ObservableUpDownCounter, UpDownCounter,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;

use crate::config::Temporality;
use crate::export::metrics::callbacks::Callbacks;
use crate::export::metrics::problems::MetricProblems;
use crate::export::metrics::reader::DrivenReader;

/// The SDK's meter provider, with every observable callback under guard.
///
/// Synchronous instruments are the SDK's own: a measurement costs what it costs there.
#[derive(Clone, Debug)]
pub(crate) struct GuardedMeterProvider {
    inner: SdkMeterProvider,
    callbacks: Arc<Callbacks>,
}

impl GuardedMeterProvider {
    /// Returns the provider, and what its metrics are collected from.
    pub(crate) fn new(
        resource: Resource,
        temporality: Temporality,
        problems: Arc<MetricProblems>,
    ) -> (Self, MetricSource) {
        let reader = DrivenReader::new(temporality);
        let callbacks = Arc::new(Callbacks::new());
        let inner =
            SdkMeterProvider::builder().with_resource(resource).with_reader(reader.clone()).build();
        let source = MetricSource { reader, callbacks: Arc::clone(&callbacks), problems };
        (Self { inner, callbacks }, source)
    }

    /// Returns the SDK's provider, for callbacks that only load atomics and need no guard.
    pub(crate) fn unguarded(&self) -> &SdkMeterProvider {
        &self.inner
    }
}

impl MeterProvider for GuardedMeterProvider {
    fn meter_with_scope(&self, scope: InstrumentationScope) -> Meter {
        let inner = self.inner.meter_with_scope(scope);
        Meter::new(Arc::new(GuardedInstruments { inner, callbacks: Arc::clone(&self.callbacks) }))
    }
}

/// Everything that a collection reads.
#[derive(Debug)]
pub(crate) struct MetricSource {
    reader: DrivenReader,
    callbacks: Arc<Callbacks>,
    problems: Arc<MetricProblems>,
}

impl MetricSource {
    /// Runs all callbacks, then gathers all instruments. Takes as long as the callbacks please.
    pub(super) fn collect(&self) -> Result<ResourceMetrics, String> {
        self.callbacks.run(&self.problems);
        let mut metrics = ResourceMetrics::default();
        let result: OTelSdkResult = self.reader.collect(&mut metrics);
        result.map(|()| metrics).map_err(|error| error.to_string())
    }

    pub(super) fn problems(&self) -> &Arc<MetricProblems> {
        &self.problems
    }
}

struct GuardedInstruments {
    inner: Meter,
    callbacks: Arc<Callbacks>,
}

/// Builds each instrument anew on the inner meter: a builder cannot be handed from one meter to
/// another.
macro_rules! instruments {
    ($($method:ident: $builder:ident<$instrument:ident<$value:ty>>;)*) => {
        $(instruments!(@$builder $method, $instrument, $value);)*
    };
    (@InstrumentBuilder $method:ident, $instrument:ident, $value:ty) => {
        fn $method(&self, asked: InstrumentBuilder<'_, $instrument<$value>>) -> $instrument<$value> {
            self.callbacks.check_name(&asked.name);
            let mut rebuilt = self.inner.$method(asked.name);
            rebuilt.description = asked.description;
            rebuilt.unit = asked.unit;
            rebuilt.build()
        }
    };
    (@HistogramBuilder $method:ident, $instrument:ident, $value:ty) => {
        fn $method(&self, asked: HistogramBuilder<'_, $instrument<$value>>) -> $instrument<$value> {
            self.callbacks.check_name(&asked.name);
            let mut rebuilt = self.inner.$method(asked.name);
            rebuilt.description = asked.description;
            rebuilt.unit = asked.unit;
            rebuilt.boundaries = asked.boundaries;
            rebuilt.build()
        }
    };
    (@AsyncInstrumentBuilder $method:ident, $instrument:ident, $value:ty) => {
        fn $method(
            &self,
            asked: AsyncInstrumentBuilder<'_, $instrument<$value>, $value>,
        ) -> $instrument<$value> {
            self.callbacks.check_name(&asked.name);
            let mut rebuilt = self.inner.$method(asked.name.clone());
            rebuilt.description = asked.description;
            rebuilt.unit = asked.unit;
            for callback in asked.callbacks {
                let guarded = self.callbacks.guard(asked.name.clone(), callback);
                rebuilt = rebuilt.with_callback(guarded);
            }
            rebuilt.build()
        }
    };
}

impl InstrumentProvider for GuardedInstruments {
    instruments! {
        u64_counter: InstrumentBuilder<Counter<u64>>;
        f64_counter: InstrumentBuilder<Counter<f64>>;
        u64_observable_counter: AsyncInstrumentBuilder<ObservableCounter<u64>>;
        f64_observable_counter: AsyncInstrumentBuilder<ObservableCounter<f64>>;
        i64_up_down_counter: InstrumentBuilder<UpDownCounter<i64>>;
        f64_up_down_counter: InstrumentBuilder<UpDownCounter<f64>>;
        i64_observable_up_down_counter: AsyncInstrumentBuilder<ObservableUpDownCounter<i64>>;
        f64_observable_up_down_counter: AsyncInstrumentBuilder<ObservableUpDownCounter<f64>>;
        u64_gauge: InstrumentBuilder<Gauge<u64>>;
        f64_gauge: InstrumentBuilder<Gauge<f64>>;
        i64_gauge: InstrumentBuilder<Gauge<i64>>;
        u64_observable_gauge: AsyncInstrumentBuilder<ObservableGauge<u64>>;
        i64_observable_gauge: AsyncInstrumentBuilder<ObservableGauge<i64>>;
        f64_observable_gauge: AsyncInstrumentBuilder<ObservableGauge<f64>>;
        f64_histogram: HistogramBuilder<Histogram<f64>>;
        u64_histogram: HistogramBuilder<Histogram<u64>>;
    }
}
