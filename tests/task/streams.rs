//! Futures, streams and sinks, and what selects and limits them.

use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{self, Poll};
use std::time::Duration;

use beacon::opentelemetry::Context;
use beacon::task::{ContextExt as _, TaskContext};
use beacon::testing::TestTelemetry;
use beacon::tracing::info_span;
use bytes::Bytes;
use futures_util::{Sink, SinkExt as _, Stream as _, StreamExt as _, future, sink, stream};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full, StreamBody};
use tower_service::Service;

use crate::support::{
    IN_REQUEST, check, check_each_runtime, in_request, one_thread, work, workers,
};

/// What is received where [`work`] was done in the span `inner`.
const IN_INNER: &str = "
    trace-1
      request
        inner
          work {tenant=acme}
            - INFO done
    ";

#[test]
fn a_future_in_the_context_of_whoever_made_it() {
    let test = TestTelemetry::start().unwrap();
    let runtime = workers(1);
    let made = test.capture(in_request(async { async { work() }.with_current_context() }));
    let made = runtime.block_on(made);
    runtime.block_on(runtime.spawn(made)).unwrap();
    check(&test, IN_REQUEST);
}

#[test]
fn a_future_in_a_span() {
    check_each_runtime(IN_INNER, async || async { work() }.in_span(info_span!("inner")).await);
}

#[test]
fn a_future_in_a_context_of_the_opentelemetry_api() {
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(async {
        let context = in_request(async { Context::current() }).await;
        async { work() }.with_context(context).await;
    }));
    check(&test, IN_REQUEST);
}

#[test]
fn a_future_that_is_done_lets_go_of_its_span() {
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(async {
        let mut kept = pin!(async {}.in_span(info_span!("done")));
        kept.as_mut().await;
        check(&test, "trace-1\n  done");
        assert!(future::poll_immediate(kept).await.is_none(), "polled again it does nothing");
    }));
}

#[test]
fn a_future_is_dropped_in_its_span() {
    let test = TestTelemetry::start().unwrap();
    let _entered = test.enter();
    let on_drop = scopeguard(work);
    drop(async move { drop(on_drop) }.in_span(info_span!("inner")));
    check(
        &test,
        "
        trace-1
          inner
            work {tenant=nobody}
              - INFO done
    ",
    );
}

/// Calls the function when it is dropped.
fn scopeguard<F: FnMut()>(call: F) -> impl Drop {
    struct Guard<F: FnMut()>(F);
    impl<F: FnMut()> Drop for Guard<F> {
        fn drop(&mut self) {
            self.0();
        }
    }
    Guard(call)
}

#[test]
fn a_stream() {
    check_each_runtime(IN_INNER, async || {
        let numbers = stream::iter([1]).map(|number| {
            work();
            number
        });
        let in_span = numbers.in_span(info_span!("inner"));
        assert_eq!(in_span.size_hint(), (1, Some(1)));
        assert_eq!(in_span.collect::<Vec<_>>().await, [1]);
    });
}

#[test]
fn a_stream_elsewhere() {
    let test = TestTelemetry::start().unwrap();
    let runtime = workers(1);
    let made =
        runtime.block_on(test.capture(in_request(async {
            stream::iter([1]).map(|_| work()).with_current_context()
        })));
    runtime.block_on(runtime.spawn(made.collect::<()>())).unwrap();
    check(&test, IN_REQUEST);
}

#[test]
fn the_span_of_a_stream_ends_with_the_stream() {
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(async {
        let mut body = stream::iter([1, 2]).in_span(info_span!("body"));
        body.next().await;
        assert!(test.traces().unwrap().spans("body").is_empty(), "it is not over");
        drop(body);
    }));
    check(&test, "trace-1\n  body");
}

#[test]
fn a_sink() {
    check_each_runtime(IN_INNER, async || {
        let in_span = sink::unfold((), async |(), _: u8| {
            work();
            Ok::<_, ()>(())
        })
        .in_span(info_span!("inner"));
        let mut in_span = pin!(in_span);
        in_span.send(1).await.unwrap();
        in_span.close().await.unwrap();
    });
}

