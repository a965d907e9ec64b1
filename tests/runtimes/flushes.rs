//! Flush from everywhere: everything is delivered when it returns, or it says what is not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use beacon::config::Protocol;
use beacon::{FlushError, TelemetryReport};

use crate::ends::{current_thread, in_task, multi_thread};
use crate::service::{
    DEADLINE, PROTOCOLS, Peer, SPANS, Service, check_within, deadline, for_all_peers,
};

#[test]
fn in_async_main_of_a_current_thread_runtime() {
    check(|service| current_thread().block_on(service.telemetry.flush()));
}

#[test]
fn in_async_main_of_a_runtime_with_one_worker() {
    check(|service| multi_thread(1).block_on(service.telemetry.flush()));
}

#[test]
fn without_any_runtime() {
    check(|service| service.telemetry.flush_blocking());
}

#[test]
fn twenty_rounds_of_two_tasks_at_once() {
    const ROUNDS: u32 = 20;
    let service_of = |protocol: Protocol, endpoint: &str| {
        Arc::new(Service::start(endpoint, protocol, Duration::from_secs(10)))
    };
    for protocol in PROTOCOLS {
        let collector = Peer::Healthy.start();
        let runtime = multi_thread(2);
        check_within(Duration::from_millis(100) * ROUNDS, &format!("{protocol:?}"), || {
            let service = service_of(protocol, &collector.endpoint());
            for _ in 0..ROUNDS {
                let flush = |service: Arc<Service>| {
                    runtime.spawn(async move {
                        service.record_spans();
                        service.telemetry.flush().await
                    })
                };
                let both = [flush(Arc::clone(&service)), flush(Arc::clone(&service))];
                for flushed in both {
                    runtime.block_on(flushed).expect("no panic").expect("the collector works");
                }
            }
            let report = service.telemetry.shutdown_blocking().expect("the collector works");
            assert_eq!(report.traces.delivered, u64::from(ROUNDS) * 2 * SPANS);
        });
    }
}

#[test]
fn a_thousand_at_once_do_not_spoil_the_shutdown() {
    let collector = Peer::Healthy.start();
    let endpoint = collector.endpoint();
    let service = Service::start(&endpoint, Protocol::HttpProtobuf, deadline(Peer::Healthy));
    let service = Arc::new(service);
    service.record_spans();
    let runtime = multi_thread(2);
    let flushes: Vec<_> = (0..1000)
        .map(|_| {
            let service = Arc::clone(&service);
            runtime.spawn(async move { service.telemetry.flush().await })
        })
        .collect();
    for flushed in flushes {
        runtime.block_on(flushed).expect("no panic").expect("the collector works");
    }
    let report = service.telemetry.shutdown_blocking().expect("the collector works");
    assert_eq!(report.traces.delivered, SPANS);
}

#[test]
fn after_a_shutdown_there_is_nothing_left_to_do() {
    let collector = Peer::Healthy.start();
    let service = Service::start(&collector.endpoint(), Protocol::Grpc, deadline(Peer::Healthy));
    service.record_spans();
    service.telemetry.shutdown_blocking().expect("the collector works");
    let report = service.telemetry.flush_blocking().expect("nothing is held");
    assert_eq!(report.traces.delivered, SPANS);
    assert!(current_thread().block_on(service.telemetry.flush()).is_ok());
}

#[test]
fn during_a_shutdown_it_ends_with_it() {
    let collector = Peer::Healthy.start();
    let service = Service::start(&collector.endpoint(), Protocol::Grpc, deadline(Peer::Healthy));
    let service = Arc::new(service);
    service.record_spans();
    let (flushed, ended) = in_task(&multi_thread(2), {
        let service = Arc::clone(&service);
        async move { tokio::join!(service.telemetry.flush(), service.telemetry.shutdown()) }
    });
    flushed.expect("the collector works");
    assert_eq!(ended.expect("the collector works").traces.delivered, SPANS);
}

#[test]
fn a_metric_callback_that_hangs_costs_the_flush_and_no_span() {
    let collector = Peer::Healthy.start();
    check_within(DEADLINE * 2, "a flush and a shutdown", || {
        let service = Service::start(&collector.endpoint(), Protocol::Grpc, DEADLINE);
        let (release, released) = std::sync::mpsc::channel::<()>();
        let released = Mutex::new(released);
        let _gauge = service
            .telemetry
            .meter("test")
            .u64_observable_gauge("stuck")
            .with_callback(move |_| drop(released.lock().map(|released| released.recv())))
            .build();
        service.record_spans();
        let flushed = service.telemetry.flush_blocking().expect_err("metrics are stuck");
        assert_eq!(flushed.report().traces.delivered, SPANS, "{flushed}");
        service.record_spans();
        let report = service.telemetry.shutdown_blocking().expect("no item was lost");
        assert_eq!(report.traces.delivered, 2 * SPANS, "{report}");
        drop(release);
    });
}

/// Flushes ten spans in all ways that the collector can behave; nothing is lost by a failure.
#[track_caller]
fn check(flush: impl Fn(&Service) -> Result<TelemetryReport, FlushError> + Sync) {
    for_all_peers(|protocol, peer| {
        let name = format!("{protocol:?}, {peer:?}");
        let collector = peer.start();
        let mut services = Vec::new();
        check_within(deadline(peer), &name, || {
            let service = Service::start(&collector.endpoint(), protocol, deadline(peer));
            service.record_spans();
            let flushed = flush(&service);
            let is_healthy = peer == Peer::Healthy;
            assert_eq!(flushed.is_ok(), is_healthy, "{name}: {flushed:?}");
            let report = match &flushed {
                Ok(report) => report,
                Err(error) => error.report(),
            };
            let (delivered, held) = if is_healthy { (SPANS, 0) } else { (0, SPANS) };
            assert_eq!(report.traces.delivered, delivered, "{name}: {report:?}");
            assert_eq!(report.traces.held, held, "{name}: {report:?}");
            assert!(report.is_conserved(), "{name}: {report:?}");
            // Its end would take time as well.
            services.push(service);
        });
    });
}
