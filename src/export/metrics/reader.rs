//! The SDK's end of a collection, driven by beacon instead of a timer.

use std::sync::{Arc, Weak};
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{self as sdk, InstrumentKind, ManualReader, Pipeline};

use crate::config::Temporality;

/// A reader of which the meter provider holds one handle and the collecting thread another.
///
/// The stock periodic reader is not used: it ignores the deadlines it is given, waits without a
/// bound on flush, and dies of a callback that panics.
#[derive(Clone, Debug)]
pub(crate) struct DrivenReader {
    inner: Arc<ManualReader>,
}

impl DrivenReader {
    pub(crate) fn new(temporality: Temporality) -> Self {
        let temporality = match temporality {
            Temporality::Cumulative => sdk::Temporality::Cumulative,
            Temporality::Delta => sdk::Temporality::Delta,
            Temporality::LowMemory => sdk::Temporality::LowMemory,
        };
        let reader = ManualReader::builder().with_temporality(temporality).build();
        Self { inner: Arc::new(reader) }
    }
}

impl MetricReader for DrivenReader {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.inner.register_pipeline(pipeline);
    }

    fn collect(&self, rm: &mut ResourceMetrics) -> OTelSdkResult {
        self.inner.collect(rm)
    }

    /// Does nothing: what a flush means for the whole of delivery is beacon's to decide.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    /// Returns the temporality that the preference means for this kind of instrument.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/>
    fn temporality(&self, kind: InstrumentKind) -> sdk::Temporality {
        self.inner.temporality(kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use opentelemetry_sdk::metrics::InstrumentKind as Kind;
    use opentelemetry_sdk::metrics::Temporality::{Cumulative, Delta};

    #[test]
    fn each_preference_gives_each_instrument_its_temporality() {
        let rows = [
            (Kind::Counter, [Cumulative, Delta, Delta]),
            (Kind::ObservableCounter, [Cumulative, Delta, Cumulative]),
            (Kind::Histogram, [Cumulative, Delta, Delta]),
            (Kind::UpDownCounter, [Cumulative, Cumulative, Cumulative]),
            (Kind::ObservableUpDownCounter, [Cumulative, Cumulative, Cumulative]),
        ];
        let preferences = [Temporality::Cumulative, Temporality::Delta, Temporality::LowMemory];
        for (kind, expected) in rows {
            let actual = preferences.map(|p| DrivenReader::new(p).temporality(kind));
            assert_eq!(actual, expected, "{kind:?}");
        }
    }
}
