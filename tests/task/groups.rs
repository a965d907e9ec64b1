//! Groups: they end together, and nothing of them is forgotten.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use beacon::opentelemetry::Context;
use beacon::task::{Group, GroupError};
use beacon::testing::TestTelemetry;
use tokio::sync::oneshot;

use crate::support::{
    IN_REQUEST, check, check_each_runtime, eventually, in_request, one_thread, request, work,
    workers,
};

/// For what happens at once: longer than any machine takes for it.
const LONG: Duration = Duration::from_mins(1);
/// For what never happens.
const SHORT: Duration = Duration::from_millis(50);

#[test]
fn tasks_of_a_group() {
    check_each_runtime(IN_REQUEST, async || {
        let group: Group<&str> = Group::new("tasks_of_a_group");
        group.spawn("work", async {
            work();
            Ok(())
        });
        let report = group.join().await.unwrap();
        assert_eq!((report.finished, report.still_running), (1, vec![]));
    });
    check_each_runtime(IN_REQUEST, async || {
        let group: Group<&str> = Group::new("tasks_of_a_group");
        group.spawn_blocking("work", || {
            work();
            Ok(())
        });
        group.join().await.unwrap();
    });
}

#[test]
fn the_first_error_ends_the_others() {
    for runtime in [one_thread(), workers(2)] {
        runtime.block_on(async {
            let group: Group<&str> = Group::new("first_error");
            let token = group.token();
            group.spawn("waits", pending());
            group.spawn("fails", async { Err("as planned") });
            let error = group.join().await.unwrap_err();
            assert_eq!(error.to_string(), "group `first_error`: task `fails` failed: as planned");
            assert!(token.is_cancelled() && group.running().is_empty());
            let report = group.join().await.unwrap();
            assert_eq!((report.failed, report.cancelled), (1, 1), "the failure is told once");
            group.spawn("too late", pending());
            assert_eq!(group.join().await.unwrap().cancelled, 2);
        });
    }
}

#[test]
fn a_panic_ends_the_others() {
    one_thread().block_on(async {
        let group: Group<&str> = Group::new("first_panic");
        group.spawn("waits", pending());
        group.spawn("panics", async { std::panic::resume_unwind(Box::new("as planned")) });
        let error = group.join().await.unwrap_err();
        assert!(matches!(error, GroupError::Panicked { task: "panics", .. }), "{error}");
        let blocking: Group<&str> = Group::new("first_panic");
        blocking.spawn_blocking("panics", || std::panic::resume_unwind(Box::new("as planned")));
        let error = blocking.join().await.unwrap_err();
        assert_eq!(error.to_string(), "group `first_panic`: task `panics` panicked");
    });
}

#[test]
fn a_group_that_is_dropped_ends_its_tasks() {
    one_thread().block_on(async {
        let group: Group<&str> = Group::new("dropped");
        let (alive, mut is_dropped) = oneshot::channel::<()>();
        group.spawn("waits", async move {
            let _alive = alive;
            pending().await
        });
        let token = group.token();
        drop(group);
        assert!(token.is_cancelled());
        (&mut is_dropped).await.unwrap_err();
    });
}

#[test]
fn a_deadline_ends_the_tasks_and_names_them() {
    one_thread().block_on(async {
        let group: Group<&str> = Group::new("deadline");
        group.spawn("waits", pending());
        let error = group.join_within(SHORT).await.unwrap_err();
        let GroupError::DeadlineExceeded { ref running, .. } = error else { panic!("{error}") };
        assert_eq!(running[0].name, "waits");
        assert!(running[0].age >= SHORT);
        let text = error.to_string();
        assert!(
            text.starts_with("group `deadline`: 1 tasks were running after 50ms: waits ("),
            "{text}"
        );
        assert_eq!(group.join_within(LONG).await.unwrap().cancelled, 1);
    });
}

#[test]
fn tasks_that_are_asked_end_as_they_like() {
    for runtime in [one_thread(), workers(2)] {
        runtime.block_on(async {
            let group: Group<&str> = Group::new("asked");
            let token = group.token();
            group.spawn("listens", async move {
                token.cancelled().await;
                tokio::task::yield_now().await;
                Ok(())
            });
            let token = group.token();
            group.spawn_blocking("looks", move || {
                while !token.is_cancelled() {
                    std::thread::yield_now();
                }
                Ok(())
            });
            let report = group.drain(LONG).await;
            assert_eq!((report.finished, report.cancelled), (2, 0));
        });
    }
}

#[test]
fn what_does_not_end_is_named() {
    let runtime = workers(2);
    let (release, released) = mpsc::channel::<()>();
    runtime.block_on(async {
        let group: Group<&str> = Group::new("stuck");
        group.spawn("waits", pending());
        let (begun, begins) = oneshot::channel();
        group.spawn_blocking("blocks", move || {
            begun.send(()).unwrap();
            released.recv().unwrap_or_default();
            Ok(())
        });
        begins.await.unwrap();
        let report = group.drain(SHORT).await;
        assert!(report.still_running.iter().any(|task| task.name == "blocks"), "{report}");
        // On a busy machine the other one takes a while to be dropped.
        eventually(|| group.running().len() == 1);
        let text = group.drain(Duration::ZERO).await.to_string();
        let expected = "group `stuck`: 0 finished, 0 failed, 0 panicked, 1 cancelled, \
                        1 still running: blocks (";
        assert!(text.starts_with(expected), "{text}");
        drop(release);
        assert_eq!(group.join_within(LONG).await.unwrap().finished, 1);
    });
}

