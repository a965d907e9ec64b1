//! One process, one case.

use std::thread;
use std::time::Duration;

use crate::sink::Sink;
use crate::stacks::Case;
use crate::{Failure, alloc, cpu};

/// Per event, on the calling thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) nanos: f64,
    pub(crate) allocations: f64,
}

/// The median over samples that are short enough for any queue, with a pause in which the other
/// threads catch up: what is measured is never the cost of dropping.
///
/// Processor time and not time that passed: what else runs on the machine counts as little as
/// possible. The scheduler brings a thread's clock up to date when the thread sleeps.
pub(crate) fn run(case: Case, samples: usize) -> Result<Found, Failure> {
    let sink = Sink::start()?;
    let running = case.start(sink.endpoint())?;
    // The first events connect and make what is made once.
    case.operation.repeat(SAMPLE_TIMES);
    running.flush()?;
    let mut nanos = Vec::with_capacity(samples);
    for _ in 0..samples {
        thread::sleep(SAMPLE_PAUSE);
        let before = cpu::own_thread_nanos()?;
        case.operation.repeat(SAMPLE_TIMES);
        thread::sleep(Duration::from_nanos(1));
        nanos.push(per_event(cpu::own_thread_nanos()?.saturating_sub(before)));
    }
    nanos.sort_by(f64::total_cmp);
    running.flush()?;
    let counted = alloc::count(|| case.operation.repeat(SAMPLE_TIMES), || running.flush())?;
    let median = nanos.get(samples / 2).copied().ok_or("there is no sample")?;
    Ok(Found { nanos: median, allocations: per_event(counted.own_thread) })
}

/// Runs the operation to be counted by callgrind.
pub(crate) fn instructions(case: Case, iterations: u32) -> Result<(), Failure> {
    let sink = Sink::start()?;
    let running = case.start(sink.endpoint())?;
    case.operation.repeat(iterations);
    running.flush()
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
fn per_event(count: u64) -> f64 {
    count as f64 / f64::from(SAMPLE_TIMES)
}

/// Below the 2,048 records that the official processor holds by default.
const SAMPLE_TIMES: u32 = 1_000;
const SAMPLE_PAUSE: Duration = Duration::from_millis(20);
