//! A leak on purpose: a day of it in a few seconds, and the alert at the end.
//!
//! Run it with `cargo run --release --features testing --example leak`.
#![expect(clippy::print_stdout, reason = "an example shows what happens")]

use std::error::Error;
use std::thread;
use std::time::Duration;

use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::logging::{LogConsole, LogFormat};
use beacon::memory::{LeakState, MemoryConfig, TrackingAllocator};
use beacon::testing::ManualClock;
use beacon::{Signal, Telemetry};
use tracing::{info_span, level_filters::LevelFilter};
use tracing_subscriber::prelude::*;

// Without it beacon sees that memory grows, and not which code holds it.
#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(std::alloc::System);

fn main() -> Result<(), Box<dyn Error>> {
    let collector = Collector::start()?;
    let clock = ManualClock::new();
    let (sender, alerts) = std::sync::mpsc::channel();
    let memory = MemoryConfig::default()
        .sample_interval(MINUTE)
        .on_leak(move |alert| drop(sender.send(alert.clone())));
    let telemetry = Telemetry::builder()
        .environment(Environment::empty())
        .service_name("leak")
        .endpoint(collector.endpoint())
        .manual_clock(clock.clone())
        .memory(memory)
        // A clock that leaps makes deliveries look slow.
        .diagnostics_off_stderr()
        .signal_exporters(Signal::Metrics, &[])
        // The alert is a line, too.
        .log_format(LogFormat::Compact)
        .log_console(LogConsole::Stdout)
        .log_console_level(LevelFilter::WARN)
        .build()?;
    tracing_subscriber::registry().with(telemetry.layer()).init();

    let mut forgotten = Vec::new();
    for _ in 0..MINUTES_MAX {
        serve_a_minute(&mut forgotten);
        clock.advance(MINUTE);
        // A minute that is not sampled in time is no harm.
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(1));
            if telemetry.memory_snapshot().age == Some(Duration::ZERO) {
                break;
            }
        }
        while let Ok(alert) = alerts.try_recv() {
            println!("after {:.1} h: {}", alert.age_hours, alert.event_name());
            if alert.state == LeakState::Confirmed {
                telemetry.shutdown_blocking()?;
                return Ok(());
            }
        }
    }
    Err("the leak was not found".into())
}

/// Ten requests, and each forgets something.
fn serve_a_minute(forgotten: &mut Vec<Vec<u8>>) {
    for _ in 0..10 {
        let _request = info_span!("import").entered();
        forgotten.push(parse_a_row());
    }
}

#[inline(never)]
fn parse_a_row() -> Vec<u8> {
    vec![1; 8 * 1024]
}

const MINUTE: Duration = Duration::from_mins(1);

/// Two days.
const MINUTES_MAX: u32 = 2 * 24 * 60;
