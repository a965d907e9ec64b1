//! Work that is polled again and again where telemetry is installed: most polls are not shown to the
//! layers, and nobody can tell.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context as PollContext, Poll, Waker};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use beacon::collector::{AttributeValue, Collector, ReceivedSpan};
use beacon::logging;
use beacon::opentelemetry::baggage::BaggageExt as _;
use beacon::opentelemetry::{Context, KeyValue};
use beacon::task::ContextExt as _;
use tracing::{Span, debug, info, info_span};

use crate::child::run;

/// Runs the case with telemetry in a process of its own. Returns what arrived, and `None` in that
/// process.
fn received(name: &str, case: impl FnOnce()) -> Option<Collector> {
    let collector = Collector::start().expect("a collector starts");
    let endpoint = collector.endpoint();
    run(name, &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())], || {
        let telemetry = beacon::init_telemetry().expect("it is the first");
        case();
        telemetry.shutdown_blocking().expect("all arrives");
    })?;
    Some(collector)
}

fn span(collector: &Collector, name: &str) -> ReceivedSpan {
    let mut named: Vec<_> =
        collector.spans().into_iter().filter(|span| span.name == name).collect();
    assert_eq!(named.len(), 1, "{name}: {named:?}");
    named.remove(0)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut PollContext::from_waker(Waker::noop()))
}

/// Calls `step` with 1, 2, … at each poll, and is ready at the last of them.
fn steps(last: u32, mut step: impl FnMut(u32)) -> impl Future<Output = ()> {
    let mut numbers = 1..=last;
    poll_fn(move |_| {
        let number = numbers.next().expect("it is not polled after its end");
        step(number);
        if number < last { Poll::Pending } else { Poll::Ready(()) }
    })
}

fn nanoseconds_now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "compared with what was recorded")]
    let now = SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).expect("it is later");
    u64::try_from(since.as_nanos()).expect("it is this century")
}

#[test]
fn each_poll_is_in_its_span_and_has_its_baggage() {
    let collector = received("polls::each_poll_is_in_its_span_and_has_its_baggage", || {
        let work = |name: &'static str| {
            steps(4, move |number| {
                let tenant = Context::map_current(|context| {
                    context.baggage().get("tenant").map(ToString::to_string)
                });
                info_span!("step", name, number, tenant).in_scope(|| info!(number, "in a step"));
                info!(number, is_inside = Span::current().metadata().is_some(), "beside it");
            })
        };
        let context = Context::current().with_baggage([KeyValue::new("tenant", "acme")]);
        let request = info_span!("request");
        let mut carried = {
            let _request = request.enter();
            let _attached = context_on_top(&context);
            Box::pin(work("carried").with_current_context())
        };
        drop(request);
        let mut own = Box::pin(work("own").in_span(info_span!("own")));
        for number in 1..=4 {
            let is_last = number == 4;
            assert_eq!(poll(own.as_mut()).is_ready(), is_last);
            // Work goes from thread to thread.
            let turn = || assert_eq!(poll(carried.as_mut()).is_ready(), is_last);
            thread::scope(|scope| scope.spawn(turn).join().expect("no panic"));
            assert!(Span::current().is_none());
            assert!(Context::map_current(|context| context.baggage().is_empty()));
        }
    });
    let Some(collector) = collector else { return };
    let parents = [
        ("carried", span(&collector, "request"), Some("acme")),
        ("own", span(&collector, "own"), None),
    ];
    for (name, parent, tenant) in parents {
        let spans = collector.spans();
        let text = |span: &ReceivedSpan, key: &str| {
            span.attribute(key).and_then(AttributeValue::as_str).map(str::to_owned)
        };
        let steps = spans.iter().filter(|span| text(span, "name").as_deref() == Some(name));
        let steps: Vec<_> = steps.collect();
        assert_eq!(steps.len(), 4, "{name}");
        for step in steps {
            assert_eq!(step.parent_span_id, parent.span_id);
            assert_eq!(step.trace_id, parent.trace_id);
            assert_eq!(text(step, "tenant").as_deref(), tenant);
            let inside = collector.logs().into_iter().filter(|log| log.span_id == step.span_id);
            assert_eq!(inside.map(|log| log.body).collect::<Vec<_>>(), ["in a step"]);
        }
        let beside = collector.logs().into_iter().filter(|log| log.span_id == parent.span_id);
        let beside: Vec<_> = beside.collect();
        assert_eq!(beside.len(), 4, "{beside:?}");
        for log in beside {
            let is_inside = log.attribute("is_inside").and_then(AttributeValue::as_bool);
            assert_eq!(is_inside, Some(true), "{log:?}");
        }
    }
}

