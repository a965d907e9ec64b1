//! A guard that is only dropped does the same work as a shutdown, and says what was lost.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use beacon::DiagnosticLevel;
use beacon::config::Protocol;

use crate::ends::{current_thread, in_task, multi_thread};
use crate::service::{Peer, SPANS, Service, check_within, deadline, for_all_peers, messages};

#[test]
fn in_async_main_of_a_current_thread_runtime() {
    check(|service| {
        current_thread().block_on(async {
            service.record_spans();
            drop(service.telemetry);
        });
    });
}

#[test]
fn in_a_task_of_a_runtime_with_one_worker() {
    check(|service| {
        in_task(&multi_thread(1), async move {
            service.record_spans();
            drop(service.telemetry);
        });
    });
}

#[test]
fn without_any_runtime() {
    check(|service| {
        service.record_spans();
        drop(service.telemetry);
    });
}

#[test]
fn after_the_runtime_is_gone() {
    check(|service| {
        let runtime = multi_thread(1);
        service.record_spans();
        drop(runtime);
        drop(service.telemetry);
    });
}

#[test]
fn with_the_task_that_held_it_when_its_runtime_goes() {
    check(|service| {
        let runtime = current_thread();
        service.record_spans();
        let held = runtime.spawn(async move {
            let _service = service;
            std::future::pending::<()>().await;
        });
        runtime.block_on(tokio::task::yield_now());
        drop(runtime);
        assert!(held.is_finished());
    });
}

#[test]
fn while_a_panic_unwinds() {
    check(|service| {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            service.record_spans();
            let _telemetry = service.telemetry;
            panic!("of the service");
        }));
        assert!(panicked.is_err());
    });
}

#[test]
fn after_a_shutdown_it_does_and_says_nothing_more() {
    let collector = Peer::Healthy.start();
    let service = Service::start(&collector.endpoint(), Protocol::Grpc, deadline(Peer::Healthy));
    service.record_spans();
    service.telemetry.shutdown_blocking().expect("the collector works");
    let said = Arc::clone(&service.said);
    let before = said.lock().expect("no panic").len();
    drop(service);
    assert_eq!(said.lock().expect("no panic").len(), before);
    assert_eq!(messages(&said, DiagnosticLevel::Warn), [""; 0]);
}

#[test]
fn a_panic_right_after_the_start_is_not_mistaken_for_a_forgotten_name() {
    let collector = Peer::Healthy.start();
    let service = Service::start(&collector.endpoint(), Protocol::Grpc, deadline(Peer::Healthy));
    let said = Arc::clone(&service.said);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _service = service;
        panic!("of the service");
    }));
    assert!(panicked.is_err());
    assert_eq!(messages(&said, DiagnosticLevel::Warn), [""; 0]);
}

/// Lets a service end by dropping its guard, against all kinds of collectors.
#[track_caller]
fn check(drop_guard: impl Fn(Service) + Sync) {
    for_all_peers(|protocol, peer| {
        let name = format!("{protocol:?}, {peer:?}");
        let deadline = deadline(peer);
        check_within(deadline, &name, || {
            let collector = peer.start();
            let service = Service::start(&collector.endpoint(), protocol, deadline);
            let said = Arc::clone(&service.said);
            drop_guard(service);
            let errors = messages(&said, DiagnosticLevel::Error);
            if peer == Peer::Healthy {
                assert_eq!(errors, [""; 0], "{name}");
                assert_eq!(collector.totals().spans(), SPANS, "{name}");
            } else {
                let lost = format!("could not deliver {SPANS} spans");
                assert!(errors.iter().any(|error| error.contains(&lost)), "{name}: {errors:?}");
            }
        });
    });
}
