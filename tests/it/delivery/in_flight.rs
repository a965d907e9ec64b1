//! Several requests of one signal are open at a time, and never more than the setting says.

use std::time::Duration;

use beacon::collector::{AttemptAnswer, Collector, CollectorStore, Fault, Times};

use crate::support::{PATIENCE, Service, eventually};

#[test]
fn a_far_collector_has_as_many_requests_open_as_allowed() {
    for (in_flight, protocol) in [(1, "http/protobuf"), (4, "grpc"), (6, "http/json")] {
        let collector = Collector::start().expect("a collector starts");
        collector.inject(Fault::RoundTrip(Duration::from_millis(50)), Times::Always);
        let service = Service::builder(&collector)
            .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 10)
            .set("BEACON_REQUESTS_IN_FLIGHT", in_flight)
            .start();
        // Nothing else is open while connections are made, so the first wave shows it already.
        service.record_spans(240);
        let mut open_max = 0;
        collector
            .wait_for(PATIENCE, |store| {
                open_max = open_max.max(open_requests(store));
                store.totals().spans() == 240
            })
            .expect("all spans arrive");
        assert_eq!(open_max, in_flight, "{protocol}");
        eventually("all answers arrive", || service.traces().delivered == 240);
        assert!(collector.connections() <= u64::try_from(in_flight).expect("it is small"));
    }
}

#[test]
fn a_signal_that_hangs_does_not_hold_up_another() {
    let collector = Collector::start().expect("a collector starts");
    collector.inject_for(beacon::Signal::Traces, Fault::Hang, Times::Always);
    let service = Service::builder(&collector)
        .set("OTEL_BSP_SCHEDULE_DELAY", 0)
        .set("OTEL_BLRP_SCHEDULE_DELAY", 0)
        .set("BEACON_SHUTDOWN_TIMEOUT", "100ms")
        .start();
    service.record_spans(1);
    collector.wait_for(PATIENCE, |store| open_requests(store) == 1).expect("the span hangs");
    service.record_logs(3);
    eventually("the log records arrive", || service.logs().delivered == 3);
    assert_eq!(service.traces().held, 1);
}

fn open_requests(store: &CollectorStore) -> usize {
    store.attempts().filter(|attempt| attempt.answer == AttemptAnswer::Pending).count()
}
