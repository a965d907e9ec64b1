//! What retries: each attempt is a request of its own.

use std::convert::Infallible;
use std::future::{Ready, ready};

use beacon::collector::AttributeValue;
use beacon::propagation::{HttpClientLayer, ResendCount, TracedBody};
use beacon::task::ContextExt as _;
use beacon::tracing::info_span;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use tower::retry::{Policy, RetryLayer};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::in_process::{answer, runtime, started};

/// Tries again for as long as the server is not available.
#[derive(Clone)]
struct WhileUnavailable {
    sent: u32,
}

type Answer = Result<Response<TracedBody<Full<Bytes>>>, Infallible>;

impl Policy<Request<Empty<Bytes>>, Response<TracedBody<Full<Bytes>>>, Infallible>
    for WhileUnavailable
{
    type Future = Ready<()>;

    fn retry(
        &mut self,
        request: &mut Request<Empty<Bytes>>,
        answer: &mut Answer,
    ) -> Option<Ready<()>> {
        self.sent = self.sent.saturating_add(1);
        request.extensions_mut().insert(ResendCount(self.sent));
        let is_unavailable = answer.as_ref().is_ok_and(|answer| answer.status() == 503);
        (is_unavailable && self.sent < 5).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<Empty<Bytes>>) -> Option<Request<Empty<Bytes>>> {
        Some(request.clone())
    }
}

#[test]
fn each_attempt_of_tower_has_a_span_of_its_own() {
    let test = started();
    let seen = std::sync::Mutex::new(Vec::new());
    let body = runtime().block_on(test.capture(async {
        let server = service_fn(|request: Request<Empty<Bytes>>| {
            let mut seen = seen.lock().expect("nobody panics");
            let parents = request.headers().get_all("traceparent").iter();
            let parents: Vec<_> = parents.filter_map(|it| it.to_str().ok()).collect();
            seen.push(parents.join(", "));
            ready(Ok::<_, Infallible>(answer(if seen.len() < 3 { 503 } else { 200 })))
        });
        let client = HttpClientLayer::new().layer(server);
        let client = RetryLayer::new(WhileUnavailable { sent: 0 }).layer(client);
        let request = Request::get("http://shop/").body(Empty::new()).expect("a request");
        let answer = client.oneshot(request).in_span(info_span!("order")).await;
        answer.expect("an answer").into_body().collect().await.expect("a body").to_bytes()
    }));
    assert_eq!(body, "answer");
    let traces = test.traces().expect("traces arrive");
    let mut spans: Vec<_> = traces.spans("GET").iter().map(|it| it.span().clone()).collect();
    spans.sort_by_key(|span| span.start_time_unix_nanos);
    let told: Vec<_> = spans
        .iter()
        .map(|span| {
            let value = |key| span.attribute(key).and_then(AttributeValue::as_i64);
            (value("http.request.resend_count"), value("http.response.status_code"))
        })
        .collect();
    assert_eq!(told, [(None, Some(503)), (Some(1), Some(503)), (Some(2), Some(200))]);
    // Each was sent with its own span, and with nothing of the attempts before it.
    let sent: Vec<_> =
        spans.iter().map(|span| format!("00-{}-{}-03", span.trace_id, span.span_id)).collect();
    assert_eq!(seen.into_inner().expect("nobody panics"), sent);
}
