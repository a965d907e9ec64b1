//! Export never observes itself, also when everything in the process is recorded.

use std::time::Duration;

use beacon::Telemetry;
use beacon::collector::{Collector, Fault, Times};
use beacon::config::{Environment, Protocol};
use beacon::tracing;

#[test]
fn with_trace_for_everything_ten_spans_are_ten_spans() {
    let collector = Collector::start().expect("a collector starts");
    // Failures and retries are no reason to speak either.
    collector.inject(Fault::HttpStatus { code: 503, retry_after: None }, Times::ONCE);
    let telemetry = Telemetry::builder()
        .environment(Environment::from_iter([
            ("BEACON_TRACE", "trace"),
            ("BEACON_LOG", "trace"),
            ("OTEL_BSP_SCHEDULE_DELAY", "0"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("BEACON_SHUTDOWN_TIMEOUT", "20s"),
        ]))
        .endpoint(collector.endpoint())
        .protocol(Protocol::Grpc)
        .diagnostics_off_stderr()
        .install()
        .expect("nobody else has installed anything");
    for n in 0..10 {
        tracing::trace_span!("work", n).in_scope(|| tracing::trace!(n, "done"));
    }
    telemetry.flush_blocking().expect("the collector is healthy");
    let report = telemetry.flush_blocking().expect("there is nothing more");
    assert_eq!((report.traces.emitted, report.logs.emitted), (10, 10), "{report}");
    let attempts = collector.attempts().len();
    let more =
        collector.wait_for(Duration::from_millis(300), |store| store.attempts().count() > attempts);
    more.expect_err("then there is silence");
    let totals = collector.totals();
    assert_eq!((totals.spans(), totals.log_records()), (10, 10), "{totals}");
    let report = telemetry.shutdown_blocking().expect("nothing is left");
    assert_eq!((report.traces.emitted, report.logs.emitted), (10, 10), "{report}");
}
