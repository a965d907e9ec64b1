//! Workers that are blocked are told, and by whom.

use std::convert::Infallible;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use beacon::collector::{ReceivedLog, ReceivedMetricValue};
use beacon::propagation::HttpServerLayer;
use beacon::task::{self, ContextExt as _, Group, RuntimeConfig};
use beacon::testing::{ManualClock, TestTelemetry};
use beacon::tracing::info_span;
use http::{Request, Response};
use tokio::runtime::Runtime;
use tower::{Layer as _, Service as _};

use crate::support::{eventually, one_thread, without_timers, workers};

/// Half of the default threshold.
const LOOK: Duration = Duration::from_millis(250);

struct Watched {
    clock: ManualClock,
    test: TestTelemetry,
}

impl Watched {
    fn start(runtime: &Runtime) -> Self {
        let clock = ManualClock::new();
        let config = RuntimeConfig::disabled().stall_detection(true);
        let driven = clock.clone();
        let test =
            TestTelemetry::start_with(|b| without_timers(b).runtime(config).manual_clock(driven))
                .unwrap();
        test.telemetry().observe_runtime("api", runtime.handle()).unwrap();
        Self { clock, test }
    }

    /// Lets the watch look once, in time or not.
    fn look(&self, passed: Duration) {
        eventually(|| self.clock.next_wake_up() == Some(LOOK));
        self.clock.advance(passed);
        eventually(|| self.clock.next_wake_up() == Some(LOOK));
    }

    fn looks(&self, number: u32) {
        for _ in 0..number {
            self.look(LOOK);
        }
    }

    fn told(&self, event_name: &str) -> Vec<ReceivedLog> {
        let logs = self.test.logs().unwrap();
        logs.into_iter().filter(|log| log.event_name == event_name).collect()
    }

    fn stalled(&self) -> Vec<ReceivedLog> {
        self.told("beacon.runtime.stalled")
    }
}

/// Something that blocks the thread that polls it, until it is told to stop.
struct Block {
    end: Sender<()>,
    started: Receiver<()>,
}

fn block() -> (Block, impl FnOnce() + Send + 'static) {
    let ((end, ended), (begin, started)) = (channel(), channel());
    let blocks = move || {
        begin.send(()).unwrap();
        // Its answer is that the other end is gone.
        let _ = ended.recv();
    };
    (Block { end, started }, blocks)
}

impl Block {
    fn has_begun(&self) {
        self.started.recv().unwrap();
    }

    fn end(self, runtime: &Runtime) {
        drop(self.end);
        until_idle(runtime, 0);
    }
}

/// Waits until all workers but those that are blocked are parked: the driven clock does not wait for
/// a thread to get a processor.
fn until_idle(runtime: &Runtime, blocked: usize) {
    let metrics = runtime.metrics();
    let rests = |worker: &usize| metrics.worker_park_unpark_count(*worker) % 2 == 1;
    let idle = || (0..metrics.num_workers()).filter(rests).count();
    eventually(|| idle() + blocked == metrics.num_workers());
}

fn attribute(log: &ReceivedLog, key: &str) -> Option<String> {
    log.attribute(key).map(ToString::to_string)
}

#[test]
fn a_task_that_blocks_a_worker_is_told_by_name_and_span() {
    let runtime = workers(2);
    let watched = Watched::start(&runtime);
    let (held, blocks) = block();
    let group: Group<()> = Group::new("stall_group");
    watched.test.with(|| {
        let _in_runtime = runtime.enter();
        let _in_span = info_span!("import").entered();
        group.spawn("stall_import", async {
            blocks();
            Ok(())
        });
    });
    held.has_begun();
    until_idle(&runtime, 1);
    // The first look may have been before, or after it was blocked.
    watched.looks(1);
    assert_eq!(watched.stalled().len(), 0);
    watched.looks(3);
    let told = watched.stalled();
    assert_eq!(told.len(), 1);
    let log = &told[0];
    assert_eq!(log.severity_text, "WARN");
    assert_eq!(attribute(log, "tokio.runtime.name").as_deref(), Some("api"));
    assert_eq!(attribute(log, "beacon.task.name").as_deref(), Some("stall_import"));
    assert_eq!(attribute(log, "beacon.span.name").as_deref(), Some("import"));
    assert!(!log.trace_id.is_empty());
    let body = log.body.to_string();
    assert!(body.contains("has been blocked for 0.5 s by the task `stall_import`"), "{body}");

    // Once, however long it takes.
    watched.looks(20);
    assert_eq!(watched.stalled().len(), 1);
    let name = [("tokio.runtime.name", "api")];
    let stalled = || watched.test.metric("beacon.runtime.stalled_worker.count").unwrap();
    assert_eq!(stalled().value(&name).unwrap().as_i64(), Some(1));
    held.end(&runtime);
    watched.looks(1);
    let cleared = watched.told("beacon.runtime.stall_cleared");
    assert_eq!(cleared.len(), 1);
    assert_eq!(cleared[0].severity_text, "INFO");
    let id = |log| attribute(log, "beacon.runtime.stall.id");
    assert_eq!(id(&cleared[0]), id(log));
    let seconds = attribute(&cleared[0], "beacon.runtime.stall.duration_seconds").unwrap();
    let seconds: f64 = seconds.parse().unwrap();
    assert!((5.0..=6.5).contains(&seconds), "{seconds}");
    assert_eq!(stalled().value(&name).unwrap().as_i64(), Some(0));
    let stalls = watched.test.metric("beacon.runtime.stalls").unwrap();
    assert_eq!(stalls.value(&name).unwrap().as_i64(), Some(1));
    let duration = watched.test.metric("beacon.runtime.stall.duration").unwrap();
    let duration = duration.value(&name).unwrap();
    assert!(matches!(duration, ReceivedMetricValue::Histogram(held) if held.count == 1));
}

