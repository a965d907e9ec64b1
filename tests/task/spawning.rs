//! Tasks of Tokio.

use std::cell::RefCell;
use std::future::pending;
use std::pin::Pin;
use std::sync::mpsc::Sender;

use beacon::opentelemetry::trace::{
    Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use beacon::opentelemetry::{Context, KeyValue};
use beacon::task::{self, ContextExt as _, TaskContext, channel};
use beacon::testing::TestTelemetry;
use beacon::tracing::{info, info_span};
use tokio::sync::oneshot;

use crate::support::{
    IN_REQUEST, check, check_each_runtime, check_local, check_on, in_request, one_thread, tenant,
    work, workers,
};

#[test]
fn a_spawned_task() {
    check_each_runtime(IN_REQUEST, async || {
        task::spawn(async {
            tokio::task::yield_now().await;
            work();
        })
        .await
        .unwrap();
    });
}

#[test]
fn a_task_spawned_by_a_task() {
    check_each_runtime(IN_REQUEST, async || {
        task::spawn(async { task::spawn(async { work() }).await.unwrap() }).await.unwrap();
    });
}

#[test]
fn a_task_on_another_runtime() {
    let other = workers(1);
    check_each_runtime(IN_REQUEST, async || {
        task::spawn_on(other.handle(), async { work() }).await.unwrap();
    });
}

#[test]
fn a_blocking_function() {
    check_each_runtime(IN_REQUEST, async || task::spawn_blocking(work).await.unwrap());
}

#[test]
fn a_blocking_function_on_another_runtime() {
    let other = workers(1);
    check_each_runtime(IN_REQUEST, async || {
        task::spawn_blocking_on(other.handle(), work).await.unwrap();
    });
}

#[test]
fn a_local_task() {
    check_local(|| task::spawn_local(async { work() }));
}

#[test]
fn a_linked_task_has_a_trace_of_its_own() {
    for runtime in [one_thread(), workers(2)] {
        let test = TestTelemetry::start().unwrap();
        runtime.block_on(test.capture(in_request(async {
            let span = info_span!(parent: None, "reindex");
            task::spawn_linked(span, async { work() }).await.unwrap();
        })));
        check_linked(&test, "reindex");
    }
}

#[test]
fn a_linked_task_whose_span_was_made_as_a_child_has_a_trace_of_its_own() {
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(in_request(async {
        task::spawn_linked(info_span!("reindex"), async { work() }).await.unwrap();
    })));
    check_linked(&test, "reindex");
}

#[test]
fn a_linked_task_does_not_keep_the_request_open() {
    let test = TestTelemetry::start().unwrap();
    let runtime = one_thread();
    runtime.block_on(test.capture(async {
        let (end, ended) = oneshot::channel::<()>();
        let task = in_request(async {
            let span = info_span!(parent: None, "reindex");
            task::spawn_linked(span, async { ended.await.unwrap_or_default() })
        })
        .await;
        check(&test, "trace-1\n  request");
        drop(end);
        task.await.unwrap();
    }));
}

const IN_REQUEST_OF_NOBODY: &str = "
    trace-1
      request
        work {tenant=nobody}
          - INFO done
    ";

/// The span is the root of a trace, with a link to the request, and its work has the baggage.
#[track_caller]
fn check_linked(test: &TestTelemetry, name: &str) {
    let (request, linked) = (test.span("request").unwrap(), test.span(name).unwrap());
    assert_ne!(linked.span().trace_id, request.span().trace_id);
    assert_eq!(linked.span().parent_span_id, "");
    let links: Vec<_> = linked.span().links.iter().map(|link| &link.span_id).collect();
    assert_eq!(links, [&request.span().span_id]);
    assert_eq!(linked.child("work").unwrap().attribute("tenant").unwrap(), "acme");
    assert!(request.children().is_empty());
}

#[test]
fn named_tasks() {
    let name = task::named("named_tasks");
    check_each_runtime(IN_REQUEST, async || name.spawn(async { work() }).await.unwrap());
    check_each_runtime(IN_REQUEST, async || name.spawn_blocking(work).await.unwrap());
    check_local(|| name.spawn_local(async { work() }));
    let other = workers(1);
    check_each_runtime(IN_REQUEST, async || {
        name.spawn_on(other.handle(), async { work() }).await.unwrap();
    });
    let test = TestTelemetry::start().unwrap();
    one_thread().block_on(test.capture(in_request(async {
        let span = info_span!(parent: None, "reindex");
        name.spawn_linked(span, async { work() }).await.unwrap();
    })));
    check_linked(&test, "reindex");
}

