//! Ten thousand tasks of a group at a time, that end in every way: nothing is left of them.

use std::future::pending;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use beacon::Telemetry;
use beacon::memory::heap_counters;
use beacon::task::{self, Group, GroupError};
use tokio::runtime::Runtime;
use tracing::{Instrument as _, info_span};

use crate::{Failure, check};

const TASKS: u32 = 10_000;

pub(crate) fn run(
    runtime: &Runtime,
    telemetry: &Telemetry,
    lasts: Duration,
) -> Result<(), Failure> {
    let mut random = 0x5eed;
    // The allocator and the queues grow to what the load needs; what comes after must not.
    runtime.block_on(round(&mut random))?;
    settle(runtime, telemetry)?;
    let (rss_before, tasks_before) = (rss()?, runtime.metrics().num_alive_tasks());
    let heap_before = heap_counters().ok_or("nobody counts")?;
    let begun = Instant::now();
    let mut spawned = 0_u64;
    let mut rounds = 0_u32;
    while begun.elapsed() < lasts {
        runtime.block_on(round(&mut random))?;
        spawned = spawned.saturating_add(TASKS.into());
        rounds = rounds.saturating_add(1);
    }
    let took = begun.elapsed();
    settle(runtime, telemetry)?;
    let counts = task::task_counts().into_iter().find(|counts| counts.name == "soak");
    let counts = counts.ok_or("nothing was counted")?;
    let grown = rss()?.saturating_sub(rss_before);
    let heap = heap_counters().ok_or("nobody counts")?;
    let live_grown = heap.live_bytes.saturating_sub(heap_before.live_bytes);
    println!(
        "soak: {spawned} tasks in {rounds} rounds and {:.1} s: {} finished, {} panicked, \
         {} cancelled, {} live; {} spans live; {} KiB more resident, {} KiB more in use \
         in {} more blocks, of {} allocations",
        took.as_secs_f64(),
        counts.finished,
        counts.panicked,
        counts.cancelled,
        counts.live,
        telemetry.live_spans().len(),
        grown / 1024,
        live_grown / 1024,
        heap.live_blocks.saturating_sub(heap_before.live_blocks),
        heap.allocation_count.saturating_sub(heap_before.allocation_count),
    );
    check(counts.live == 0, "tasks are left")?;
    check(runtime.metrics().num_alive_tasks() <= tasks_before, "the runtime holds tasks")?;
    check(telemetry.live_spans().is_empty(), "spans are left")?;
    check(live_grown < HEAP_SLACK, "memory in use is left")?;
    check(grown < RSS_SLACK, "memory is left")
}

/// Waits for the last destructors and for the delivery.
fn settle(runtime: &Runtime, telemetry: &Telemetry) -> Result<(), Failure> {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10)
        && (runtime.metrics().num_alive_tasks() > 1 || !telemetry.live_spans().is_empty())
    {
        std::thread::park_timeout(Duration::from_millis(5));
    }
    telemetry.flush_blocking()?;
    // What the allocator holds for later is no leak.
    beacon::memory::reclaim();
    Ok(())
}

static CALLED: AtomicU64 = AtomicU64::new(0);

async fn round(random: &mut u64) -> Result<(), Failure> {
    let group: Group<&str> = Group::new("soak");
    let span = info_span!("round");
    let mut aborts = Vec::new();
    let mut panics = Vec::new();
    let spawned = async {
        for number in 0..TASKS {
            let span = info_span!("task", number);
            match next(random) % 6 {
                0 => drop(group.spawn("finishes", async { Ok(()) }.instrument(span))),
                1 => drop(group.spawn("yields", yields().instrument(span))),
                2 => drop(group.spawn("waits", pending().instrument(span))),
                3 => aborts.push(group.spawn("aborted", pending().instrument(span))),
                4 => {
                    let work = || {
                        CALLED.fetch_add(1, Ordering::Relaxed);
                        Ok(())
                    };
                    drop(group.spawn_blocking("blocks", move || span.in_scope(work)));
                }
                _ => {
                    // Its panic would end the group at once, so it is a task of its own.
                    let work = async { std::panic::resume_unwind(Box::new("as planned")) };
                    panics.push(task::named("soak").spawn(work.instrument(span)));
                }
            }
            if number % 64 == 0 {
                tokio::task::yield_now().await;
            }
        }
        for abort in aborts {
            abort.abort();
        }
        for task in panics {
            let joined: Result<(), _> = task.await;
            check(joined.is_err_and(|error| error.is_panic()), "a panic was lost")?;
        }
        Ok::<(), Failure>(())
    };
    spawned.instrument(span).await?;
    group.cancel();
    match group.join_within(Duration::from_secs(10)).await {
        Ok(report) => check(report.panicked == 0 && report.failed == 0, "another end"),
        Err(GroupError::DeadlineExceeded { .. }) => Err("tasks run on".into()),
        Err(error) => Err(error.to_string().into()),
    }
}

async fn yields() -> Result<(), &'static str> {
    tokio::task::yield_now().await;
    Ok(())
}

/// Source: Marsaglia, Xorshift RNGs (2003).
fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

fn rss() -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kibibytes.ok_or("no `VmRSS`")?.parse::<u64>()?.saturating_mul(1024))
}

/// What buffers and tables that are kept may differ by.
const HEAP_SLACK: u64 = 1 << 20;

/// What threads for blocking functions and the queues may differ by.
const RSS_SLACK: u64 = 16 << 20;
