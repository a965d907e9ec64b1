//! The metrics of runtimes and of named tasks.

use std::future::pending;
use std::time::Duration;

use beacon::TelemetryBuilder;
use beacon::collector::ReceivedMetricValue;
use beacon::task::{self, ObserveRuntimeError, RuntimeConfig};
use beacon::testing::{ManualClock, TestTelemetry};

use crate::support::{eventually, one_thread, without_timers, workers};

fn watched(builder: TelemetryBuilder) -> TelemetryBuilder {
    builder.runtime(RuntimeConfig::default().metrics(true))
}

fn value(test: &TestTelemetry, metric: &str, attributes: &[(&str, &str)]) -> Option<i64> {
    test.metric(metric).ok()?.value(attributes).ok()?.as_i64()
}

#[test]
fn each_runtime_has_its_series_for_as_long_as_it_lives() {
    let test = TestTelemetry::start_with(watched).unwrap();
    let (several, one) = (workers(3), one_thread());
    test.telemetry().observe_runtime("api", several.handle()).unwrap();
    test.telemetry().observe_runtime("jobs", one.handle()).unwrap();
    let api = [("tokio.runtime.name", "api")];
    let jobs = [("tokio.runtime.name", "jobs")];
    assert_eq!(value(&test, "tokio.worker.count", &api), Some(3));
    assert_eq!(value(&test, "tokio.worker.count", &jobs), Some(1));

    // The probe is not a task of the service.
    assert_eq!(value(&test, "tokio.task.count", &api), Some(0));
    let tasks: Vec<_> = (0..5).map(|_| several.spawn(pending::<()>())).collect();
    assert_eq!(value(&test, "tokio.task.count", &api), Some(5));
    for task in tasks {
        task.abort();
    }
    eventually(|| value(&test, "tokio.task.count", &api) == Some(0));
    assert_eq!(value(&test, "tokio.task.count", &api), Some(0));
    assert!(value(&test, "tokio.worker.parks", &api) > Some(0));
    // Nobody drives the other one: what is spawned there waits.
    drop(one.spawn(async {}));
    let global = [("tokio.runtime.name", "jobs"), ("tokio.queue.type", "global")];
    assert!(value(&test, "tokio.scheduler.queue.length", &global) > Some(0));
    let busy = test.metric("tokio.worker.busy.time").unwrap();
    assert_eq!(busy.points().len(), 2);

    drop(several);
    eventually(|| {
        // What was received before is there for ever.
        test.clear().unwrap();
        value(&test, "tokio.worker.count", &api).is_none()
    });
    assert_eq!(value(&test, "tokio.worker.count", &api), None);
    assert_eq!(value(&test, "tokio.worker.count", &jobs), Some(1));
}

#[test]
fn a_name_belongs_to_one_runtime() {
    let test = TestTelemetry::start_with(watched).unwrap();
    let telemetry = test.telemetry();
    let (first, second) = (workers(1), workers(1));
    telemetry.observe_runtime("api", first.handle()).unwrap();
    let error = telemetry.observe_runtime("api", second.handle()).unwrap_err();
    assert_eq!(error.to_string(), "another runtime is observed as `api`");
    telemetry.observe_runtime("jobs", second.handle()).unwrap();
    // A refusal leaves it as it was.
    telemetry.observe_runtime("api", second.handle()).unwrap_err();
    assert_eq!(value(&test, "tokio.worker.count", &[("tokio.runtime.name", "jobs")]), Some(1));
    // Renamed.
    telemetry.observe_runtime("web", first.handle()).unwrap();
    telemetry.observe_runtime("api", second.handle()).unwrap();
    test.clear().unwrap();
    let names: Vec<_> = test.metric("tokio.worker.count").unwrap().points().to_vec();
    assert_eq!(names.len(), 2);
    // Of each renaming one probe is left, and it is not counted.
    eventually(|| first.metrics().num_alive_tasks() == 1);
    assert_eq!(first.metrics().num_alive_tasks(), 1);

    let more: Vec<_> = (0..15).map(|_| one_thread()).collect();
    for (number, runtime) in more.iter().take(14).enumerate() {
        telemetry.observe_runtime(&number.to_string(), runtime.handle()).unwrap();
    }
    let error = telemetry.observe_runtime("one more", more[14].handle()).unwrap_err();
    assert_eq!(error, ObserveRuntimeError::TooMany);
    drop(first);
    eventually(|| telemetry.observe_runtime("one more", more[14].handle()).is_ok());

    test.telemetry().shutdown_blocking().unwrap();
    let error = telemetry.observe_runtime("late", second.handle()).unwrap_err();
    assert_eq!(error, ObserveRuntimeError::NotWatching);
    // Nothing of beacon's stays on the runtime.
    eventually(|| second.metrics().num_alive_tasks() == 0);
    assert_eq!(second.metrics().num_alive_tasks(), 0);
}

#[test]
fn how_late_a_task_is_polled_is_measured() {
    let clock = ManualClock::new();
    let test = {
        let clock = clock.clone();
        let config = RuntimeConfig::default().metrics(true).stall_detection(false);
        TestTelemetry::start_with(|b| without_timers(b).runtime(config).manual_clock(clock))
            .unwrap()
    };
    let runtime = workers(1);
    test.telemetry().observe_runtime("api", runtime.handle()).unwrap();
    let second = Duration::from_secs(1);
    let tick = |by: Duration| {
        eventually(|| clock.next_wake_up() == Some(second));
        clock.advance(by);
    };
    // The worker is busy when it is asked, for half a second of that clock.
    let (begin, started) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel();
    runtime.spawn(async move {
        begin.send(()).unwrap();
        ended.recv().unwrap();
    });
    started.recv().unwrap();
    tick(second);
    eventually(|| clock.next_wake_up() == Some(second));
    clock.advance(Duration::from_millis(500));
    end.send(()).unwrap();
    let parks = || runtime.metrics().worker_park_unpark_count(0) % 2 == 1;
    eventually(parks);
    clock.advance(Duration::from_millis(500));
    tick(second);
    eventually(|| test.metric("tokio.scheduler.delay").is_ok());
    let delay = test.metric("tokio.scheduler.delay").unwrap();
    let point = delay.value(&[("tokio.runtime.name", "api")]).unwrap();
    let ReceivedMetricValue::Histogram(histogram) = point else { panic!("{delay}") };
    let sum = histogram.sum.unwrap();
    assert!((sum - 0.5).abs() < 1e-9, "{delay}");
}

#[test]
fn named_tasks_are_metrics() {
    let test = TestTelemetry::start_with(watched).unwrap();
    let runtime = workers(2);
    let import = task::named("metric_import");
    runtime.block_on(async {
        import.spawn(async {}).await.unwrap();
        let panics = async { std::panic::resume_unwind(Box::new("as planned")) };
        assert!(import.spawn(panics).await.is_err());
        let cancelled = import.spawn(pending::<()>());
        cancelled.abort();
        assert!(cancelled.await.is_err());
    });
    let running = { runtime.block_on(async { import.spawn(pending::<()>()) }) };
    let name = ("beacon.task.name", "metric_import");
    assert_eq!(value(&test, "beacon.task.spawned", &[name]), Some(4));
    assert_eq!(value(&test, "beacon.task.live", &[name]), Some(1));
    for outcome in ["finished", "panicked", "cancelled"] {
        let attributes = [name, ("beacon.task.outcome", outcome)];
        assert_eq!(value(&test, "beacon.task.ended", &attributes), Some(1), "{outcome}");
    }
    drop(running);
}
