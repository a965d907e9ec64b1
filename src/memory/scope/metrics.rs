//! The histograms of scopes.

use std::sync::OnceLock;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};

use crate::catalog::{Metric, attribute, leak};
use crate::memory::scope::names::{Names, OTHER};
use crate::memory::scope::report::ScopeReport;

static INSTALLED: OnceLock<ScopeMetrics> = OnceLock::new();

/// Has scopes recorded on this meter. Once per process, as installation is.
pub(crate) fn set_installed_scopes(meter: &Meter) {
    // The caller holds the lock of installation, so a second one never comes here.
    INSTALLED.get_or_init(|| ScopeMetrics::new(meter));
}

pub(super) fn installed() -> Option<&'static ScopeMetrics> {
    INSTALLED.get()
}

/// What scopes are recorded with.
#[derive(Debug)]
pub(super) struct ScopeMetrics {
    allocated: Histogram<f64>,
    freed: Histogram<f64>,
    peak: Histogram<f64>,
    retained: Histogram<f64>,
    renamed: Counter<u64>,
    names: Names,
}

impl ScopeMetrics {
    pub(super) fn new(meter: &Meter) -> Self {
        let histogram = |metric: Metric| metric.f64_histogram(meter, &BOUNDARIES);
        let Metric { name, unit, description, .. } = leak::SCOPE_RENAMED;
        let renamed = meter.u64_counter(name).with_unit(unit).with_description(description);
        Self {
            allocated: histogram(leak::SCOPE_ALLOCATED),
            freed: histogram(leak::SCOPE_FREED),
            peak: histogram(leak::SCOPE_PEAK),
            retained: histogram(leak::SCOPE_RETAINED),
            renamed: renamed.build(),
            names: Names::new(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "exact below 2⁵³ bytes")]
    pub(super) fn record(&self, report: &ScopeReport) {
        let name = self.names.admit(report.name).unwrap_or_else(|| {
            self.renamed.add(1, &[]);
            OTHER
        });
        let attributes = [
            KeyValue::new(attribute::SCOPE_NAME, name),
            KeyValue::new(attribute::SCOPE_EXACT, report.is_exact),
        ];
        let rows = [
            (&self.allocated, report.allocated_bytes.map(|bytes| bytes as f64)),
            (&self.freed, report.freed_bytes.map(|bytes| bytes as f64)),
            (&self.peak, report.peak_bytes.map(|bytes| bytes as f64)),
            (&self.retained, report.retained_bytes.map(|bytes| bytes as f64)),
        ];
        for (histogram, value) in rows {
            if let Some(value) = value {
                histogram.record(value, &attributes);
            }
        }
    }
}

/// Upper bounds of the buckets, in bytes: 0, 1 KiB, 16 KiB, 256 KiB, 1 MiB, and four times as much
/// up to 4 GiB.
const BOUNDARIES: [f64; 11] = [
    0.0,
    1024.0,
    16_384.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
    1_073_741_824.0,
    4_294_967_296.0,
];
