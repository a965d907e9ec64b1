//! Shutdown from everywhere: delivered to a collector that works, the truth in time otherwise.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use beacon::config::Protocol;
use beacon::{DropReason, ShutdownError, Signal, TelemetryReport};
use tokio::runtime::{Builder, Runtime};

use crate::service::{Peer, SPANS, Service, check_within, deadline, for_all_peers};

type Ended = Result<TelemetryReport, ShutdownError>;

#[test]
fn in_async_main_of_a_current_thread_runtime() {
    check(|service| current_thread().block_on(record_and_shut_down(service)));
}

#[test]
fn on_the_blocking_pool_of_a_current_thread_runtime() {
    check(|service| {
        current_thread().block_on(async {
            let end = move || {
                service.record_spans();
                service.telemetry.shutdown_blocking()
            };
            tokio::task::spawn_blocking(end).await.expect("no panic")
        })
    });
}

#[test]
fn blocking_in_async_main_of_a_current_thread_runtime() {
    check(|service| {
        current_thread().block_on(async {
            service.record_spans();
            service.telemetry.shutdown_blocking()
        })
    });
}

#[test]
fn in_a_task_of_a_runtime_with_one_worker() {
    check(|service| in_task(&multi_thread(1), record_and_shut_down(service)));
}

#[test]
fn in_a_task_of_a_runtime_with_two_workers() {
    check(|service| in_task(&multi_thread(2), record_and_shut_down(service)));
}

#[test]
fn in_async_main_of_a_runtime_with_two_workers() {
    check(|service| multi_thread(2).block_on(record_and_shut_down(service)));
}

#[test]
fn in_a_local_set() {
    check(|service| {
        let local = tokio::task::LocalSet::new();
        let ended = local.run_until(async {
            tokio::task::spawn_local(record_and_shut_down(service)).await.expect("no panic")
        });
        current_thread().block_on(ended)
    });
}

#[test]
fn in_block_in_place() {
    check(|service| {
        in_task(&multi_thread(1), async move {
            tokio::task::block_in_place(|| {
                service.record_spans();
                service.telemetry.shutdown_blocking()
            })
        })
    });
}

#[test]
fn on_a_plain_thread_beside_a_runtime() {
    check(|service| {
        let runtime = multi_thread(1);
        in_task(&runtime, async {});
        let end = || {
            service.record_spans();
            service.telemetry.shutdown_blocking()
        };
        thread::scope(|scope| scope.spawn(end).join().expect("no panic"))
    });
}

#[test]
fn without_any_runtime() {
    check(|service| {
        service.record_spans();
        service.telemetry.shutdown_blocking()
    });
}

#[test]
fn after_the_runtime_is_gone() {
    check(|service| {
        let runtime = multi_thread(2);
        let service = in_task(&runtime, async move {
            service.record_spans();
            service
        });
        drop(runtime);
        service.telemetry.shutdown_blocking()
    });
}

#[test]
fn polled_by_something_that_is_no_tokio_runtime() {
    check(|service| block_on(record_and_shut_down(service)));
}

#[test]
fn twice() {
    check(|service| {
        service.record_spans();
        let first = service.telemetry.shutdown_blocking();
        let second = current_thread().block_on(service.telemetry.shutdown());
        assert_eq!(report(&first), report(&second));
        first
    });
}

#[test]
fn from_several_tasks_at_once() {
    check(|service| {
        service.record_spans();
        let ended = multi_thread(2).block_on(async {
            let (first, second, third) = tokio::join!(
                service.telemetry.shutdown(),
                service.telemetry.shutdown(),
                service.telemetry.shutdown(),
            );
            [first, second, third]
        });
        let [first, second, third] = ended;
        assert_eq!(report(&first), report(&second));
        assert_eq!(report(&first), report(&third));
        first
    });
}

#[test]
fn a_shutdown_that_was_given_up_is_finished_by_the_next() {
    check(|service| {
        service.record_spans();
        current_thread().block_on(async {
            tokio::select! {
                biased;
                _ = service.telemetry.shutdown() => {}
                () = std::future::ready(()) => {}
            }
            service.telemetry.shutdown().await
        })
    });
}

#[test]
fn after_a_panic_that_was_caught() {
    check(|service| {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            service.in_scope(|| tracing::info_span!("work").in_scope(|| panic!("of the service")));
        }));
        assert!(panicked.is_err());
        service.record_spans();
        let ended = service.telemetry.shutdown_blocking();
        // One span ended while the panic unwound.
        assert_eq!(report(&ended).traces.emitted, SPANS + 1);
        ended
    });
}

/// Ends a service with ten spans in all ways that its collector can behave.
#[track_caller]
fn check(end: impl Fn(Service) -> Ended + Sync) {
    for_all_peers(|protocol, peer| check_one(protocol, peer, &end));
}

#[track_caller]
fn check_one(protocol: Protocol, peer: Peer, end: &impl Fn(Service) -> Ended) {
    let name = format!("{protocol:?}, {peer:?}");
    let deadline = deadline(peer);
    check_within(deadline, &name, || {
        let collector = peer.start();
        let service = Service::start(&collector.endpoint(), protocol, deadline);
        let ended = end(service);
        let is_healthy = peer == Peer::Healthy;
        assert_eq!(ended.is_ok(), is_healthy, "{name}: {ended:?}");
        let report = report(&ended);
        assert!(report.is_conserved(), "{name}: {report:?}");
        let traces = &report.traces;
        if is_healthy {
            assert_eq!(traces.delivered, traces.emitted, "{name}: {report:?}");
            assert_eq!(collector.totals().traces.accepted, traces.emitted, "{name}");
            assert!(traces.emitted >= SPANS, "{name}: {report:?}");
        } else {
            let dropped = traces.dropped.get(&DropReason::Shutdown);
            assert_eq!(dropped, Some(&traces.emitted), "{name}: {report:?}");
            assert!(lost(&ended).contains(&(Signal::Traces, traces.emitted)), "{name}: {ended:?}");
        }
    });
}

async fn record_and_shut_down(service: Service) -> Ended {
    service.record_spans();
    service.telemetry.shutdown().await
}

pub(crate) fn report(ended: &Ended) -> &TelemetryReport {
    match ended {
        Ok(report) => report,
        Err(error) => error.report(),
    }
}

fn lost(ended: &Ended) -> &[(Signal, u64)] {
    ended.as_ref().err().map(ShutdownError::lost).unwrap_or_default()
}

/// Waits for a future with nothing but the standard library.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

pub(crate) fn current_thread() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime starts")
}

pub(crate) fn multi_thread(workers: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(workers).build().expect("a runtime starts")
}

pub(crate) fn in_task<T: Send + 'static>(
    runtime: &Runtime,
    task: impl Future<Output = T> + Send + 'static,
) -> T {
    let handle = runtime.spawn(task);
    runtime.block_on(handle).expect("no panic")
}
