//! The instruments that metrics of the catalog are recorded with.

use opentelemetry::metrics::{Histogram, HistogramBuilder, Meter};

use crate::catalog::Metric;

impl Metric {
    /// Returns a histogram with these upper bounds. Without any it is count, sum, minimum and maximum.
    pub(crate) fn f64_histogram(&self, meter: &Meter, bounds: &[f64]) -> Histogram<f64> {
        self.described(meter.f64_histogram(self.name), bounds).build()
    }

    /// The same for whole numbers.
    pub(crate) fn u64_histogram(&self, meter: &Meter, bounds: &[f64]) -> Histogram<u64> {
        self.described(meter.u64_histogram(self.name), bounds).build()
    }

    fn described<'a, T>(
        &self,
        builder: HistogramBuilder<'a, T>,
        bounds: &[f64],
    ) -> HistogramBuilder<'a, T> {
        let builder = builder.with_unit(self.unit).with_description(self.description);
        builder.with_boundaries(bounds.to_vec())
    }
}
