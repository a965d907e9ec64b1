//! What `health` says while a collector breaks and recovers.

use std::time::Duration;

use beacon::collector::{Collector, Fault, Times};
use beacon::config::Protocol;
use beacon::{HealthState, Signal};

use crate::service::{Service, wait_until};

#[test]
fn health_falls_with_the_signals_that_fail_and_comes_back() {
    let collector = Collector::start().expect("a collector starts");
    let service = start(&collector);
    let state = || service.telemetry.health().state;
    // With spans to deliver, so that delivery has something to fail with.
    let flush_until = |expected: HealthState| {
        wait_until(&expected.to_string(), || {
            service.record_spans();
            service.in_scope(|| tracing::info!("at work"));
            // Its result is not what is asked for here.
            drop(service.telemetry.flush_blocking());
            state() == expected
        });
    };
    assert_eq!(state(), HealthState::Healthy);
    flush_until(HealthState::Healthy);

    let unavailable = Fault::HttpStatus { code: 503, retry_after: None };
    collector.inject_for(Signal::Traces, unavailable, Times::Always);
    flush_until(HealthState::Degraded);
    let reasons = service.telemetry.health().reasons;
    assert!(matches!(&*reasons, [reason] if reason.starts_with("traces not")), "{reasons:?}");
    assert!(service.telemetry.is_delivering());

    collector.pause_listening();
    flush_until(HealthState::Dark);
    assert!(!service.telemetry.is_delivering());
    assert_eq!(service.telemetry.health().reasons.len(), Signal::ALL.len());

    collector.clear_faults();
    collector.resume_listening().expect("the port is still ours");
    flush_until(HealthState::Healthy);
    assert_eq!(service.telemetry.health().reasons, [""; 0]);

    service.telemetry.shutdown_blocking().expect("the collector works");
    assert_eq!(state(), HealthState::Dark);
    assert_eq!(service.telemetry.health().reasons, ["shut down"]);
}

fn start(collector: &Collector) -> Service {
    Service::start(&collector.endpoint(), Protocol::HttpProtobuf, Duration::from_millis(200))
}
