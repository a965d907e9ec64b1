//! A request in whose trace things happen, and the runtimes that it happens on.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant};

use beacon::opentelemetry::baggage::BaggageExt as _;
use beacon::opentelemetry::{Context, ContextGuard, KeyValue};
use beacon::testing::TestTelemetry;
use beacon::tracing::{info, info_span};
use beacon::{Signal, TelemetryBuilder};
use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;

/// What is received where [`work`] was handed over once.
pub(crate) const IN_REQUEST: &str = "
    trace-1
      request
        work {tenant=acme}
          - INFO done
    ";

/// How long a test waits for what must happen, before it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// The work that is handed over: a span that tells the baggage, and a log record in it.
pub(crate) fn work() {
    info_span!("work", tenant = tenant()).in_scope(|| info!("done"));
}

/// The baggage of whoever asks.
pub(crate) fn tenant() -> String {
    Context::map_current(|context| context.baggage().get("tenant").map(ToString::to_string))
        .unwrap_or_else(|| "nobody".to_owned())
}

/// Runs something in the span `request`, with baggage that was set after the span was made.
pub(crate) async fn in_request<F: Future>(code: F) -> F::Output {
    let span = info_span!("request");
    let mut code = pin!(code);
    poll_fn(|cx| {
        let _in_span = span.enter();
        let _with_baggage = tenant_attached();
        code.as_mut().poll(cx)
    })
    .await
}

/// As [`in_request`], for a function.
pub(crate) fn request<T>(code: impl FnOnce() -> T) -> T {
    info_span!("request").in_scope(|| {
        let _with_baggage = tenant_attached();
        code()
    })
}

fn tenant_attached() -> ContextGuard {
    Context::map_current(|context| context.with_baggage([KeyValue::new("tenant", "acme")])).attach()
}

/// Runs something in the span `request`, on a runtime of one thread and on one of several, and
/// compares what is received.
#[track_caller]
pub(crate) fn check_each_runtime(expected: &str, code: impl AsyncFn()) {
    for runtime in [one_thread(), workers(2)] {
        check_on(runtime, expected, &code);
    }
}

/// As [`check_each_runtime`], on one runtime.
#[track_caller]
pub(crate) fn check_on(runtime: Runtime, expected: &str, code: &impl AsyncFn()) {
    let test = TestTelemetry::start().expect("the test kit starts");
    runtime.block_on(test.capture(in_request(code())));
    // With it go the tasks that nobody waited for, and what they hold.
    drop(runtime);
    check(&test, expected);
}

/// Spawns local tasks in the span `request` and runs them outside of it: a set of local tasks that is
/// polled in a span has it around all of its tasks, handed over or not.
#[track_caller]
pub(crate) fn check_local<F: Future>(spawn: impl Fn() -> F) {
    for runtime in [one_thread(), workers(2)] {
        let test = TestTelemetry::start().expect("the test kit starts");
        let local = LocalSet::new();
        runtime.block_on(test.capture(async {
            let tasks = {
                let _in_local = local.enter();
                in_request(async { spawn() }).await
            };
            local.run_until(tasks).await;
        }));
        drop(local);
        check(&test, IN_REQUEST);
    }
}

/// Compares what is received, as soon as all spans have ended.
#[track_caller]
pub(crate) fn check(test: &TestTelemetry, expected: &str) {
    eventually(|| test.check(expected).is_ok());
    test.check(expected).unwrap();
}

/// Looks until it is so, or for long enough: then the caller finds out what is wrong.
pub(crate) fn eventually(mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() && begun.elapsed() < PATIENCE {
        thread::park_timeout(Duration::from_millis(2));
    }
}

/// Lets nothing but what a test looks at wait for the clock.
pub(crate) fn without_timers(builder: TelemetryBuilder) -> TelemetryBuilder {
    let never = Duration::from_hours(500);
    builder
        .signal_schedule_delay(Signal::Logs, never)
        .signal_schedule_delay(Signal::Traces, never)
        .metrics_interval(never)
}

pub(crate) fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}

pub(crate) fn workers(count: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(count).enable_all().build().expect("a runtime starts")
}
