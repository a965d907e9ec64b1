//! Message types and carriers of one's own.

use std::collections::HashMap;

use beacon::opentelemetry::Context;
use beacon::opentelemetry::trace::TraceContextExt as _;
use beacon::task::{CarriesContext, MessageContext, TaskContext};
use beacon::testing::TestTelemetry;
use beacon::tracing::info_span;

use crate::support::{IN_REQUEST, check, request, work};

struct Job {
    context: MessageContext,
}

impl CarriesContext for Job {
    fn message_context(&self) -> &MessageContext {
        &self.context
    }
}

#[test]
fn a_message_type_of_ones_own() {
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        let job = request(|| Job { context: MessageContext::current() });
        job.child_span(|| info_span!("job")).in_scope(work);
    });
    check(
        &test,
        "
        trace-1
          request
            job
              work {tenant=acme}
                - INFO done
    ",
    );
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        let job = request(|| Job { context: MessageContext::current() });
        job.linked_span(|| info_span!("job")).in_scope(work);
    });
    let (request, job) = (test.span("request").unwrap(), test.span("job").unwrap());
    assert_eq!(job.span().links[0].span_id, request.span().span_id);
    assert_eq!(job.child("work").unwrap().attribute("tenant").unwrap(), "acme");
}

#[test]
fn work_directly_in_the_context_of_a_message() {
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        let context = request(MessageContext::current);
        TaskContext::from(context).run(work);
    });
    check(&test, IN_REQUEST);
}

#[test]
fn a_message_of_nobody_begins_a_trace() {
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        let message = MessageContext::default();
        request(|| message.child_span(|| info_span!("job")).in_scope(|| {}));
        assert!(!message.span_context().is_valid());
        message.linked_span(|| info_span!("linked")).in_scope(|| {});
    });
    assert_eq!(test.span("job").unwrap().span().parent_span_id, "");
    assert!(test.span("linked").unwrap().span().links.is_empty());
}

#[test]
fn a_map_without_anything_useful_is_nobody() {
    let noise = HashMap::from([("traceparent", "00-zz"), ("", "\0")]);
    let context = MessageContext::from_map(noise);
    assert!(!context.span_context().is_valid());
    assert!(!Context::clone(context.otel()).has_active_span());
}
