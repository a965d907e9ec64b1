//! Finds the metrics that have outgrown the SDK's bound on attribute sets.

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Metric, MetricData};

/// Tells whether some measurements of the metric were added up without their attributes.
pub(super) fn has_overflowed(metric: &Metric) -> bool {
    match metric.data() {
        AggregatedMetrics::F64(data) => has_overflow_point(data),
        AggregatedMetrics::I64(data) => has_overflow_point(data),
        AggregatedMetrics::U64(data) => has_overflow_point(data),
    }
}

fn has_overflow_point<T>(data: &MetricData<T>) -> bool {
    match data {
        MetricData::ExponentialHistogram(data) => {
            data.data_points().any(|point| point.attributes().any(is_overflow))
        }
        MetricData::Gauge(data) => {
            data.data_points().any(|point| point.attributes().any(is_overflow))
        }
        MetricData::Histogram(data) => {
            data.data_points().any(|point| point.attributes().any(is_overflow))
        }
        MetricData::Sum(data) => {
            data.data_points().any(|point| point.attributes().any(is_overflow))
        }
    }
}

fn is_overflow(attribute: &KeyValue) -> bool {
    attribute.key.as_str() == OVERFLOW_KEY
}

/// Source: <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#overflow-attribute>
const OVERFLOW_KEY: &str = "otel.metric.overflow";
