//! A service whose memory is real, and whose days take seconds.

use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use beacon::Telemetry;
use beacon::collector::Collector;
use beacon::memory::{LeakAlert, MemoryConfig};
use beacon::task::RuntimeConfig;
use beacon::testing::ManualClock;
use tracing::info_span;
use tracing_subscriber::prelude::*;

use crate::child::wait_until;

pub(crate) const HOUR: u32 = 60;

pub(crate) struct Service {
    clock: ManualClock,
    telemetry: Telemetry,
    alerts: Receiver<LeakAlert>,
    heard: Vec<LeakAlert>,
    minute: u32,
    _base: Vec<Vec<u8>>,
    _collector: Collector,
}

impl Service {
    /// Starts with some memory in use, as services do.
    pub(crate) fn start() -> Self {
        let collector = Collector::start().expect("a collector");
        let clock = ManualClock::new();
        let (sender, alerts) = channel();
        let memory = MemoryConfig::default()
            .sample_interval(MINUTE)
            .on_leak(move |alert| drop(sender.send(alert.clone())));
        // Spans are counted as work, and leave nothing behind.
        let variables = [
            ("OTEL_TRACES_SAMPLER", "always_off"),
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ];
        let telemetry = Telemetry::builder()
            .environment(variables.into_iter().collect())
            .endpoint(collector.endpoint())
            .manual_clock(clock.clone())
            .memory(memory)
            // Of those who look at the clock, only the sampler is of interest.
            .runtime(RuntimeConfig::disabled())
            .diagnostics_off_stderr()
            .build()
            .expect("the settings are right");
        wait_until("the first sample", || clock.next_wake_up().is_some());
        tracing_subscriber::registry().with(telemetry.layer()).init();
        let base = (0..BASE_BYTES / BLOCK_BYTES).map(|_| vec![1; BLOCK_BYTES]).collect();
        let heard = Vec::new();
        Self { clock, telemetry, alerts, heard, minute: 0, _base: base, _collector: collector }
    }

    /// Lives until an alert satisfies `is_enough`, or for `minutes`: each minute it does its work,
    /// and then a sample is taken. Returns all alerts.
    pub(crate) fn run(
        mut self,
        minutes: u32,
        is_enough: impl Fn(&LeakAlert) -> bool,
        mut work: impl FnMut(u32),
    ) -> Vec<LeakAlert> {
        while self.minute < minutes {
            work(self.minute);
            self.pass_a_minute();
            self.minute += 1;
            self.heard.extend(self.alerts.try_iter());
            if self.heard.iter().any(&is_enough) {
                break;
            }
        }
        let Self { telemetry, alerts, mut heard, .. } = self;
        drop(telemetry.shutdown_blocking());
        // The callback goes with the last of the alerts.
        while let Ok(alert) = alerts.recv_timeout(GRACE) {
            heard.push(alert);
        }
        heard
    }
}

impl Service {
    /// Lets a minute pass, and waits until the sampler has looked at it and waits for the next one.
    fn pass_a_minute(&self) {
        self.clock.advance(MINUTE);
        wait_until("the sample", || {
            // The machine's time: whoever samples needs the processor.
            thread::park_timeout(LOOK);
            let has_sampled = self.telemetry.memory_snapshot().age == Some(Duration::ZERO);
            has_sampled && self.clock.next_wake_up().is_some()
        });
    }
}

/// Spans of one minute.
pub(crate) fn serve(requests: u32) {
    for _ in 0..requests {
        info_span!("import").in_scope(|| ());
    }
}

/// One alert of any kind is enough.
pub(crate) fn any(_: &LeakAlert) -> bool {
    true
}

/// What alerts were about, without repetitions.
pub(crate) fn shown(alerts: &[LeakAlert]) -> Vec<String> {
    let show = |alert: &LeakAlert| format!("{} {}", alert.cause.name(), alert.state.name());
    let mut all: Vec<_> = alerts.iter().map(show).collect();
    all.dedup();
    all
}

/// Threads that stay, each with an arena of its own. At a burst each allocates so many bytes in
/// small blocks, holds on to the last one, and frees the others.
pub(crate) struct Workers(Vec<std::sync::mpsc::SyncSender<(usize, std::sync::mpsc::Sender<()>)>>);

impl Workers {
    pub(crate) fn start(count: usize) -> Self {
        let start = |_| {
            let (sender, bursts) = std::sync::mpsc::sync_channel::<(usize, _)>(1);
            let work = move || {
                let mut pin = Vec::<u8>::new();
                while let Ok((bytes, done)) = bursts.recv() {
                    let blocks: Vec<_> = (0..bytes / SMALL_BYTES).map(|_| small()).collect();
                    let old = std::mem::replace(&mut pin, small());
                    drop((blocks, old));
                    drop::<std::sync::mpsc::Sender<()>>(done);
                }
                drop(pin);
            };
            thread::Builder::new().spawn(work).expect("a thread");
            sender
        };
        Self((0..count).map(start).collect())
    }

    pub(crate) fn burst(&self, bytes: usize) {
        let (sender, done) = channel();
        for worker in &self.0 {
            worker.send((bytes, sender.clone())).expect("it lives");
        }
        drop(sender);
        // Until the last one has dropped its end.
        done.recv().expect_err("nobody says anything");
    }
}

fn small() -> Vec<u8> {
    std::hint::black_box(vec![1; SMALL_BYTES])
}

const SMALL_BYTES: usize = 2_000;

const MINUTE: Duration = Duration::from_mins(1);

const LOOK: Duration = Duration::from_micros(100);

const GRACE: Duration = Duration::from_secs(2);

const BASE_BYTES: usize = 32 << 20;
const BLOCK_BYTES: usize = 64 << 10;