fn context_on_top(context: &Context) -> impl Sized {
    // What is current now, and the baggage.
    let baggage: Vec<_> = context
        .baggage()
        .iter()
        .map(|(key, (value, _))| KeyValue::new(key.clone(), value.as_str().to_owned()))
        .collect();
    Context::current().with_baggage(baggage).attach()
}

#[test]
fn a_span_ends_with_the_last_poll() {
    let mut finished_at = 0;
    let collector = received("polls::a_span_ends_with_the_last_poll", || {
        for (name, is_dropped) in [("ready", false), ("dropped", true)] {
            let handle = info_span!("work", name);
            let mut work = Box::pin(
                steps(if is_dropped { 9 } else { 3 }, |number| {
                    info_span!("step", number).in_scope(|| {});
                })
                .in_span(handle.clone()),
            );
            for _ in 1..=3 {
                let _ = poll(work.as_mut());
            }
            drop(work);
            finished_at = nanoseconds_now();
            info_span!("finished", at = finished_at.to_string(), name).in_scope(|| {});
            // Whoever keeps it does not make it longer.
            drop(handle);
        }
    });
    let Some(collector) = collector else { return };
    let spans = collector.spans();
    let works: Vec<_> = spans.iter().filter(|span| span.name == "work").collect();
    assert_eq!(works.len(), 2);
    for work in works {
        let steps = spans.iter().filter(|span| span.parent_span_id == work.span_id);
        let ends: Vec<_> = steps.map(|step| step.end_time_unix_nanos).collect();
        assert_eq!(ends.len(), 3);
        assert!(ends.iter().all(|end| *end <= work.end_time_unix_nanos), "{work:?}");
        let name = work.attribute("name");
        let finished = spans
            .iter()
            .find(|span| span.name == "finished" && span.attribute("name") == name)
            .expect("it arrived");
        assert!(work.end_time_unix_nanos <= finished.start_time_unix_nanos, "{work:?}");
    }
}

#[test]
fn a_poll_inside_of_its_own_span_leaves_it_as_it_was() {
    let collector = received("polls::a_poll_inside_of_its_own_span_leaves_it_as_it_was", || {
        info_span!("request").in_scope(|| {
            let mut work = pin!(steps(3, |_| {}).with_current_context());
            while poll(work.as_mut()).is_pending() {
                info_span!("between").in_scope(|| {});
            }
            info_span!("after").in_scope(|| {});
        });
        info_span!("outside").in_scope(|| {});
    });
    let Some(collector) = collector else { return };
    let request = span(&collector, "request");
    let children = collector.spans().into_iter().filter(|s| s.parent_span_id == request.span_id);
    let mut names: Vec<_> = children.map(|child| child.name).collect();
    names.sort();
    assert_eq!(names, ["after", "between", "between"]);
    assert_eq!(span(&collector, "outside").parent_span_id, "");
}

#[test]
fn directives_about_spans_see_each_poll() {
    let collector = received("polls::directives_about_spans_see_each_poll", || {
        let mut work = pin!(
            steps(6, |number| debug!(number, "in the job")).in_span(info_span!("job", id = 7))
        );
        let _ = poll(work.as_mut());
        let _ = poll(work.as_mut());
        logging::set_filter("info,[job]=debug").expect("it is right");
        // Directives know the spans that begin after them.
        let mut later = pin!(
            steps(3, |number| debug!(number, "in a later job")).in_span(info_span!("job", id = 8))
        );
        while poll(later.as_mut()).is_pending() {
            debug!("between");
            let _ = poll(work.as_mut());
        }
        logging::set_filter("info").expect("it is right");
        let _ = poll(work.as_mut());
    });
    let Some(collector) = collector else { return };
    let bodies: Vec<_> = collector.logs().into_iter().map(|log| log.body).collect();
    assert_eq!(bodies, ["in a later job"; 3]);
}

#[test]
fn a_panic_in_a_later_poll_leaves_the_span() {
    let collector = received("polls::a_panic_in_a_later_poll_leaves_the_span", || {
        let mut work =
            Box::pin(steps(9, |number| assert!(number < 3, "boom")).in_span(info_span!("job")));
        let _ = (poll(work.as_mut()), poll(work.as_mut()));
        catch_unwind(AssertUnwindSafe(|| poll(work.as_mut()))).expect_err("the third poll panics");
        assert!(Span::current().is_none());
        drop(work);
        info_span!("after").in_scope(|| {});
    });
    let Some(collector) = collector else { return };
    let log = collector.logs().remove(0);
    assert_eq!(log.span_id, span(&collector, "job").span_id);
    assert_eq!(span(&collector, "after").parent_span_id, "");
}
