use super::client::{Outgoing, PROTOBUF, span_bytes};
use super::{names, post_spans};
use crate::Signal;
use crate::collector::count::count_items;
use crate::collector::decode::decode;
use crate::collector::{AttributeValue, Collector};
use crate::export::encode::json::from_json;

#[test]
fn the_oldest_items_make_room() {
    let collector = Collector::builder().items_max(3).start().unwrap();
    post_spans(&collector, &["a", "b"]);
    post_spans(&collector, &["c", "d"]);
    assert_eq!(names(&collector), ["b", "c", "d"]);
    let totals = collector.totals();
    assert_eq!((totals.spans(), totals.evicted_items), (4, 1));
}

#[test]
fn bytes_bound_the_store_but_the_newest_is_kept() {
    let one = post_size("a");
    let collector = Collector::builder().encoded_bytes_max(2 * one).start().unwrap();
    post_spans(&collector, &["a", "b"]);
    assert_eq!(names(&collector), ["a", "b"]);
    post_spans(&collector, &["c"]);
    assert_eq!(names(&collector), ["b", "c"]);
    let long = "long".repeat(1_000);
    post_spans(&collector, &[&long]);
    assert_eq!(names(&collector), [long]);
}

/// The encoded length of one span, which is what the store counts.
fn post_size(name: &str) -> usize {
    let decoded = decode(Signal::Traces, &span_bytes(&[name])).unwrap();
    decoded.spans[0].encoded_bytes
}

#[test]
fn spans_that_come_twice_are_duplicates() {
    let collector = Collector::builder().items_max(2).start().unwrap();
    // Both requests number their spans from 1.
    post_spans(&collector, &["a", "b"]);
    post_spans(&collector, &["a"]);
    assert_eq!(collector.totals().traces.duplicates, 1);
    assert_eq!(names(&collector), ["b", "a"]);
    // The first `a` was evicted, the second is still there.
    post_spans(&collector, &["a"]);
    assert_eq!(collector.totals().traces.duplicates, 2);
    assert_eq!(collector.totals().spans(), 4);
}

#[test]
fn a_span_that_was_evicted_is_forgotten() {
    let collector = Collector::builder().items_max(1).start().unwrap();
    post_spans(&collector, &["first", "second"]);
    post_spans(&collector, &["first"]);
    assert_eq!(collector.totals().traces.duplicates, 0);
    assert_eq!(names(&collector), ["first"]);
}

#[test]
fn attempts_are_bounded_and_late_answers_find_theirs() {
    let collector = Collector::builder().attempts_max(2).start().unwrap();
    for path in ["/1", "/2", "/3"] {
        Outgoing::http(path, PROTOBUF, "").send(&collector).unwrap();
    }
    let attempts = collector.attempts();
    assert_eq!(attempts.iter().map(|attempt| &*attempt.path).collect::<Vec<_>>(), ["/2", "/3"]);
    let pending = super::AttemptAnswer::Pending;
    assert!(attempts.iter().all(|attempt| attempt.answer != pending));
}

#[test]
fn clearing_forgets_everything_and_goes_on() {
    let collector = Collector::start().unwrap();
    post_spans(&collector, &["a"]);
    collector.clear();
    assert!(collector.spans().is_empty() && collector.attempts().is_empty());
    assert_eq!(collector.totals(), crate::collector::Totals::default());
    post_spans(&collector, &["b"]);
    assert_eq!(names(&collector), ["b"]);
    assert_eq!(collector.totals().traces.duplicates, 0);
}

#[test]
fn equal_resources_are_listed_once() {
    let collector = Collector::start().unwrap();
    post_spans(&collector, &["a"]);
    post_spans(&collector, &["b"]);
    assert_eq!(collector.resources().len(), 1);
}

#[test]
fn every_kind_of_metric_is_decoded_and_counted() {
    let json = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"g","gauge":{"dataPoints":[{"asInt":"1"},{"flags":1}]}},
        {"name":"s","sum":{"aggregationTemporality":1,"isMonotonic":true,
            "dataPoints":[{"asDouble":0.5}]}},
        {"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[
            {"count":"3","bucketCounts":["1","2"],"explicitBounds":[5],"exemplars":[{}]}]}},
        {"name":"e","exponentialHistogram":{"dataPoints":[
            {"count":4,"scale":2,"zeroCount":1,"positive":{"offset":-1,"bucketCounts":[1,2]}}]}},
        {"name":"q","summary":{"dataPoints":[
            {"count":9,"sum":90,"quantileValues":[{"quantile":0.5,"value":10}]}]}},
        {"name":"none"}]}]}]}"#;
    let request = from_json(Signal::Metrics, json.as_bytes()).unwrap();
    assert_eq!(count_items(Signal::Metrics, &request).unwrap(), 6);
    let points = decode(Signal::Metrics, &request).unwrap().points;
    let points: Vec<_> = points.into_iter().map(|point| point.item).collect();
    let json: Vec<_> = points
        .iter()
        .map(|point| {
            let value = serde_json::to_string(&point.value).unwrap();
            let kind = serde_json::to_string(&(point.kind, point.temporality)).unwrap();
            format!("{} {kind} {value}", point.metric).replace('"', "")
        })
        .collect();
    let explicit = "scale:null,offset:0,zero_count:0,negative_bucket_counts:[],negative_offset:0";
    assert_eq!(
        json,
        [
            "g [gauge,unspecified] {int:1}".to_owned(),
            "g [gauge,unspecified] empty".to_owned(),
            "s [sum,delta] {double:0.5}".to_owned(),
            format!(
                "h [histogram,cumulative] {{histogram:{{count:3,sum:null,min:null,max:null,\
                 explicit_bounds:[5.0],bucket_counts:[1,2],{explicit}}}}}"
            ),
            "e [exponential_histogram,unspecified] {histogram:{count:4,sum:null,min:null,max:null,\
             explicit_bounds:[],bucket_counts:[1,2],scale:2,offset:-1,zero_count:1,\
             negative_bucket_counts:[],negative_offset:0}}"
                .to_owned(),
            "q [summary,unspecified] {summary:{count:9,sum:90.0,quantiles:[[0.5,10.0]]}}"
                .to_owned(),
        ]
    );
    assert!(points[2].is_monotonic);
    assert_eq!(points[3].exemplars_len, 1);
}

#[test]
fn values_compare_print_and_serialize_as_what_they_are() {
    let check = |value: AttributeValue, text: &str, json: &str| {
        assert_eq!(value.to_string(), text);
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
    };
    let string = AttributeValue::from("a\"b");
    assert_eq!(string, "a\"b");
    assert_eq!(AttributeValue::Int(5), 5);
    assert_eq!(AttributeValue::Bool(true), true);
    assert_eq!(AttributeValue::Double(0.5), 0.5);
    assert_ne!(AttributeValue::Int(1), 1.0);
    check(string.clone(), "a\"b", r#""a\"b""#);
    check(AttributeValue::Double(f64::NAN), "NaN", r#""NaN""#);
    check(AttributeValue::Double(1.0), "1", "1.0");
    check(AttributeValue::Bytes(vec![0xAB, 1]), "ab01", r#""ab01""#);
    check(AttributeValue::Empty, "", "null");
    let list = AttributeValue::Array(vec![AttributeValue::Int(1), string]);
    check(list.clone(), "[1, a\"b]", r#"[1,"a\"b"]"#);
    let map = vec![("k".to_owned(), list), ("t".to_owned(), AttributeValue::Bool(true))];
    check(AttributeValue::Map(map), "{k: [1, a\"b], t: true}", r#"{"k":[1,"a\"b"],"t":true}"#);
}