#[test]
fn a_cancelled_task_is_dropped_where_it_belongs() {
    check_each_runtime(IN_REQUEST, async || {
        let (begun, begins) = oneshot::channel();
        let task = task::spawn(async {
            let _on_drop = WorkOnDrop;
            begun.send(()).unwrap();
            pending::<()>().await;
        });
        begins.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_task_that_never_ran_is_dropped_where_it_belongs() {
    let test = TestTelemetry::start().unwrap();
    let runtime = one_thread();
    let on_drop = WorkOnDrop;
    runtime.block_on(test.capture(in_request(async {
        drop(task::spawn(async move { drop(on_drop) }));
    })));
    drop(runtime);
    check(&test, IN_REQUEST);
}

#[test]
fn a_panic_is_dropped_where_it_belongs_and_reported_as_by_tokio() {
    check_each_runtime(IN_REQUEST, async || {
        let task = task::spawn(async {
            let _on_drop = WorkOnDrop;
            std::panic::resume_unwind(Box::new("as planned"));
        });
        let panic = task.await.unwrap_err().into_panic();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"as planned"));
    });
}

/// Works when it is dropped.
struct WorkOnDrop;

impl Drop for WorkOnDrop {
    fn drop(&mut self) {
        work();
    }
}

#[test]
fn a_span_of_the_opentelemetry_api() {
    let test = TestTelemetry::start().unwrap();
    let tracer = test.telemetry().tracer_provider().tracer("test");
    workers(1).block_on(test.capture(in_request(async {
        let mut span = tracer.start("inner");
        span.set_attribute(KeyValue::new("by", "api"));
        let context = Context::current_with_span(span);
        let task = {
            let _attached = context.attach();
            task::spawn(async { work() })
        };
        task.await.unwrap();
    })));
    check(
        &test,
        "
        trace-1
          request
            inner {by=api}
              work {tenant=acme}
                - INFO done
    ",
    );
}

#[test]
fn nothing_is_left_behind_on_the_thread() {
    check_on(one_thread(), IN_REQUEST, &async || {
        task::spawn(async { work() }).await.unwrap();
        // Spawned by hand: it belongs to nobody, also after a task that does.
        tokio::spawn(async {
            assert_eq!(tenant(), "nobody");
            assert!(!Context::map_current(Context::has_active_span));
        })
        .await
        .unwrap();
    });
}

#[test]
fn a_task_without_a_span_does_not_see_the_one_around_it() {
    let test = TestTelemetry::start().unwrap();
    let runtime = one_thread();
    let _entered = test.enter();
    let task = {
        let _in_runtime = runtime.enter();
        task::spawn(async { info!("alone") })
    };
    runtime.block_on(in_request(async { task.await.unwrap() }));
    assert_eq!(test.log("alone").unwrap().span_id, "");
}

#[test]
fn a_task_that_ends_with_its_thread_ends_quietly() {
    thread_local! {
        static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
    }
    struct Kept {
        _future: Pin<Box<dyn Future<Output = ()>>>,
        told: Sender<()>,
    }
    impl Drop for Kept {
        fn drop(&mut self) {
            // A destructor that spawns, and sends, without a context to do it in.
            let (sender, receiver) = channel::unbounded();
            TaskContext::current().run(|| sender.send(1).unwrap());
            drop(receiver);
            self.told.send(()).unwrap();
        }
    }
    let test = TestTelemetry::start().unwrap();
    let (told, is_told) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // First of all, so it is destroyed last of all.
            KEPT.with(|_| ());
            test.with(|| {
                let _in_request = info_span!("request").entered();
                work();
                let future = Box::pin(pending().with_current_context());
                KEPT.set(Some(Kept { _future: future, told }));
            });
        });
    });
    is_told.recv().unwrap();
    check(&test, IN_REQUEST_OF_NOBODY);
}

#[test]
fn without_telemetry_there_is_nothing_to_hand_over() {
    // No subscriber of this process is global, but tests that run meanwhile may have their own.
    let context = TaskContext::current();
    context.run(|| assert_eq!(tenant(), "nobody"));
    let future = async { 7 }.with_context(context);
    assert_eq!(one_thread().block_on(future), 7);
}
