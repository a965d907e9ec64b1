//! Metrics as lines: one data point a line.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint};

use crate::export::wire::console::line::Line;

pub(super) fn push_metric(lines: &mut String, metric: &Metric) {
    match &metric.data {
        None => {}
        Some(Data::ExponentialHistogram(histogram)) => {
            for point in &histogram.data_points {
                let bounds = [("sum", point.sum), ("min", point.min), ("max", point.max)];
                push_summary(lines, metric, point.count, bounds, &point.attributes);
            }
        }
        Some(Data::Gauge(gauge)) => push_numbers(lines, metric, &gauge.data_points),
        Some(Data::Histogram(histogram)) => {
            for point in &histogram.data_points {
                let bounds = [("sum", point.sum), ("min", point.min), ("max", point.max)];
                push_summary(lines, metric, point.count, bounds, &point.attributes);
            }
        }
        Some(Data::Sum(sum)) => push_numbers(lines, metric, &sum.data_points),
        Some(Data::Summary(summary)) => {
            for point in &summary.data_points {
                let bounds = [("sum", Some(point.sum)), ("min", None), ("max", None)];
                push_summary(lines, metric, point.count, bounds, &point.attributes);
            }
        }
    }
}

fn push_numbers(lines: &mut String, metric: &Metric, points: &[NumberDataPoint]) {
    for point in points {
        let mut line = start(lines, metric);
        match point.value {
            None => {}
            Some(Value::AsDouble(value)) => line.plain("value", value),
            Some(Value::AsInt(value)) => line.plain("value", value),
        }
        line.attributes(&point.attributes);
        line.end();
    }
}

fn push_summary(
    lines: &mut String,
    metric: &Metric,
    count: u64,
    bounds: [(&str, Option<f64>); 3],
    attributes: &[KeyValue],
) {
    let mut line = start(lines, metric);
    line.plain("count", count);
    for (key, value) in bounds {
        if let Some(value) = value {
            line.plain(key, value);
        }
    }
    line.attributes(attributes);
    line.end();
}

fn start<'a>(lines: &'a mut String, metric: &Metric) -> Line<'a> {
    let mut line = Line::start(lines, "metric");
    line.text("name", &metric.name);
    if !metric.unit.is_empty() {
        line.text("unit", &metric.unit);
    }
    line
}
