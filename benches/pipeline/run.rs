//! One process, one stack, one part of the measurements.

use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use crate::Failure;
use crate::alloc::{self, Allocations};
use crate::cpu::{self, CpuTimes};
use crate::sink::Sink;
use crate::stack::{Running, Stack};
use crate::work::{Operation, pace};

/// A name and what was found.
pub(crate) type Finding = (String, f64);

/// What one process measures.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part {
    /// As many spans as one thread can make.
    Burst,
    /// Time and allocations of the calling thread, processor time of the exporter.
    Cost,
    /// A steady rate to a sink that is far away.
    Far,
}

impl Part {
    pub(crate) const ALL: [Self; 3] = [Self::Cost, Self::Burst, Self::Far];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Burst => "burst",
            Self::Cost => "cost",
            Self::Far => "far",
        }
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|part| part.name() == text);
        found.ok_or_else(|| format!("there is no part `{text}`"))
    }
}

pub(crate) fn run(
    stack: Stack,
    part: Part,
    round: usize,
    quick: bool,
) -> Result<Vec<Finding>, Failure> {
    let mut sink = Sink::start()?;
    let running = stack.start(sink.endpoint())?;
    // The first items connect and make what is made once.
    Operation::SpanWithEvent.repeat(100);
    running.flush()?;
    match part {
        Part::Burst => burst(&*running, &mut sink),
        Part::Cost => cost(&*running, &mut sink, round, quick),
        Part::Far => far(&*running, &mut sink, quick),
    }
}

/// Runs an operation to be counted by callgrind, to a sink that takes everything.
pub(crate) fn instructions(
    stack: Stack,
    operation: Operation,
    iterations: u32,
) -> Result<(), Failure> {
    let sink = Sink::start()?;
    let running = stack.start(sink.endpoint())?;
    operation.repeat(iterations);
    running.flush()
}

fn cost(
    running: &dyn Running,
    sink: &mut Sink,
    round: usize,
    quick: bool,
) -> Result<Vec<Finding>, Failure> {
    let mut findings = Vec::new();
    let mut operations = Operation::ALL;
    operations.rotate_left(round % Operation::ALL.len());
    let samples = if quick { 10 } else { 60 };
    for operation in operations {
        findings.push((operation.name().to_owned(), nanos_per_operation(operation, samples)?));
    }
    running.flush()?;
    for operation in operations {
        let name = operation.name();
        let Allocations { own_thread, all_threads } =
            alloc::count(|| operation.repeat(ALLOCATION_TIMES), || running.flush())?;
        let times = f64::from(ALLOCATION_TIMES);
        findings.push((format!("{name}_allocations"), to_f64(own_thread) / times));
        findings.push((format!("{name}_allocations_all"), to_f64(all_threads) / times));
    }

    let duration_ms = if quick { 300 } else { 2_000 };
    let (received_before, cpu_before) = (sink.received()?, CpuTimes::now()?);
    pace(PACED_PER_MS, duration_ms);
    running.flush()?;
    let cpu = CpuTimes::now()?.since(cpu_before);
    let received = sink.received()? - received_before;
    let emitted = u64::from(PACED_PER_MS) * u64::from(duration_ms);
    findings.push(("exporter_cpu".to_owned(), to_f64(cpu.exporter) / to_f64(received)));
    findings.push(("caller_cpu".to_owned(), to_f64(cpu.caller) / to_f64(emitted)));
    findings.push(("paced_lost".to_owned(), to_f64(emitted - received)));
    Ok(findings)
}

/// The median over samples that are short enough for any queue, with a pause in which the exporter
/// catches up: what is measured is never the cost of dropping.
///
/// Processor time and not time that passed: what else runs on the machine counts as little as
/// possible. The scheduler brings a thread's clock up to date when the thread sleeps.
fn nanos_per_operation(operation: Operation, samples: usize) -> Result<f64, Failure> {
    operation.repeat(SAMPLE_TIMES);
    let mut nanos = Vec::with_capacity(samples);
    for _ in 0..samples {
        thread::sleep(SAMPLE_PAUSE);
        let before = cpu::own_thread_nanos()?;
        operation.repeat(SAMPLE_TIMES);
        thread::sleep(Duration::from_nanos(1));
        let spent = cpu::own_thread_nanos()?.saturating_sub(before);
        nanos.push(to_f64(spent) / f64::from(SAMPLE_TIMES));
    }
    thread::sleep(SAMPLE_PAUSE);
    nanos.sort_by(f64::total_cmp);
    nanos.get(samples / 2).copied().ok_or_else(|| "there is no sample".into())
}

fn burst(running: &dyn Running, sink: &mut Sink) -> Result<Vec<Finding>, Failure> {
    let before = sink.received()?;
    let start = Instant::now();
    Operation::Span.repeat(BURST_SPANS);
    let nanos = start.elapsed().as_secs_f64() * 1e9;
    running.flush()?;
    let received = sink.received()? - before;
    Ok(vec![
        ("burst_lost".to_owned(), to_f64(u64::from(BURST_SPANS) - received)),
        ("burst_ns".to_owned(), nanos / f64::from(BURST_SPANS)),
        ("burst_rss".to_owned(), to_f64(cpu::peak_rss_kib()?) / 1024.0),
    ])
}

fn far(running: &dyn Running, sink: &mut Sink, quick: bool) -> Result<Vec<Finding>, Failure> {
    sink.move_away(FAR_ROUND_TRIP)?;
    let before = sink.received()?;
    let duration_ms = if quick { 1_000 } else { 3_000 };
    pace(FAR_PER_MS, duration_ms);
    running.flush()?;
    let received = sink.received()? - before;
    let emitted = u64::from(FAR_PER_MS) * u64::from(duration_ms);
    let lost = to_f64(emitted - received);
    Ok(vec![("far_lost".to_owned(), lost), ("far_emitted".to_owned(), to_f64(emitted))])
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^52")]
const fn to_f64(count: u64) -> f64 {
    count as f64
}

pub(crate) const BURST_SPANS: u32 = 40_000;
pub(crate) const FAR_ROUND_TRIP: Duration = Duration::from_millis(50);
pub(crate) const FAR_PER_MS: u32 = 30;
/// A rate that every stack sustains.
pub(crate) const PACED_PER_MS: u32 = 40;

/// Below the 2,048 items that the official processors hold by default.
const SAMPLE_TIMES: u32 = 1_000;
const SAMPLE_PAUSE: Duration = Duration::from_millis(20);
const ALLOCATION_TIMES: u32 = 1_500;
