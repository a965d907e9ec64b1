//! What beacon sees of a runtime, over longer times than a test may take. Each part fails when it is
//! not so.
//!
//! `cargo bench --bench watch` runs all parts, in two minutes; `-- --quick` a few seconds of each;
//! `-- healthy`, `-- stall`, `-- soak` one of them.

#![expect(clippy::disallowed_methods, reason = "it measures real time, and blocks on purpose")]
#![expect(clippy::print_stdout, reason = "a bench prints")]

mod soak;

use std::alloc::System;
use std::env;
use std::error::Error;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use beacon::Telemetry;
use beacon::collector::{Collector, ReceivedLog};
use beacon::config::Environment;
use beacon::memory::TrackingAllocator;
use beacon::task::{self, Group, channel};
use tokio::runtime::{Builder, Runtime};
use tracing::{Instrument as _, info_span};

/// The truth about memory that is left.
#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);

/// Whatever went wrong ends the bench.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let is_quick = arguments.iter().any(|argument| argument == "--quick");
    let seconds = |long, short| Duration::from_secs(if is_quick { short } else { long });
    let wants = |part: &str| {
        let mut parts = arguments.iter().filter(|argument| !argument.starts_with('-')).peekable();
        parts.peek().is_none() || parts.any(|wanted| wanted == part)
    };
    if let Some(endpoint) = arguments.iter().find_map(|it| it.strip_prefix(SOAK_ENDPOINT)) {
        return soak_here(endpoint, seconds(20, 2));
    }
    let collector = Collector::start()?;
    if wants("soak") {
        soak_aside(&collector, is_quick)?;
    }
    let (runtime, telemetry) = start(&collector.endpoint())?;
    if wants("healthy") {
        healthy(&runtime, &telemetry, &collector, seconds(60, 3))?;
    }
    if wants("stall") {
        stall(&runtime, &telemetry, &collector)?;
    }
    end(&telemetry)
}

fn start(endpoint: &str) -> Result<(Runtime, Telemetry), Failure> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let builder = Telemetry::builder().environment(Environment::empty()).trace_filter("info");
    let telemetry = {
        let _in_runtime = runtime.enter();
        builder.endpoint(endpoint).install()?
    };
    Ok((runtime, telemetry))
}

fn end(telemetry: &Telemetry) -> Result<(), Failure> {
    let begun = Instant::now();
    let report = telemetry.shutdown_blocking()?;
    let (took, traces) = (begun.elapsed(), &report.traces);
    println!(
        "shutdown: {took:.1?} of 5 s; of {} spans {} delivered, {} dropped",
        traces.emitted,
        traces.delivered,
        traces.dropped_total()
    );
    check(report.is_conserved() && took < Duration::from_secs(5), "the shutdown takes too long")
}

/// What is received is kept in memory, and must not be taken for what the service keeps.
fn soak_aside(collector: &Collector, is_quick: bool) -> Result<(), Failure> {
    let mut service = Command::new(env::current_exe()?);
    service.arg(format!("{SOAK_ENDPOINT}{}", collector.endpoint()));
    let status = service.args(is_quick.then_some("--quick")).status()?;
    check(status.success(), "the soak has failed")
}

fn soak_here(endpoint: &str, lasts: Duration) -> Result<(), Failure> {
    let (runtime, telemetry) = start(endpoint)?;
    soak::run(&runtime, &telemetry, lasts)?;
    end(&telemetry)
}

/// In front of where the process of the soak sends what it records.
const SOAK_ENDPOINT: &str = "--soak-endpoint=";

fn check(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

fn told(telemetry: &Telemetry, collector: &Collector) -> Result<Vec<ReceivedLog>, Failure> {
    telemetry.flush_blocking()?;
    let logs = collector.logs();
    Ok(logs.into_iter().filter(|log| log.event_name == "beacon.runtime.stalled").collect())
}

/// Both workers are never idle, and nothing is told.
fn healthy(
    runtime: &Runtime,
    telemetry: &Telemetry,
    collector: &Collector,
    lasts: Duration,
) -> Result<(), Failure> {
    let begun = Instant::now();
    let requests = runtime.block_on(load(begun, lasts))?;
    let told = told(telemetry, collector)?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("healthy: {requests} requests in {seconds:.1} s, {} stalls told", told.len());
    for log in &told {
        println!("  {} {:?}", log.body, log.attributes);
    }
    check(told.is_empty(), "a healthy runtime was told")
}

/// Requests that spawn, send, wait, compute and record, in eight loops.
async fn load(begun: Instant, lasts: Duration) -> Result<u64, Failure> {
    let mut set = task::JoinSet::new();
    for _ in 0..8 {
        set.spawn(async move {
            let mut requests = 0_u64;
            while begun.elapsed() < lasts {
                request().instrument(info_span!("request")).await?;
                requests = requests.saturating_add(1);
            }
            Ok::<_, Failure>(requests)
        });
    }
    let mut requests = 0_u64;
    while let Some(joined) = set.join_next().await {
        requests = requests.saturating_add(joined??);
    }
    Ok(requests)
}

async fn request() -> Result<(), Failure> {
    let (sender, mut receiver) = channel::mpsc(4);
    let sent = task::spawn(async move { sender.send(1).await.is_ok() });
    let hashed = task::spawn_blocking(|| (0..20_000_u64).fold(7, |sum, n| sum ^ n.rotate_left(3)));
    receiver.recv().await.ok_or("the sender is gone")?;
    check(sent.await? && hashed.await? != 1, "the work was not done")?;
    tokio::time::sleep(Duration::from_micros(50)).await;
    Ok(())
}

/// A worker is blocked for two seconds, while the other one goes on.
fn stall(runtime: &Runtime, telemetry: &Telemetry, collector: &Collector) -> Result<(), Failure> {
    let before = told(telemetry, collector)?.len();
    let group: Group<Failure> = Group::new("watch");
    let (begin, started) = tokio::sync::oneshot::channel();
    info_span!("import").in_scope(|| {
        let _in_runtime = runtime.enter();
        group.spawn("blocks", async move {
            // Nobody but this bench listens.
            let _ = begin.send(SystemTime::now());
            thread::sleep(Duration::from_secs(2));
            Ok(())
        });
    });
    let since = runtime.block_on(started)?.duration_since(UNIX_EPOCH)?;
    runtime.block_on(load(Instant::now(), Duration::from_millis(1_500)))?;
    runtime.block_on(group.join())?;
    let told = told(telemetry, collector)?;
    let log = told.get(before).ok_or("it was not told")?;
    let after = Duration::from_nanos(log.time_unix_nanos).saturating_sub(since);
    println!("stall: told after {after:.0?}: {}", log.body);
    let is_right = |key: &str, value: &str| {
        log.attribute(key).map(ToString::to_string).as_deref() == Some(value)
    };
    check(after < Duration::from_secs(1), "it was told too late")?;
    check(told.len() == before.saturating_add(1), "it was told more than once")?;
    let knows = is_right("beacon.task.name", "blocks") && is_right("beacon.span.name", "import");
    check(knows, "it was not told who blocks")
}
