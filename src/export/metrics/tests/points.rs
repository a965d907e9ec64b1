//! Collected metrics as flat rows that tests compare.

use std::collections::BTreeMap;

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics};

use crate::catalog::InstrumentKind;

#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) scope: String,
    pub(super) version: String,
    pub(super) schema_url: String,
    pub(super) metric: String,
    pub(super) unit: String,
    pub(super) description: String,
    pub(super) instrument: InstrumentKind,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) value: f64,
    /// Of a histogram: how many buckets there are.
    pub(super) buckets: usize,
}

pub(super) fn points(metrics: &ResourceMetrics) -> Vec<Point> {
    let mut points = Vec::new();
    for scope in metrics.scope_metrics() {
        for metric in scope.metrics() {
            let rows = match metric.data() {
                AggregatedMetrics::F64(data) => rows(data, |value| value),
                #[expect(clippy::cast_precision_loss, reason = "tests use small numbers")]
                AggregatedMetrics::I64(data) => rows(data, |value| value as f64),
                #[expect(clippy::cast_precision_loss, reason = "tests use small numbers")]
                AggregatedMetrics::U64(data) => rows(data, |value| value as f64),
            };
            for (instrument, attributes, value, buckets) in rows {
                points.push(Point {
                    scope: scope.scope().name().to_owned(),
                    version: scope.scope().version().unwrap_or_default().to_owned(),
                    schema_url: scope.scope().schema_url().unwrap_or_default().to_owned(),
                    metric: metric.name().to_owned(),
                    unit: metric.unit().to_owned(),
                    description: metric.description().to_owned(),
                    instrument,
                    attributes,
                    value,
                    buckets,
                });
            }
        }
    }
    points
}

/// The values of one metric, by its attributes written as `key=value,…`.
pub(super) fn values_of(metrics: &ResourceMetrics, metric: &str) -> BTreeMap<String, f64> {
    let of_metric = points(metrics).into_iter().filter(|point| point.metric == metric);
    of_metric
        .map(|point| {
            let attributes: Vec<_> =
                point.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
            (attributes.join(","), point.value)
        })
        .collect()
}

type Row = (InstrumentKind, BTreeMap<String, String>, f64, usize);

fn rows<T: Copy>(data: &MetricData<T>, number: impl Fn(T) -> f64) -> Vec<Row> {
    match data {
        MetricData::ExponentialHistogram(_) => Vec::new(),
        MetricData::Gauge(gauge) => gauge
            .data_points()
            .map(|point| {
                (
                    InstrumentKind::Gauge,
                    point.attributes().map(pair).collect(),
                    number(point.value()),
                    0,
                )
            })
            .collect(),
        MetricData::Histogram(histogram) => histogram
            .data_points()
            .map(|point| {
                let attributes = point.attributes().map(pair).collect();
                let buckets = point.bucket_counts().count();
                (InstrumentKind::Histogram, attributes, number(point.sum()), buckets)
            })
            .collect(),
        MetricData::Sum(sum) => {
            let instrument = if sum.is_monotonic() {
                InstrumentKind::Counter
            } else {
                InstrumentKind::UpDownCounter
            };
            sum.data_points()
                .map(|point| {
                    (instrument, point.attributes().map(pair).collect(), number(point.value()), 0)
                })
                .collect()
        }
    }
}

fn pair(attribute: &KeyValue) -> (String, String) {
    (attribute.key.to_string(), attribute.value.to_string())
}
