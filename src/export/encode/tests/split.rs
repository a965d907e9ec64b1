use std::sync::Arc;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;
use prost::Message as _;

use crate::export::encode::split::MetricEntry;
use crate::export::encode::split_metrics;

proptest! {
    #[test]
    fn entries_put_together_are_the_metrics_of_the_request(
        metrics in proptest::collection::vec((0..5_usize, 0..40_u64), 0..6),
        entry_bytes_max in prop_oneof![0..400_usize, Just(usize::MAX)],
    ) {
        let metrics: Vec<_> = metrics
            .into_iter()
            .enumerate()
            .map(|(index, (kind, count))| metric(&format!("metric.{index}"), kind, count))
            .collect();
        let request = request(vec![scope_metrics("scope", metrics.clone())]);

        let mut joined: Vec<Metric> = Vec::new();
        for entry in split_metrics(&request, entry_bytes_max) {
            let part = decode(&entry);
            let message = ScopeMetrics { metrics: vec![part.clone()], ..ScopeMetrics::default() };
            prop_assert_eq!(entry.bytes.len(), message.encoded_len(), "not the shortest form");
            prop_assert_eq!(entry.data_points as usize, point_count(&part));
            prop_assert!(entry.data_points <= 1 || entry.bytes.len() <= entry_bytes_max);
            match joined.last_mut() {
                Some(last) if last.name == part.name => join(last, part),
                _ => joined.push(part),
            }
        }
        prop_assert_eq!(joined, metrics);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        split_metrics(&bytes, 10);
    }

    #[test]
    fn no_damage_makes_it_panic(cut in 0..400_usize, place in 0..400_usize, byte in any::<u8>()) {
        let metrics = vec![metric("a", 0, 3), metric("b", 2, 3)];
        let mut bytes = request(vec![scope_metrics("scope", metrics)]);
        bytes.truncate(cut);
        bytes.iter_mut().skip(place).take(1).for_each(|slot| *slot = byte);
        split_metrics(&bytes, 30);
    }
}

#[test]
fn a_metric_is_cut_as_late_as_the_bound_allows() {
    let request = request(vec![scope_metrics("scope", vec![metric("m", 0, 6)])]);
    let [whole] = split_metrics(&request, usize::MAX).try_into().unwrap();
    let three = ScopeMetrics { metrics: vec![metric("m", 0, 3)], ..ScopeMetrics::default() };
    let counts = |max| -> Vec<u32> {
        split_metrics(&request, max).iter().map(|entry| entry.data_points).collect()
    };
    assert_eq!(counts(whole.bytes.len()), [6]);
    assert_eq!(counts(whole.bytes.len() - 1), [5, 1]);
    assert_eq!(counts(three.encoded_len()), [3, 3]);
    assert_eq!(counts(three.encoded_len() - 1), [2, 2, 2]);
    assert_eq!(counts(0), [1; 6]);
}

#[test]
fn equal_scopes_share_their_bytes_and_others_do_not() {
    let request = request(vec![
        scope_metrics("a", vec![metric("m", 0, 2)]),
        scope_metrics("b", vec![metric("n", 1, 2)]),
        scope_metrics("a", vec![metric("o", 2, 2)]),
    ]);
    let [first, second, third] = split_metrics(&request, usize::MAX).try_into().unwrap();
    assert!(Arc::ptr_eq(&first.scope, &third.scope));
    assert!(!Arc::ptr_eq(&first.scope, &second.scope));

    let mut expected = scope_metrics("b", Vec::new());
    expected.metrics = Vec::new();
    assert_eq!(ScopeMetrics::decode(&*second.scope.fields).unwrap(), expected);
}

#[test]
fn a_metric_without_data_is_passed_on_and_counts_nothing() {
    let empty = Metric { name: "empty".into(), ..Metric::default() };
    let request = request(vec![scope_metrics("scope", vec![empty.clone()])]);
    let [entry] = split_metrics(&request, 0).try_into().unwrap();
    assert_eq!((decode(&entry), entry.data_points), (empty, 0));
}