/// Works when it is given something, and at no other time.
struct AtOnce;

impl Sink<u8> for AtOnce {
    type Error = ();

    fn poll_ready(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, _: u8) -> Result<(), ()> {
        work();
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_sink_that_works_at_once() {
    check_each_runtime(IN_INNER, async || {
        AtOnce.in_span(info_span!("inner")).send(1).await.unwrap();
    });
}

#[test]
fn the_one_of_several_that_is_selected() {
    check_each_runtime(IN_REQUEST, async || {
        let context = TaskContext::current();
        tokio::select! {
            () = async { work() }.with_context(context) => {}
            () = pending().with_current_context() => {}
        }
    });
    check_each_runtime(IN_INNER, async || {
        tokio::select! {
            () = async { work() }.in_span(info_span!("inner")) => {}
            () = pending() => {}
        }
    });
}

#[test]
fn a_future_with_a_time_limit() {
    let limit = Duration::from_mins(1);
    check_each_runtime(IN_INNER, async || {
        let in_time = async { work() }.in_span(info_span!("inner"));
        tokio::time::timeout(limit, in_time).await.unwrap();
    });
    // One that is over: it is dropped in its span.
    check_each_runtime(IN_INNER, async || {
        let on_drop = scopeguard(work);
        let late = async move {
            let _on_drop = on_drop;
            pending::<()>().await;
        };
        let late = late.in_span(info_span!("inner"));
        tokio::time::timeout(Duration::from_millis(1), late).await.unwrap_err();
    });
}

#[test]
fn the_body_of_an_answer() {
    check_each_runtime(IN_INNER, async || {
        let frames = stream::iter([Ok::<_, ()>(Frame::data(Bytes::from("data")))]);
        let frames = frames.inspect(|_| work());
        let mut body = StreamBody::new(frames).in_span(info_span!("inner"));
        assert!(!body.is_end_stream());
        assert!(body.frame().await.unwrap().is_ok());
        assert!(body.frame().await.is_none());
        assert!(body.is_end_stream() && Body::size_hint(&body).exact() == Some(0));
    });
}

#[test]
fn the_span_of_a_body_ends_with_it() {
    let body = || Full::new(Bytes::from("data")).in_span(info_span!("body"));
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(async {
        let mut body = body();
        assert_eq!(body.size_hint().exact(), Some(4));
        assert!(body.frame().await.unwrap().is_ok());
        assert!(test.traces().unwrap().spans("body").is_empty(), "it is not over");
        assert!(body.frame().await.is_none());
        check(&test, "trace-1\n  body");
    }));
    let test = TestTelemetry::start().unwrap();
    test.with(|| drop(body()));
    check(&test, "trace-1\n  body");
}

/// Works for each request, and answers with what the request was.
#[derive(Clone)]
struct Echo;

impl Service<u8> for Echo {
    type Response = u8;
    type Error = ();
    type Future = Pin<Box<dyn Future<Output = Result<u8, ()>>>>;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), ()>> {
        work();
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u8) -> Self::Future {
        work();
        Box::pin(async move {
            work();
            Ok(request)
        })
    }
}

#[test]
fn a_service() {
    let test = TestTelemetry::start().unwrap();
    let runtime = one_thread();
    let made = test.capture(in_request(async { Echo.with_current_context() }));
    let mut service = runtime.block_on(made).clone();
    runtime.block_on(async {
        poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
        assert_eq!(service.call(7).await, Ok(7));
    });
    drop(service);
    let request = test.span("request").unwrap();
    let tenants: Vec<_> = request
        .children()
        .into_iter()
        .map(|work| work.attribute("tenant").unwrap().to_string())
        .collect();
    assert_eq!(tenants, ["acme", "acme", "acme"]);
}