#[test]
fn each_way_of_spawning_is_known() {
    let runtime = workers(1);
    let watched = Watched::start(&runtime);
    let mut told = 0;
    let mut check = |spawn: &dyn Fn(Box<dyn FnOnce() + Send>), task: Option<&str>| {
        let (held, blocks) = block();
        watched.test.with(|| {
            let _in_runtime = runtime.enter();
            info_span!("request").in_scope(|| spawn(Box::new(blocks)));
        });
        held.has_begun();
        watched.looks(4);
        let stalled = watched.stalled();
        told += 1;
        assert_eq!(stalled.len(), told);
        let last = stalled.last().unwrap();
        assert_eq!(attribute(last, "beacon.task.name").as_deref(), task);
        assert_eq!(attribute(last, "beacon.span.name").as_deref(), Some("request"));
        held.end(&runtime);
        watched.looks(1);
    };
    check(&|blocks| drop(task::spawn(async move { blocks() })), None);
    let handle = runtime.handle();
    check(&|blocks| drop(task::spawn_on(handle, async move { blocks() })), None);
    let named = task::named("stall_named");
    check(&|blocks| drop(named.spawn(async move { blocks() })), Some("stall_named"));
    let set = |blocks: Box<dyn FnOnce() + Send>| {
        let mut set = task::JoinSet::new();
        set.spawn(async move { blocks() });
        set.detach_all();
    };
    check(&set, None);
    let linked = |blocks: Box<dyn FnOnce() + Send>| {
        let span = info_span!(parent: None, "request");
        drop(task::spawn_linked(span, async move { blocks() }));
    };
    check(&linked, None);
}

#[test]
fn a_runtime_that_does_not_turn_is_told_without_beacons_spawn() {
    let runtime = one_thread();
    let watched = Watched::start(&runtime);
    let (held, blocks) = block();
    // It has turned, so somebody drives it.
    runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
    std::thread::scope(|scope| {
        let driver = scope.spawn(|| runtime.block_on(async { blocks() }));
        held.has_begun();
        watched.looks(4);
        let told = watched.stalled();
        assert_eq!(told.len(), 1);
        let body = told[0].body.to_string();
        assert!(body.starts_with("the runtime `api` has been blocked for 0."), "{body}");
        assert_eq!(attribute(&told[0], "beacon.task.name"), None);
        drop(held);
        driver.join().unwrap();
    });
}

#[test]
fn a_runtime_that_nobody_drives_is_not_blocked() {
    let runtime = one_thread();
    let watched = Watched::start(&runtime);
    drop(runtime.spawn(async {}));
    watched.looks(10);
    assert_eq!(watched.stalled().len(), 0);
    // Somebody does, and is blocked at once: a task of beacon's says so.
    let (held, blocks) = block();
    std::thread::scope(|scope| {
        let work = watched.test.with(|| {
            let _in_span = info_span!("start").entered();
            async { blocks() }.with_current_context()
        });
        let driver = scope.spawn(|| runtime.block_on(work));
        held.has_begun();
        watched.looks(4);
        let told = watched.stalled();
        assert_eq!(told.len(), 1);
        assert_eq!(attribute(&told[0], "beacon.span.name").as_deref(), Some("start"));
        drop(held);
        driver.join().unwrap();
    });
}

#[test]
fn a_runtime_that_is_observed_from_inside_is_driven() {
    let runtime = one_thread();
    let watched = Watched::start(&workers(1));
    let (held, blocks) = block();
    std::thread::scope(|scope| {
        let driver = scope.spawn(|| {
            runtime.block_on(async {
                watched.test.telemetry().observe_runtime("inside", runtime.handle()).unwrap();
                blocks();
            });
        });
        held.has_begun();
        watched.looks(4);
        assert_eq!(watched.stalled().len(), 1);
        drop(held);
        driver.join().unwrap();
    });
}

