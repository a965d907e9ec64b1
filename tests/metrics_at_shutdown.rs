//! The last values of metrics arrive even when shutdown begins in the middle of a collection.
#![cfg(feature = "testing")]

use std::error::Error;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::testing::ManualClock;
use beacon::tracing::info_span;
use beacon::tracing::subscriber::with_default;
use beacon::{DropReason, Telemetry};
use tracing_subscriber::layer::SubscriberExt as _;

#[test]
#[expect(clippy::disallowed_methods, reason = "the deadline of the test itself")]
fn shutdown_in_the_middle_of_a_collection_loses_no_metric() -> Result<(), Box<dyn Error>> {
    let collector = Collector::start()?;
    let clock = ManualClock::new();
    let telemetry = Telemetry::builder()
        .environment(Environment::empty())
        .endpoint(collector.endpoint())
        .metrics_interval(INTERVAL)
        .manual_clock(clock.clone())
        .shutdown_timeout(LIMIT)
        .diagnostics_off_stderr()
        .build()?;
    let (begin, has_begun) = channel();
    let (release, is_released) = channel::<()>();
    let is_released = Mutex::new(is_released);
    let meter = telemetry.meter("test");
    let _rooms = meter
        .u64_observable_gauge("test.rooms")
        .with_callback(move |observer| {
            // Once released, that is once the sender is gone, no further call waits.
            let _ = begin.send(());
            if let Ok(is_released) = is_released.lock() {
                let _ = is_released.recv_timeout(LIMIT);
            }
            observer.observe(7, &[]);
        })
        .build();

    // The collection of the interval is inside the callback when shutdown begins.
    let deadline = Instant::now() + LIMIT;
    while clock.next_wake_up() != Some(INTERVAL) && Instant::now() < deadline {
        thread::yield_now();
    }
    clock.advance(INTERVAL);
    has_begun.recv_timeout(LIMIT)?;
    let report = thread::scope(|scope| {
        let stopping = scope.spawn(|| match telemetry.shutdown_blocking() {
            Ok(report) => report,
            Err(error) => error.report().clone(),
        });
        // A span that comes too late shows that shutdown has begun.
        let subscriber = tracing_subscriber::registry().with(telemetry.layer());
        with_default(subscriber, || {
            let is_late =
                || telemetry.stats().traces.dropped.contains_key(&DropReason::AlreadyShutdown);
            while !is_late() && !stopping.is_finished() {
                drop(info_span!("late"));
                thread::yield_now();
            }
        });
        drop(release);
        stopping.join()
    });
    let report = report.map_err(|_| "the shutdown panicked")?;

    assert_eq!(report.metrics.dropped_total(), 0, "{report}");
    assert_eq!(report.metrics.delivered, report.metrics.emitted, "{report}");
    // The collection that was running, and the one at the end.
    assert_eq!(collector.metric_points("test.rooms").len(), 2);
    Ok(())
}

const INTERVAL: Duration = Duration::from_secs(10);
/// Far more than any step takes.
const LIMIT: Duration = Duration::from_secs(30);
