//! The memory of a real process: what arrives is true, and costs next to nothing.
//!
//! Each case runs in a process of its own: it looks at all threads, descriptors and allocations.
#![cfg(target_os = "linux")]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail; clippy only knows functions marked as tests, and not their helpers"
)]
#![expect(unsafe_code, reason = "an allocator that counts cannot be written without")]

#[path = "../child/mod.rs"]
mod child;
mod truth;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use beacon::collector::{Collector, ReceivedMetricPoint};
use beacon::memory::{self, MemoryLimit, MemorySnapshot};
use beacon::task::RuntimeConfig;
use beacon::testing::ManualClock;
use beacon::{Telemetry, TelemetryBuilder};

use crate::child::{beacon_threads, is_child, run, wait_until};
use crate::truth::tolerance;

const INTERVAL: Duration = Duration::from_secs(15);
const PATIENCE: Duration = Duration::from_secs(20);

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

thread_local! {
    static IS_TEST: Cell<bool> = const { Cell::new(false) };
}

/// What all threads but that of the test have asked of the system's allocator.
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

struct CountingAllocator;

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !IS_TEST.try_with(Cell::get).unwrap_or_default() {
            ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller promises what the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above, and `alloc` took the memory from there.
        unsafe { System.dealloc(memory, layout) }
    }
}

fn builder(variables: &[(&str, &str)]) -> TelemetryBuilder {
    let builder = Telemetry::builder().environment(variables.iter().copied().collect());
    // Of those who look at the clock, only the sampler is of interest.
    builder.diagnostics_off_stderr().runtime(RuntimeConfig::disabled())
}

const NOWHERE: [(&str, &str); 4] = [
    ("OTEL_TRACES_EXPORTER", "none"),
    ("OTEL_METRICS_EXPORTER", "none"),
    ("OTEL_LOGS_EXPORTER", "none"),
    ("BEACON_MEMORY_SYSTEM_METRICS", "true"),
];

/// Lets the interval pass, and waits for the sample.
fn next_sample(telemetry: &Telemetry, clock: &ManualClock) {
    wait_until("it waits for the interval", || clock.next_wake_up() == Some(INTERVAL));
    clock.advance(INTERVAL);
    wait_until("a sample", || telemetry.memory_snapshot().age == Some(Duration::ZERO));
}

#[test]
fn every_number_that_arrives_is_true() {
    run("every_number_that_arrives_is_true", &[], || {
        let collector = Collector::start().expect("a collector starts");
        let clock = ManualClock::new();
        let variables =
            [("BEACON_MEMORY_SYSTEM_METRICS", "true"), ("OTEL_TRACES_EXPORTER", "none")];
        let telemetry = builder(&variables)
            .endpoint(collector.endpoint())
            .manual_clock(clock.clone())
            .build()
            .expect("the settings are right");
        // Something to see: memory that is touched, descriptors and threads.
        let held = vec![1_u8; 32 << 20];
        let files: Vec<_> = (0..10).map(|_| fs::File::open("/proc/self/stat")).collect();
        wait_until("a sample", || telemetry.memory_snapshot().age.is_some());
        let before = truth::read();
        next_sample(&telemetry, &clock);
        let after = truth::read();
        telemetry.flush_blocking().expect("it arrives");
        drop((held, files));

        let mut seen = BTreeSet::new();
        for point in received(&collector) {
            let name = name_of(&point);
            let value = point.value.as_f64().expect("a number");
            let (Some(low), Some(high)) = (before.get(&name), after.get(&name)) else {
                panic!("{name} = {value}: nobody has looked at this");
            };
            let (low, high) = (low.min(*high), high.max(*low));
            let slack = tolerance(&name);
            let is_true = (low - slack..=high + slack).contains(&value);
            assert!(is_true, "{name} = {value}, and true is {low} to {high}");
            seen.insert(name);
        }
        // Only where a container was recognized.
        let is_due = |name: &&String| !name.starts_with("container.") && !seen.contains(*name);
        let missing: Vec<_> = before.keys().filter(is_due).collect();
        assert!(missing.is_empty(), "{missing:?} did not arrive");
    });
}

/// The last point of each series that tells of memory; not what beacon tells of itself.
fn received(collector: &Collector) -> Vec<ReceivedMetricPoint> {
    let arrived =
        collector.wait_for(PATIENCE, |store| store.metric_points().any(|p| p.metric == FIRST));
    arrived.expect("metrics arrive");
    let is_own = |name: &&String| OWN.iter().any(|head| name.starts_with(head));
    let names = collector.metric_names();
    names.iter().filter(is_own).flat_map(|name| collector.metric_points(name)).collect()
}

