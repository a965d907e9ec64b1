//! What the calls around a piece of work cost: `memory::scope`, `log_memory_usage`,
//! `log_memory_cleanup`.
//!
//! ```text
//! cargo bench --bench memory_calls
//! ```
//!
//! Each case is a process of its own, with the counting allocator or with that of the system alone,
//! without telemetry or within a recorded span of a service that delivers to a collector in the
//! same process.
#![expect(unsafe_code, reason = "an allocator is unsafe by its trait")]
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::indexing_slicing, reason = "a bench may panic")]
#![expect(clippy::disallowed_methods, reason = "it measures real time")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::error::Error;
use std::hint::black_box;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use beacon::Telemetry;
use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::logging::LogConsole;
use beacon::memory::{self, ReclaimStatus, TrackingAllocator};
use tracing::info_span;

/// Counts or not, as the process was told before it did anything.
struct Chosen;

static TRACKING: TrackingAllocator = TrackingAllocator::new(System);
static IS_TRACKING: AtomicBool = AtomicBool::new(false);

#[global_allocator]
static ALLOCATOR: Chosen = Chosen;

// SAFETY: Both hand out the blocks of the system's allocator.
unsafe impl GlobalAlloc for Chosen {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if IS_TRACKING.load(Ordering::Relaxed) {
            // SAFETY: As the caller says.
            unsafe { TRACKING.alloc(layout) }
        } else {
            // SAFETY: As the caller says.
            unsafe { System.alloc(layout) }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if IS_TRACKING.load(Ordering::Relaxed) {
            // SAFETY: As the caller says.
            unsafe { TRACKING.dealloc(block, layout) }
        } else {
            // SAFETY: As the caller says.
            unsafe { System.dealloc(block, layout) }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("case") {
        return case(has("tracking"), has("telemetry"), has("--test"));
    }
    println!("| allocator | telemetry | scope | future in a scope | usage | cleanup |");
    println!("|---|---|---|---|---|---|");
    for allocator in ["system", "tracking"] {
        for telemetry in ["none", "telemetry"] {
            let mut child = Command::new(env::current_exe()?);
            child.args(["case", allocator, telemetry]).args(has("--test").then_some("--test"));
            if !child.status()?.success() {
                return Err("a case has failed".into());
            }
        }
    }
    Ok(())
}

fn case(is_tracking: bool, has_telemetry: bool, is_test: bool) -> Result<(), Box<dyn Error>> {
    IS_TRACKING.store(is_tracking, Ordering::Relaxed);
    let telemetry = if has_telemetry {
        let collector = Collector::start()?;
        let builder =
            Telemetry::builder().environment(Environment::empty()).diagnostics_off_stderr();
        let builder = builder.log_console(LogConsole::Off);
        Some((builder.endpoint(collector.endpoint()).install()?, collector))
    } else {
        None
    };
    // What a service holds: 64 MiB in blocks of 1 KiB.
    let held: Vec<_> = (0..64 * 1024).map(|_| vec![1_u8; 1024]).collect();
    let runs = if is_test { 2 } else { 2_000 };
    let span = info_span!("work");
    let (scope, future, usage, cleanup) = span.in_scope(|| {
        let scope = median(runs, || drop(memory::scope("work")));
        let future = median(runs, || {
            let future = memory::scope("work").run_async(async { black_box(1) });
            let mut future = std::pin::pin!(future);
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(future.as_mut().poll(&mut context).is_ready());
        });
        let usage = median(runs.min(500), || _ = black_box(memory::log_memory_usage("Before")));
        let cleanup = cleanup(if is_test { 1 } else { 7 });
        (scope, future, usage, cleanup)
    });
    println!(
        "| {} | {} | {scope:.1?} | {future:.1?} | {usage:.1?} | {cleanup:.1?} |",
        if is_tracking { "counting" } else { "system" },
        if has_telemetry { "yes" } else { "no" },
    );
    black_box(held);
    drop(span);
    if let Some((telemetry, _collector)) = telemetry {
        telemetry.shutdown_blocking()?;
    }
    Ok(())
}

/// Half of 32 MiB is freed each time, so that there is something to give back.
fn cleanup(runs: usize) -> Duration {
    let mut times = Vec::new();
    while times.len() < runs {
        let mut blocks: Vec<_> = (0..32 * 1024).map(|_| vec![1_u8; 1024]).collect();
        blocks.truncate(16 * 1024);
        let begun = Instant::now();
        let report = memory::log_memory_cleanup("After");
        let took = begun.elapsed();
        if report.status == ReclaimStatus::Done {
            times.push(took);
        }
        thread::sleep(Duration::from_millis(200));
    }
    middle(times)
}

fn median(runs: usize, mut call: impl FnMut()) -> Duration {
    let time = |_| {
        let begun = Instant::now();
        call();
        begun.elapsed()
    };
    middle((0..runs).map(time).collect())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
