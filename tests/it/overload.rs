//! Every item is accounted for at every moment, whatever the collector does meanwhile.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use beacon::collector::{Collector, Fault, Times};
use beacon::{Signal, tracing};

use crate::support::{PATIENCE, Service, eventually};

const THREADS: u64 = 4;
const ITEMS_PER_THREAD: u64 = 6_000;
const EMITTED: u64 = THREADS * ITEMS_PER_THREAD;
const CHECKS_MIN: u64 = 100;
const ATTEMPTS_MIN: usize = 10;
/// How long the collector misbehaves in one way.
const PAUSE_BETWEEN_FAULTS: Duration = Duration::from_millis(15);

#[test]
fn the_sum_holds_at_every_moment_and_at_the_end() {
    for (protocol, queue) in [("http/protobuf", "256KiB"), ("grpc", "16MiB"), ("http/json", "1MiB")]
    {
        let collector = Collector::start().expect("a collector starts");
        let service = Service::builder(&collector)
            .with_metrics()
            .set("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .set("OTEL_METRIC_EXPORT_INTERVAL", 50)
            .set("OTEL_BSP_SCHEDULE_DELAY", 5)
            .set("OTEL_BLRP_SCHEDULE_DELAY", 0)
            .set("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 100)
            .set("BEACON_QUEUE_BYTES", queue)
            .set("BEACON_SHUTDOWN_TIMEOUT", format!("{}s", PATIENCE.as_secs()))
            .start();
        let checks = overload(&service, &collector);
        assert!(checks >= CHECKS_MIN, "{checks} checks");
        collector.clear_faults();
        // What hangs goes on hanging until the collector dies, once more.
        collector.pause_listening();
        collector.resume_listening().expect("the port is still ours");
        // Ends the pause, which may have grown long, and waits until everything is settled.
        service.telemetry.flush_blocking().expect("the collector is healthy again");
        let report = service.telemetry.shutdown_blocking().expect("nothing is left");
        assert!(report.is_conserved(), "{report}");
        for signal in Signal::ALL {
            assert_eq!(report.signal(signal).held, 0, "{report}");
        }
        assert_eq!((report.traces.emitted, report.logs.emitted), (EMITTED, EMITTED));
        // An answer that was lost makes a copy on the way, and never a second count. What a partial
        // success refuses is stored by this collector.
        let arrived = |signal| report.signal(signal).delivered + report.signal(signal).rejected;
        assert_eq!(distinct_spans(&collector), arrived(Signal::Traces), "{protocol}: {report}");
        assert_eq!(distinct_logs(&collector), arrived(Signal::Logs), "{protocol}: {report}");
        assert!(collector.totals().data_points() >= arrived(Signal::Metrics), "{report}");
        assert!(report.metrics.delivered > 0, "{report}");
    }
}

/// Records with all threads at full speed against a collector that misbehaves. Returns how often
/// the sum was checked meanwhile.
fn overload(service: &Service, collector: &Collector) -> u64 {
    let (is_over, checks) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        // Also when an assertion fails: a scope waits for its threads.
        let end = End(&is_over);
        let checker = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let report = service.telemetry.stats();
                assert!(report.is_conserved(), "{report}");
                checks.fetch_add(1, Ordering::Relaxed);
                thread::yield_now();
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                misbehave(collector, &is_over);
            }
        });
        let recorders: Vec<_> =
            (0..THREADS).map(|thread| scope.spawn(move || record(service, thread))).collect();
        for recorder in recorders {
            recorder.join().expect("a thread that records does not panic");
        }
        eventually("requests have failed, and the sum was checked", || {
            collector.attempts().len() >= ATTEMPTS_MIN
                && (checks.load(Ordering::Relaxed) >= CHECKS_MIN || checker.is_finished())
        });
        drop(end);
    });
    checks.into_inner()
}

struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn record(service: &Service, thread: u64) {
    service.run(|| {
        for n in 0..ITEMS_PER_THREAD {
            let id = thread * ITEMS_PER_THREAD + n;
            tracing::info_span!("work", id, text = "some more bytes").in_scope(|| {
                tracing::info!(id, "done");
            });
        }
    });
}

fn misbehave(collector: &Collector, is_over: &AtomicBool) {
    let partial = Fault::PartialSuccess { rejected: 3, message: "no room".to_owned() };
    let unavailable = Fault::HttpStatus { code: 503, retry_after: None };
    let faults = [
        unavailable,
        Fault::GrpcStatus { code: 14, retry_info: None },
        Fault::Hang,
        partial,
        Fault::Refuse,
        Fault::CloseMidAnswer,
        Fault::GarbageAnswer,
    ];
    for fault in faults {
        collector.inject(fault, Times::Next(2));
        pause(is_over);
    }
    collector.clear_faults();
    pause(is_over);
    collector.pause_listening();
    pause(is_over);
    collector.resume_listening().expect("the port is still ours");
    pause(is_over);
}

fn pause(is_over: &AtomicBool) {
    if !is_over.load(Ordering::Relaxed) {
        thread::park_timeout(PAUSE_BETWEEN_FAULTS);
    }
}

fn distinct_spans(collector: &Collector) -> u64 {
    collector.read(|store| {
        let ids: BTreeSet<_> = store.spans().map(|span| &span.span_id).collect();
        u64::try_from(ids.len()).expect("it is small")
    })
}

fn distinct_logs(collector: &Collector) -> u64 {
    collector.read(|store| {
        let ids: BTreeSet<_> =
            store.logs().filter_map(|log| log.attribute("id")?.as_i64()).collect();
        u64::try_from(ids.len()).expect("it is small")
    })
}
