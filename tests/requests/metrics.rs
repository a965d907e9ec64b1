//! What is measured of requests.

use std::convert::Infallible;

use beacon::collector::ReceivedMetricValue;
use beacon::propagation::{GrpcServerLayer, HttpClientLayer, HttpServerLayer};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::in_process::{answer, runtime, started};

#[test]
fn metrics_have_few_labels() {
    let test = started();
    let layer = HttpServerLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        for path in ["/a", "/b"] {
            let handler = service_fn(async |_| Ok::<_, Infallible>(answer(500)));
            let request = Request::get(path).body(Empty::<Bytes>::new()).expect("a request");
            let answer = layer.layer(handler).oneshot(request).await.expect("an answer");
            answer.into_body().collect().await.expect("a body");
        }
    }));
    let duration = test.metric("http.server.request.duration").expect("a metric");
    let expected = [
        ("http.request.method", "GET"),
        ("url.scheme", "http"),
        ("network.protocol.version", "1.1"),
        ("error.type", "500"),
    ];
    let point = duration.point(&expected).expect("one series");
    assert_eq!(point.attributes.len(), expected.len() + 1, "{:?}", point.attributes);
    let active = test.metric("http.server.active_requests").expect("a metric");
    let active = active.value(&[("http.request.method", "GET"), ("url.scheme", "http")]);
    assert_eq!(active.expect("one series"), &ReceivedMetricValue::Int(0));
}

#[test]
fn sizes_of_bodies_are_measured_on_request() {
    let test = started();
    let meter = test.meter("test");
    let server = HttpServerLayer::new().meter(&meter).body_sizes();
    let client = HttpClientLayer::new().meter(&meter).body_sizes();
    runtime().block_on(test.capture(async {
        let handler = service_fn(async |_| Ok::<_, Infallible>(answer(200)));
        let service = client.layer(server.layer(handler));
        let request = Request::post("http://shop/").body(Full::<Bytes>::from("question"));
        let answer = service.oneshot(request.expect("a request")).await.expect("an answer");
        answer.into_body().collect().await.expect("a body");
    }));
    for (metric, bytes) in [
        ("http.server.request.body.size", 8.0),
        ("http.server.response.body.size", 6.0),
        ("http.client.request.body.size", 8.0),
        ("http.client.response.body.size", 6.0),
    ] {
        let found = test.metric(metric).expect("a metric");
        let point = found.point(&[("http.request.method", "POST")]).expect("one series");
        let ReceivedMetricValue::Histogram(sizes) = &point.value else {
            panic!("{metric} is {point:?}");
        };
        assert_eq!((sizes.count, sizes.sum), (1, Some(bytes)), "{metric}");
    }
}

#[test]
fn nobody_makes_series_by_calling_methods_that_do_not_exist() {
    let test = started();
    let layer = GrpcServerLayer::new().meter(&test.meter("test"));
    runtime().block_on(test.capture(async {
        for path in ["/shop.Orders/Made", "/shop.Orders/Up"] {
            let handler = service_fn(async |_| {
                Response::builder().header("grpc-status", "12").body(Empty::<Bytes>::new())
            });
            let request = Request::post(path).body(Empty::<Bytes>::new()).expect("a request");
            drop(layer.layer(handler).oneshot(request).await);
        }
    }));
    let duration = test.metric("rpc.server.call.duration").expect("a metric");
    assert_eq!(duration.points().len(), 1, "{duration:?}");
    duration.point(&[("rpc.method", "_OTHER")]).expect("the only one");
}