#[test]
fn a_thread_that_goes_to_another_runtime_is_known_there() {
    let (first, second) = (one_thread(), one_thread());
    let watched = Watched::start(&second);
    let work = |name, code: Box<dyn FnOnce() + Send>| {
        watched.test.with(|| {
            let _in_span = info_span!("work", otel.name = name).entered();
            async { code() }.with_current_context()
        })
    };
    first.block_on(work("first", Box::new(|| {})));
    let (held, blocks) = block();
    let driver = || {
        for _ in 0..100 {
            second.block_on(work("second", Box::new(|| {})));
        }
        second.block_on(work("blocks", Box::new(blocks)));
    };
    std::thread::scope(|scope| {
        let driver = scope.spawn(|| {
            first.block_on(work("first", Box::new(|| {})));
            driver();
        });
        held.has_begun();
        watched.looks(4);
        let told = watched.stalled();
        assert_eq!(told.len(), 1);
        assert_eq!(attribute(&told[0], "beacon.span.name").as_deref(), Some("work"));
        drop(held);
        driver.join().unwrap();
    });
}

#[test]
fn a_request_that_blocks_is_known_by_its_span() {
    let runtime = workers(1);
    let watched = Watched::start(&runtime);
    let (held, blocks) = block();
    let blocks = std::sync::Mutex::new(Some(blocks));
    let answer = watched.test.with(|| {
        let handler = tower::service_fn(move |_: Request<String>| {
            let blocks = blocks.lock().unwrap().take();
            async move {
                if let Some(blocks) = blocks {
                    blocks();
                }
                Ok::<_, Infallible>(Response::new(String::new()))
            }
        });
        HttpServerLayer::new().layer(handler).call(Request::new(String::new()))
    });
    // As servers spawn their connections.
    drop(runtime.spawn(answer));
    held.has_begun();
    watched.looks(4);
    let told = watched.stalled();
    assert_eq!(told.len(), 1);
    assert_eq!(attribute(&told[0], "beacon.span.name").as_deref(), Some("HTTP server"));
    held.end(&runtime);
}

#[test]
fn a_process_that_was_stopped_is_not_blocked() {
    let runtime = workers(1);
    let watched = Watched::start(&runtime);
    let (held, blocks) = block();
    runtime.spawn(async { blocks() });
    held.has_begun();
    // Each look comes too late: nobody was there to look, nor to work.
    for _ in 0..10 {
        watched.look(Duration::from_hours(1));
        watched.look(LOOK);
    }
    assert_eq!(watched.stalled().len(), 0);
    held.end(&runtime);
}

#[test]
fn work_that_blocks_where_it_may_is_no_stall() {
    let runtime = workers(2);
    let watched = Watched::start(&runtime);
    let (on_pool, blocks_on_pool) = block();
    let (in_place, blocks_in_place) = block();
    runtime.block_on(watched.test.capture(async {
        task::spawn_blocking(blocks_on_pool);
        task::spawn(async { tokio::task::block_in_place(blocks_in_place) });
    }));
    on_pool.has_begun();
    in_place.has_begun();
    // Another thread has taken the place of the one that blocks.
    until_idle(&runtime, 0);
    watched.looks(10);
    assert_eq!(watched.stalled().len(), 0);
    in_place.end(&runtime);
    drop(on_pool);
}

#[test]
fn a_runtime_that_is_gone_is_not_watched() {
    let runtime = workers(1);
    let watched = Watched::start(&runtime);
    watched.looks(1);
    drop(runtime);
    // Without a runtime there is nothing to look at.
    eventually(|| {
        watched.clock.advance(LOOK);
        watched.clock.next_wake_up() > Some(LOOK)
    });
    assert!(watched.clock.next_wake_up() > Some(LOOK));
    assert_eq!(watched.stalled().len(), 0);
}

/// With the machine's clock, for a short time; the long run is `cargo bench --bench watch`.
#[test]
fn a_healthy_service_under_load_is_not_told() {
    let config = RuntimeConfig::disabled().stall_detection(true);
    let test = TestTelemetry::start_with(|b| b.runtime(config)).unwrap();
    let runtime = workers(2);
    test.telemetry().observe_runtime("api", runtime.handle()).unwrap();
    let begun = std::time::Instant::now();
    runtime.block_on(async {
        let mut set = task::JoinSet::new();
        for _ in 0..8 {
            set.spawn(async move {
                while begun.elapsed() < Duration::from_millis(1_500) {
                    tokio::task::yield_now().await;
                }
            });
        }
        while set.join_next().await.is_some() {}
    });
    let stalls = test.metric("beacon.runtime.stalls").unwrap();
    assert_eq!(stalls.value(&[]).unwrap().as_i64(), Some(0));
}
