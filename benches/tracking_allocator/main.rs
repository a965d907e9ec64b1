//! What counting and sampling cost, beside the inner allocator alone, in one run.
//!
//! ```text
//! cargo bench --bench tracking_allocator
//! ```
//!
//! Each figure is the median over the rounds of the processor time of one allocation and its end.
//! The last column compares with the inner allocator beside the same blocks.
//! All variants of a case take turns within a round, so that what else the machine does meets all.
#![expect(unsafe_code, reason = "the calls of an allocator are unsafe")]
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::arithmetic_side_effects, reason = "a bench may panic")]
#![expect(clippy::indexing_slicing, reason = "a bench may panic")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod work;

use std::alloc::{GlobalAlloc, System};

use beacon::memory::{HeapSampling, TrackingAllocator, configure_heap_sampling};

use crate::work::{Held, PAIRS};

fn main() {
    let rounds = if std::env::args().any(|argument| argument == "--test") { 1 } else { ROUNDS };
    println!("| case | inner alone | counted | sampled each 512 KiB | and 10,000 samples alive |");
    println!("|---|---|---|---|---|");
    row::<0, 16>("64 B", 0, rounds);
    row::<1_024, 1_024>("16–1,039 B", 0, rounds);
    row::<1_024, 1_024>("16–1,039 B, 24 frames deep", 24, rounds);
}

fn row<const LEN_END: usize, const ALIVE: usize>(name: &str, depth: usize, rounds: usize) {
    let tracking = TrackingAllocator::new(System);
    let sampled = HeapSampling::every(512 * 1024);
    let mut times = [const { Vec::new() }; 5];
    for _ in 0..rounds {
        configure_heap_sampling(HeapSampling::disabled());
        times[0].push(time(|| work::run::<LEN_END, ALIVE>(&System, depth)));
        settle(&tracking);
        times[1].push(time(|| work::run::<LEN_END, ALIVE>(&tracking, depth)));
        configure_heap_sampling(sampled);
        settle(&tracking);
        times[2].push(time(|| work::run::<LEN_END, ALIVE>(&tracking, depth)));
        let held = hold_samples(&tracking);
        configure_heap_sampling(sampled);
        settle(&tracking);
        times[3].push(time(|| work::run::<LEN_END, ALIVE>(&System, depth)));
        settle(&tracking);
        times[4].push(time(|| work::run::<LEN_END, ALIVE>(&tracking, depth)));
        held.end(&tracking);
    }
    let [inner, counted, sampled, inner_many, many] = times.map(median);
    println!(
        "| {name} | {inner:.2} ns | +{:.2} ns | +{:.2} ns | +{:.2} ns |",
        counted - inner,
        sampled - inner,
        many - inner_many
    );
}

fn time(run: impl FnOnce()) -> f64 {
    let started = thread_nanos();
    run();
    (thread_nanos() - started) as f64 / PAIRS as f64
}

/// The time that this thread had on a processor.
fn thread_nanos() -> i64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: The place for the answer is there.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// A thread follows a change of sampling within 1 MiB.
fn settle(allocator: &impl GlobalAlloc) {
    Held::new(allocator, 2_048, 1_024).end(allocator);
}

/// Makes about as many samples as the interval aims at, at most.
fn hold_samples(allocator: &impl GlobalAlloc) -> Held {
    configure_heap_sampling(HeapSampling::every(1_024));
    settle(allocator);
    Held::new(allocator, 15_800, 1_024)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

const ROUNDS: usize = 101;