#[test]
fn the_end_of_telemetry_waits_for_groups() {
    for runtime in [one_thread(), workers(2)] {
        let test = TestTelemetry::start().unwrap();
        runtime.block_on(test.capture(async {
            let group: Group<&str> = Group::new("drained");
            group.drain_at_shutdown(test.telemetry());
            let token = group.token();
            in_request(async {
                group.spawn("last words", async move {
                    token.cancelled().await;
                    tokio::task::yield_now().await;
                    work();
                    Ok(())
                });
            })
            .await;
            let report = test.telemetry().shutdown().await.unwrap();
            assert_eq!(report.traces.emitted, 2);
            assert!(group.running().is_empty());
        }));
        check(&test, IN_REQUEST);
    }
}

/// Tells when it is dropped, and waits until it may go.
struct Slow(Mutex<(mpsc::Sender<()>, mpsc::Receiver<()>)>);

impl Drop for Slow {
    fn drop(&mut self) {
        let (begun, may_go) = self.0.get_mut().unwrap();
        begun.send(()).unwrap_or_default();
        may_go.recv_timeout(LONG).unwrap_or_default();
    }
}

#[test]
fn a_task_runs_until_it_has_let_go_of_its_context() {
    let runtime = workers(2);
    let _in_runtime = runtime.enter();
    let ways: [fn(&Group<&'static str>); 2] = [
        |group| drop(group.spawn("work", async { Ok(()) })),
        |group| drop(group.spawn_blocking("work", || Ok(()))),
    ];
    for spawn in ways {
        let group: Group<&str> = Group::new("slow");
        let (begun, begins) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        request(|| {
            let context = Context::current_with_value(Slow(Mutex::new((begun, may_go))));
            let _attached = context.attach();
            spawn(&group);
        });
        begins.recv_timeout(LONG).unwrap();
        assert_eq!(group.running().len(), 1, "its span may be open");
        go.send(()).unwrap();
        assert_eq!(runtime.block_on(group.join()).unwrap().finished, 1);
    }
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::resume_unwind(Box::new("as planned"));
    }
}

#[test]
fn a_task_has_panicked_only_by_its_own_panic() {
    let runtime = one_thread();
    let group: Group<&str> = Group::new("own_panic");
    runtime.block_on(async {
        let bomb = Bomb;
        let task = group.spawn("bomb", async move {
            let _bomb = bomb;
            pending().await
        });
        tokio::task::yield_now().await;
        task.abort();
        let error = group.join().await.unwrap_err();
        assert_eq!(error.to_string(), "group `own_panic`: task `bomb` panicked");
    });
    let group: Group<&str> = Group::new("own_panic");
    let others = catch_unwind(AssertUnwindSafe(|| {
        let runtime = one_thread();
        runtime.block_on(async {
            group.spawn("waits", pending());
            tokio::task::yield_now().await;
        });
        std::panic::resume_unwind(Box::new("as planned"));
    }));
    others.unwrap_err();
    let report = runtime.block_on(group.join()).unwrap();
    assert_eq!((report.cancelled, report.panicked), (1, 0));
}

#[test]
fn the_end_of_telemetry_names_what_does_not_end() {
    let limit = Duration::from_millis(400);
    let test = TestTelemetry::start_with(|builder| builder.shutdown_timeout(limit)).unwrap();
    let runtime = workers(2);
    let is_over = Arc::new(AtomicBool::new(false));
    let over = Arc::clone(&is_over);
    let group: Group<&str> = Group::new("stuck_at_end");
    group.drain_at_shutdown(test.telemetry());
    {
        let _entered = runtime.enter();
        group.spawn_blocking("blocks", move || {
            while !over.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            Ok(())
        });
    }
    // Whether the rest is delivered in so short a time is another question.
    drop(test.telemetry().shutdown_blocking());
    is_over.store(true, Ordering::Relaxed);
    let said: Vec<_> = test.diagnostics().into_iter().map(|said| said.message).collect();
    let named = said.iter().any(|said| said.contains("1 still running: blocks ("));
    assert!(named, "{said:?}");
    eventually(|| group.running().is_empty());
}

#[test]
fn a_group_that_is_gone_holds_up_nothing() {
    let test = TestTelemetry::start().unwrap();
    for _ in 0..3 {
        let group: Group<&str> = Group::new("gone");
        group.drain_at_shutdown(test.telemetry());
    }
    test.telemetry().shutdown_blocking().unwrap();
    assert!(!Context::is_current_telemetry_suppressed());
}