const FIRST: &str = "process.memory.usage";
const OWN: [&str; 6] =
    ["process.", "system.", "container.", "beacon.process.", "beacon.system.", "beacon.cgroup."];

fn name_of(point: &ReceivedMetricPoint) -> String {
    match point.attributes.first() {
        Some((_, value)) => format!("{}/{}", point.metric, value.as_str().unwrap_or_default()),
        None => point.metric.clone(),
    }
}

#[test]
fn a_sample_allocates_nothing_once_it_is_warm() {
    run("a_sample_allocates_nothing_once_it_is_warm", &[], || {
        IS_TEST.set(true);
        let mut variables = NOWHERE.to_vec();
        // On the machine's clock, since the one of tests allocates.
        variables.push(("BEACON_MEMORY_SAMPLE_INTERVAL", "100ms"));
        let telemetry = builder(&variables).build().expect("the settings are right");
        let mut last = Duration::MAX;
        let mut wait_for_samples = |count: u32| {
            for _ in 0..count {
                wait_until("the next sample", || {
                    let age = telemetry.memory_snapshot().age.unwrap_or(Duration::MAX);
                    age < std::mem::replace(&mut last, age)
                });
            }
        };
        wait_for_samples(3);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        wait_for_samples(10);
        assert_eq!(ALLOCATIONS.load(Ordering::Relaxed) - before, 0);
    });
}

/// 0.05 % of a processor at the default interval.
const NANOS_PER_SAMPLE_MAX: u64 = 7_500_000;

#[test]
fn a_sample_costs_next_to_nothing() {
    const SAMPLES: u32 = 300;
    run("a_sample_costs_next_to_nothing", &[], || {
        let clock = ManualClock::new();
        let telemetry =
            builder(&NOWHERE).manual_clock(clock.clone()).build().expect("the settings are right");
        wait_until("a sample", || telemetry.memory_snapshot().age.is_some());
        next_sample(&telemetry, &clock);
        let before = spent_nanos();
        for _ in 0..SAMPLES {
            next_sample(&telemetry, &clock);
        }
        let per_sample = (spent_nanos() - before) / u64::from(SAMPLES);
        report(&format!("{per_sample} ns of processor time for each sample"));
        assert!(per_sample <= NANOS_PER_SAMPLE_MAX, "{per_sample} ns");
    });
}

#[expect(clippy::print_stdout, reason = "a figure for whoever runs it with `--nocapture`")]
fn report(line: &str) {
    println!("{line}");
}

/// Processor time of the sampling threads so far.
fn spent_nanos() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").expect("a folder").flatten();
    let spent = tasks.filter_map(|task| {
        let name = fs::read_to_string(task.path().join("comm")).ok()?;
        let is_own = ["beacon-memory", "beacon-probe"].contains(&name.trim());
        let text = is_own.then(|| fs::read_to_string(task.path().join("schedstat")).ok())??;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    spent.sum()
}

#[test]
fn installed_telemetry_answers_for_the_process() {
    run("installed_telemetry_answers_for_the_process", &[], || {
        assert_eq!(memory::snapshot(), MemorySnapshot::default());
        assert_eq!(
            memory::snapshot().cgroup_limit,
            MemoryLimit::Unknown { reason: "not sampled yet" }
        );
        let telemetry = builder(&NOWHERE).install().expect("it is the first");
        wait_until("a sample", || memory::snapshot().rss_bytes.is_some());
        let snapshot = memory::snapshot();
        assert!(snapshot.rss_bytes > Some(1 << 20), "{snapshot:?}");
        assert!(snapshot.system_total_bytes > snapshot.rss_bytes, "{snapshot:?}");
        let threads = beacon_threads();
        assert!(threads.iter().any(|name| name == "beacon-memory"), "{threads:?}");
        telemetry.shutdown_blocking().expect("nothing is held");
        wait_until("no thread is left", || beacon_threads().is_empty());
        let age = memory::snapshot().age;
        assert!(memory::snapshot().age >= age, "the last sample stays, and grows old");
    });
}

#[test]
fn switched_off_there_is_no_thread_and_no_number() {
    run("switched_off_there_is_no_thread_and_no_number", &[], || {
        for off in ["BEACON_MEMORY_ENABLED=false", "OTEL_SDK_DISABLED=true"] {
            let mut variables = NOWHERE.to_vec();
            variables.push(off.split_once('=').expect("a pair"));
            let telemetry = builder(&variables).build().expect("the settings are right");
            let threads = beacon_threads();
            assert!(!threads.iter().any(|name| name == "beacon-memory"), "{threads:?}");
            assert_eq!(telemetry.memory_snapshot(), MemorySnapshot::default());
        }
    });
    assert!(is_child() || !beacon_threads().iter().any(|name| name == "beacon-memory"));
}
