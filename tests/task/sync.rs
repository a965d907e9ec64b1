//! Asynchronous code called by synchronous code, from everywhere.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use beacon::task::{
    self, block_in_place_if_possible, run_async, run_async_timeout, run_async_until,
};
use beacon::testing::TestTelemetry;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

use crate::support::{
    IN_REQUEST, check, check_each_runtime, in_request, one_thread, work, workers,
};

/// Longer than any case takes, and what fails then has hung.
const HUNG: Duration = Duration::from_mins(1);

/// Synchronous code that calls asynchronous code in one of the ways, and looks at what comes back.
type Case = fn();

const CASES: [(&str, Case); 5] = [
    ("value", a_value),
    ("error", an_error),
    ("panic", a_panic),
    ("timeout", a_timeout),
    ("cancel", a_cancellation),
];

fn a_value() {
    let borrowed = String::from("borrowed");
    let output = run_async(async {
        work();
        tokio::time::sleep(Duration::from_millis(1)).await;
        tokio::task::yield_now().await;
        // More than the budget of a task allows in one go.
        let (sender, mut receiver) = tokio::sync::mpsc::channel(1_000);
        for number in 0..1_000 {
            sender.send(number).await.unwrap();
        }
        for _ in 0..1_000 {
            receiver.recv().await.unwrap();
        }
        let spawned = tokio::spawn(async {
            tokio::task::yield_now().await;
            2
        });
        borrowed.len() + spawned.await.unwrap()
    });
    assert_eq!(output, 10);
}

fn an_error() {
    let output = run_async(async {
        work();
        tokio::task::yield_now().await;
        Err::<(), _>("as planned")
    });
    assert_eq!(output, Err("as planned"));
}

fn a_panic() {
    let ended = catch_unwind(|| {
        run_async(async {
            work();
            tokio::task::yield_now().await;
            resume_unwind(Box::new("as planned"))
        })
    });
    let panic = ended.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"as planned"));
    assert_eq!(run_async(async { 1 }), 1, "nothing of it is left");
}

fn a_timeout() {
    let limit = Duration::from_millis(5);
    let output = run_async_timeout(limit, async {
        let _on_drop = WorkOnDrop;
        tokio::time::sleep(HUNG).await;
    });
    assert_eq!(output.unwrap_err().limit, limit);
}

fn a_cancellation() {
    let output = run_async_until(tokio_sleep(), async {
        let _on_drop = WorkOnDrop;
        pending::<()>().await;
    });
    assert_eq!(output, None);
}

/// Made where it is polled, which need not be where it is called.
async fn tokio_sleep() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// Works when the future that holds it is dropped.
struct WorkOnDrop;

impl Drop for WorkOnDrop {
    fn drop(&mut self) {
        work();
    }
}

/// Calls the code in one of the places, in the request.
type Place = fn(&TestTelemetry, Case);

const PLACES: [(&str, Place); 13] = [
    ("a plain thread", |test, case| test.with(|| crate::support::request(case))),
    ("the root of a current-thread runtime", |test, case| on(test, &one_thread(), case)),
    ("a task of a current-thread runtime", |test, case| spawned_on(test, &one_thread(), case)),
    ("a task of the only worker", |test, case| spawned_on(test, &workers(1), case)),
    ("a task of several workers", |test, case| spawned_on(test, &workers(3), case)),
    ("the root of a runtime of several workers", |test, case| on(test, &workers(3), case)),
    ("a blocking function, one thread", |test, case| blocking_on(test, &one_thread(), case)),
    ("a blocking function, several workers", |test, case| blocking_on(test, &workers(2), case)),
    ("a local task, one thread", |test, case| local_on(test, &one_thread(), case)),
    ("a local task, several workers", |test, case| local_on(test, &workers(2), case)),
    ("nested, plain", |test, case| {
        test.with(|| crate::support::request(|| nested(case)));
    }),
    ("nested, on a worker", |test, case| {
        let runtime = workers(1);
        runtime.block_on(test.capture(in_request(async {
            task::spawn(async move { nested(case) }).await.unwrap();
        })));
    }),
    ("after the end of the runtime", |test, case| {
        let runtime = workers(1);
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        test.with(|| crate::support::request(case));
    }),
];

fn on(test: &TestTelemetry, runtime: &Runtime, case: Case) {
    runtime.block_on(test.capture(in_request(async { case() })));
}

fn spawned_on(test: &TestTelemetry, runtime: &Runtime, case: Case) {
    runtime.block_on(test.capture(in_request(async {
        task::spawn(async move { case() }).await.unwrap();
    })));
}

