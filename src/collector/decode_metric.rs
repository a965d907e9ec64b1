//! From OTLP metrics to received data points.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint, SummaryDataPoint,
    number_data_point,
};
use prost::Message;

use super::decode::{DecodedRequest, Encoded, Origin, attributes, scope};
use super::received_metric::{
    ReceivedHistogram, ReceivedMetricKind, ReceivedMetricPoint, ReceivedMetricValue,
    ReceivedTemporality,
};

pub(super) fn decode_metrics(request: ExportMetricsServiceRequest) -> DecodedRequest {
    let mut decoded = DecodedRequest::default();
    for group in request.resource_metrics {
        let resource = decoded.resource(group.resource, group.schema_url);
        for group in group.scope_metrics {
            let scope = scope(group.scope, group.schema_url);
            let origin = Origin { resource: Arc::clone(&resource), scope };
            for metric in group.metrics {
                decode_metric(metric, &origin, &mut decoded.points);
            }
        }
    }
    decoded
}

fn decode_metric(metric: Metric, origin: &Origin, out: &mut Vec<Encoded<ReceivedMetricPoint>>) {
    let Metric { name, description, unit, data, .. } = metric;
    let template = |kind, temporality, is_monotonic| ReceivedMetricPoint {
        metric: name.clone(),
        description: description.clone(),
        unit: unit.clone(),
        kind,
        temporality,
        is_monotonic,
        attributes: Vec::new(),
        start_time_unix_nanos: 0,
        time_unix_nanos: 0,
        value: ReceivedMetricValue::Empty,
        exemplars_len: 0,
        flags: 0,
        scope: Arc::clone(&origin.scope),
        resource: Arc::clone(&origin.resource),
    };
    let plain = |kind| template(kind, ReceivedTemporality::Unspecified, false);
    match data {
        None => {}
        Some(Data::ExponentialHistogram(histogram)) => {
            let temporality = temporality(histogram.aggregation_temporality);
            let template = template(ReceivedMetricKind::ExponentialHistogram, temporality, false);
            out.extend(histogram.data_points.into_iter().map(|p| exponential(p, &template)));
        }
        Some(Data::Gauge(gauge)) => {
            let template = plain(ReceivedMetricKind::Gauge);
            out.extend(gauge.data_points.into_iter().map(|point| number(point, &template)));
        }
        Some(Data::Histogram(histogram)) => {
            let temporality = temporality(histogram.aggregation_temporality);
            let template = template(ReceivedMetricKind::Histogram, temporality, false);
            out.extend(histogram.data_points.into_iter().map(|p| explicit(p, &template)));
        }
        Some(Data::Sum(sum)) => {
            let temporality = temporality(sum.aggregation_temporality);
            let template = template(ReceivedMetricKind::Sum, temporality, sum.is_monotonic);
            out.extend(sum.data_points.into_iter().map(|point| number(point, &template)));
        }
        Some(Data::Summary(summary)) => {
            let template = plain(ReceivedMetricKind::Summary);
            out.extend(summary.data_points.into_iter().map(|p| summary_point(p, &template)));
        }
    }
}

/// A received point, from what all kinds of points name alike and the value of this kind.
macro_rules! received {
    ($point:ident, $template:expr, $exemplars_len:expr, $value:expr) => {{
        let encoded_bytes = $point.encoded_len();
        let item = ReceivedMetricPoint {
            value: $value,
            exemplars_len: $exemplars_len,
            attributes: attributes($point.attributes),
            start_time_unix_nanos: $point.start_time_unix_nano,
            time_unix_nanos: $point.time_unix_nano,
            flags: $point.flags,
            ..$template.clone()
        };
        Encoded { encoded_bytes, item }
    }};
}

fn number(point: NumberDataPoint, template: &ReceivedMetricPoint) -> Encoded<ReceivedMetricPoint> {
    let value = match point.value {
        None => ReceivedMetricValue::Empty,
        Some(number_data_point::Value::AsDouble(value)) => ReceivedMetricValue::Double(value),
        Some(number_data_point::Value::AsInt(value)) => ReceivedMetricValue::Int(value),
    };
    received!(point, template, point.exemplars.len(), value)
}

fn explicit(
    point: HistogramDataPoint,
    template: &ReceivedMetricPoint,
) -> Encoded<ReceivedMetricPoint> {
    received!(
        point,
        template,
        point.exemplars.len(),
        ReceivedMetricValue::Histogram(ReceivedHistogram {
            count: point.count,
            sum: point.sum,
            min: point.min,
            max: point.max,
            explicit_bounds: point.explicit_bounds,
            bucket_counts: point.bucket_counts,
            ..ReceivedHistogram::default()
        })
    )
}

fn exponential(
    point: ExponentialHistogramDataPoint,
    template: &ReceivedMetricPoint,
) -> Encoded<ReceivedMetricPoint> {
    received!(point, template, point.exemplars.len(), {
        let positive = point.positive.unwrap_or_default();
        let negative = point.negative.unwrap_or_default();
        ReceivedMetricValue::Histogram(ReceivedHistogram {
            count: point.count,
            sum: point.sum,
            min: point.min,
            max: point.max,
            explicit_bounds: Vec::new(),
            bucket_counts: positive.bucket_counts,
            scale: Some(point.scale),
            offset: positive.offset,
            zero_count: point.zero_count,
            negative_bucket_counts: negative.bucket_counts,
            negative_offset: negative.offset,
        })
    })
}

fn summary_point(
    point: SummaryDataPoint,
    template: &ReceivedMetricPoint,
) -> Encoded<ReceivedMetricPoint> {
    let quantiles = point.quantile_values.iter().map(|pair| (pair.quantile, pair.value)).collect();
    let value = ReceivedMetricValue::Summary { count: point.count, sum: point.sum, quantiles };
    // Summaries have no exemplars.
    received!(point, template, 0, value)
}

/// Source: <https://github.com/open-telemetry/opentelemetry-proto/blob/v1.11.0/opentelemetry/proto/metrics/v1/metrics.proto>
const fn temporality(number: i32) -> ReceivedTemporality {
    match number {
        1 => ReceivedTemporality::Delta,
        2 => ReceivedTemporality::Cumulative,
        _ => ReceivedTemporality::Unspecified,
    }
}