fn request(scope_metrics: Vec<ScopeMetrics>) -> Vec<u8> {
    let resource = Some(Resource { attributes: vec![attribute()], ..Resource::default() });
    let resource_metrics =
        vec![ResourceMetrics { resource, scope_metrics, schema_url: "resource url".into() }];
    ExportMetricsServiceRequest { resource_metrics }.encode_to_vec()
}

fn scope_metrics(name: &str, metrics: Vec<Metric>) -> ScopeMetrics {
    let scope = InstrumentationScope { name: name.into(), ..InstrumentationScope::default() };
    ScopeMetrics { scope: Some(scope), metrics, schema_url: "scope url".into() }
}

fn metric(name: &str, kind: usize, count: u64) -> Metric {
    Metric {
        name: name.into(),
        description: "what it is".into(),
        unit: "By".into(),
        metadata: vec![attribute()],
        data: Some(data(kind, count)),
    }
}

fn data(kind: usize, count: u64) -> Data {
    let numbers = || (1..=count).map(|count| NumberDataPoint { time_unix_nano: count, ..number() });
    match kind {
        0 => Data::Gauge(Gauge { data_points: numbers().collect() }),
        1 => Data::Sum(Sum {
            data_points: numbers().collect(),
            aggregation_temporality: 2,
            is_monotonic: true,
        }),
        2 => Data::Histogram(Histogram {
            data_points: (1..=count)
                .map(|count| HistogramDataPoint { count, ..HistogramDataPoint::default() })
                .collect(),
            aggregation_temporality: 1,
        }),
        3 => Data::ExponentialHistogram(ExponentialHistogram {
            data_points: (1..=count)
                .map(|count| ExponentialHistogramDataPoint { count, ..Default::default() })
                .collect(),
            aggregation_temporality: 2,
        }),
        _ => Data::Summary(Summary {
            data_points: (1..=count)
                .map(|count| SummaryDataPoint { count, ..SummaryDataPoint::default() })
                .collect(),
        }),
    }
}

fn number() -> NumberDataPoint {
    NumberDataPoint { attributes: vec![attribute()], ..NumberDataPoint::default() }
}

fn attribute() -> KeyValue {
    KeyValue { key: "key".into(), ..KeyValue::default() }
}

fn decode(entry: &MetricEntry) -> Metric {
    let [metric] = ScopeMetrics::decode(&*entry.bytes).unwrap().metrics.try_into().unwrap();
    metric
}

fn point_count(metric: &Metric) -> usize {
    match metric.data.as_ref().unwrap() {
        Data::Gauge(data) => data.data_points.len(),
        Data::Sum(data) => data.data_points.len(),
        Data::Histogram(data) => data.data_points.len(),
        Data::ExponentialHistogram(data) => data.data_points.len(),
        Data::Summary(data) => data.data_points.len(),
    }
}

/// Appends the data points of `part`; all else has to be equal.
fn join(last: &mut Metric, mut part: Metric) {
    match (last.data.as_mut().unwrap(), part.data.as_mut().unwrap()) {
        (Data::Gauge(a), Data::Gauge(b)) => {
            b.data_points.splice(0..0, a.data_points.drain(..));
        }
        (Data::Sum(a), Data::Sum(b)) => {
            b.data_points.splice(0..0, a.data_points.drain(..));
        }
        (Data::Histogram(a), Data::Histogram(b)) => {
            b.data_points.splice(0..0, a.data_points.drain(..));
        }
        (Data::ExponentialHistogram(a), Data::ExponentialHistogram(b)) => {
            b.data_points.splice(0..0, a.data_points.drain(..));
        }
        (Data::Summary(a), Data::Summary(b)) => {
            b.data_points.splice(0..0, a.data_points.drain(..));
        }
        _ => panic!("the kind of data changed"),
    }
    *last = part;
}