fn blocking_on(test: &TestTelemetry, runtime: &Runtime, case: Case) {
    runtime.block_on(test.capture(in_request(async {
        task::spawn_blocking(case).await.unwrap();
    })));
}

fn local_on(test: &TestTelemetry, runtime: &Runtime, case: Case) {
    runtime.block_on(test.capture(in_request(async {
        let local = LocalSet::new();
        local.run_until(async { task::spawn_local(async move { case() }).await.unwrap() }).await;
    })));
}

/// Twice, and the inner one as a task on beacon's own runtime.
fn nested(case: Case) {
    run_async(async {
        run_async(async { tokio::task::yield_now().await });
        task::spawn(async move { case() }).await.unwrap();
    });
}

#[test]
fn every_outcome_in_every_place() {
    for (place, call) in PLACES {
        for (outcome, case) in CASES {
            let (done, is_done) = mpsc::channel();
            let thread = thread::spawn(move || {
                let test = TestTelemetry::start().unwrap();
                call(&test, case);
                check(&test, IN_REQUEST);
                done.send(()).unwrap();
            });
            match is_done.recv_timeout(HUNG) {
                Ok(()) => thread.join().unwrap(),
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("{place}, {outcome}: hangs"),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    panic!("{place}, {outcome}: {:?}", thread.join().unwrap_err());
                }
            }
        }
    }
}

#[test]
fn other_tasks_of_the_only_worker_run_meanwhile() {
    let runtime = workers(1);
    let output = runtime.block_on(async {
        task::spawn(async {
            // Of the blocked runtime: it runs only if the worker was left to another thread.
            let other = tokio::spawn(async { 7 });
            run_async(async { other.await.unwrap() })
        })
        .await
    });
    assert_eq!(output.unwrap(), 7);
}

#[test]
fn calls_at_the_same_time() {
    let done = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                run_async(async { tokio::time::sleep(Duration::from_millis(1)).await });
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(done.load(Ordering::Relaxed), 20);
}

#[test]
fn a_call_in_a_destructor_while_a_panic_unwinds() {
    struct CallOnDrop;
    impl Drop for CallOnDrop {
        fn drop(&mut self) {
            run_async(async { tokio::task::yield_now().await });
        }
    }
    for runtime in [one_thread(), workers(1)] {
        let ended = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let _on_drop = CallOnDrop;
                resume_unwind(Box::new("as planned"));
            });
        }));
        let panic = ended.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"as planned"));
    }
}

#[test]
fn blocking_code_in_a_task() {
    check_each_runtime(IN_REQUEST, async || {
        task::spawn(async { block_in_place_if_possible(work) }).await.unwrap();
    });
    check_each_runtime(IN_REQUEST, async || block_in_place_if_possible(work));
    check_each_runtime(IN_REQUEST, async || {
        let local = LocalSet::new();
        local.run_until(async { block_in_place_if_possible(work) }).await;
    });
    let test = TestTelemetry::start().unwrap();
    test.with(|| crate::support::request(|| block_in_place_if_possible(work)));
    check(&test, IN_REQUEST);
}

#[test]
fn blocking_code_where_the_place_is_misjudged() {
    // The thread belongs to one runtime, and the handle of another one is entered.
    let (outer, inner) = (one_thread(), workers(1));
    let output = outer.block_on(async {
        let _entered = inner.enter();
        block_in_place_if_possible(|| 7) + run_async(async { 1 })
    });
    assert_eq!(output, 8);
}

#[beacon::run_async]
async fn length_of(text: &str, delay: Duration) -> Result<usize, String> {
    work();
    tokio::time::sleep(delay).await;
    if text.is_empty() {
        return Err("empty".to_owned());
    }
    let length: usize = text.len().to_string().parse().map_err(|_| "no number")?;
    Ok(length)
}

struct Store {
    factor: usize,
}

impl Store {
    #[beacon::run_async]
    pub(crate) async fn double<F: Fn(usize) -> usize + Sync>(&self, text: &str, then: &F) -> usize
    where
        Self: Sized,
    {
        tokio::task::yield_now().await;
        then(text.len() * self.factor)
    }

    #[beacon::run_async]
    async fn count(&mut self) {
        self.factor += 1;
    }
}

#[test]
fn an_async_function_that_is_called_as_a_plain_one() {
    let test = TestTelemetry::start().unwrap();
    test.with(|| {
        crate::support::request(|| {
            assert_eq!(length_of("four", Duration::from_millis(1)), Ok(4));
        });
    });
    check(&test, IN_REQUEST);
    assert_eq!(length_of("", Duration::ZERO), Err("empty".to_owned()));
    let mut store = Store { factor: 1 };
    store.count();
    assert_eq!(one_thread().block_on(async { store.double("abc", &|n| n + 1) }), 7);
}
