//! Settings of zero, and a destination that is away, do not make beacon's threads spin.
//!
//! One test in a process of its own, because it reads what all of beacon's threads have spent.

#![cfg(target_os = "linux")]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail; clippy only knows functions marked as tests, and not their helpers"
)]

use std::time::Duration;
use std::{fs, io};

use beacon::Telemetry;
use beacon::collector::Collector;
use beacon::tracing;
use tracing_subscriber::layer::SubscriberExt as _;

/// How long to watch.
const WATCH: Duration = Duration::from_secs(1);
/// The kernel counts a hundred ticks a second; a thread that spins spends all of them, and shares
/// one processor with the others at worst.
const TICKS_MAX: u64 = 15;
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn an_idle_service_spends_no_processor_time() -> io::Result<()> {
    let collector = Collector::start()?;
    let telemetry = start(
        &collector,
        &[
            ("OTEL_BSP_SCHEDULE_DELAY", "0"),
            ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "0"),
        ],
    );
    record(&telemetry, 10, 10);
    collector.wait_for(PATIENCE, |store| store.totals().spans() == 10).expect("they arrive");
    let requests = collector.attempts().len();
    assert_rests(&collector)?;
    assert_eq!(collector.attempts().len(), requests);
    drop(telemetry);

    // A destination that fails, a request that is too old, and a chunk that is no request yet: the
    // pause is over, and still there is nothing to send.
    collector.pause_listening();
    let telemetry = start(
        &collector,
        &[
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_BSP_EXPORT_TIMEOUT", "1"),
            ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100"),
            ("BEACON_SHUTDOWN_TIMEOUT", "10ms"),
        ],
    );
    record(&telemetry, 100, 10);
    while telemetry.stats().traces.held > 0 {
        std::thread::yield_now();
    }
    record(&telemetry, 10, 20_000);
    assert_eq!(telemetry.stats().traces.held, 10);
    assert_rests(&collector)?;
    assert_eq!(telemetry.stats().traces.held, 10);
    Ok(())
}

fn start(collector: &Collector, variables: &[(&str, &str)]) -> Telemetry {
    Telemetry::builder()
        .environment(variables.iter().copied().collect())
        .endpoint(collector.endpoint())
        .diagnostics_off_stderr()
        .build()
        .expect("the settings are right")
}

fn record(telemetry: &Telemetry, spans: u32, payload_len: usize) {
    let subscriber = tracing_subscriber::registry().with(telemetry.layer());
    let payload = "p".repeat(payload_len);
    tracing::subscriber::with_default(subscriber, || {
        for n in 0..spans {
            drop(tracing::info_span!("work", n, payload));
        }
    });
}

fn assert_rests(collector: &Collector) -> io::Result<()> {
    let before = ticks()?;
    // Nothing arrives, so this waits for all of the time.
    collector.wait_for(WATCH, |_| false).expect_err("the condition never holds");
    let spent = ticks()?.saturating_sub(before);
    assert!(spent <= TICKS_MAX, "{spent} ticks of processor time in {WATCH:?}");
    Ok(())
}

/// What beacon's own threads have spent so far: user and system time.
fn ticks() -> io::Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir("/proc/self/task")? {
        // A thread may end while it is looked at.
        let Ok(stat) = fs::read_to_string(task?.path().join("stat")) else { continue };
        // The name stands in brackets and is cut to 15 bytes by the kernel.
        let Some((head, fields)) = stat.rsplit_once(')') else { continue };
        let name = head.split_once('(').map_or("", |(_, name)| name);
        if name.starts_with("beacon-") && !name.starts_with("beacon-collect") {
            let fields: Vec<_> = fields.split_whitespace().collect();
            // Source: proc_pid_stat(5), fields 14 and 15, counted from the one behind the name.
            for field in [fields[11], fields[12]] {
                sum += field.parse::<u64>().map_err(io::Error::other)?;
            }
        }
    }
    Ok(sum)
}
