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
use beacon::collector::{Collector, Fault, Times};
use beacon::tracing;
use tracing_subscriber::layer::SubscriberExt as _;

/// How long to watch.
const WATCH: Duration = Duration::from_secs(1);
/// The kernel counts a hundred ticks a second; a thread that spins spends all of them, and shares
/// one processor with the others at worst.
const TICKS_MAX: u64 = 15;
/// A timer that is always over wakes its thread a thousand times a second.
const WAKE_UPS_MAX: u64 = 25;
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn an_idle_service_is_not_woken() -> io::Result<()> {
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

    // A request that is given up as too old, and behind it a chunk that is no request yet: when the
    // pause is over there is still nothing to send.
    collector.inject(Fault::Hang, Times::Always);
    let variables = [
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_BSP_EXPORT_TIMEOUT", "200"),
        ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100"),
        ("BEACON_SHUTDOWN_TIMEOUT", "10ms"),
    ];
    let telemetry = start(&collector, &variables);
    record(&telemetry, 100, 10);
    record(&telemetry, 10, 20_000);
    while telemetry.stats().traces.held > 10 {
        std::thread::yield_now();
    }
    assert_rests(&collector)?;
    assert_eq!(telemetry.stats().traces.held, 10);
    drop(telemetry);

    // A full queue that nothing can be done about: those who drop wake nobody.
    let telemetry = start(
        &collector,
        &[
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "10"),
            ("BEACON_SHUTDOWN_TIMEOUT", "10ms"),
        ],
    );
    record(&telemetry, 100, 10);
    let before = Spent::by_all()?.wake_ups;
    record(&telemetry, 100_000, 10);
    let wake_ups = Spent::by_all()?.wake_ups.saturating_sub(before);
    assert!(wake_ups <= 4 * WAKE_UPS_MAX, "{wake_ups} wake-ups");
    assert_eq!(telemetry.stats().traces.held, 10);
    drop(telemetry);

    // Nothing can be sent now, so what is due at once is not taken one by one.
    let telemetry = start(
        &collector,
        &[
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_BSP_SCHEDULE_DELAY", "0"),
            ("BEACON_REQUESTS_IN_FLIGHT", "1"),
            ("BEACON_SHUTDOWN_TIMEOUT", "10ms"),
        ],
    );
    record(&telemetry, 10, 10);
    let before = Spent::by_all()?.wake_ups;
    for _ in 0..10 * WAKE_UPS_MAX {
        record(&telemetry, 1, 10);
        std::thread::park_timeout(Duration::from_millis(1));
    }
    let wake_ups = Spent::by_all()?.wake_ups.saturating_sub(before);
    assert!(wake_ups <= 4 * WAKE_UPS_MAX, "{wake_ups} wake-ups");
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
    let before = Spent::by_all()?;
    // Nothing arrives, so this waits for all of the time.
    collector.wait_for(WATCH, |_| false).expect_err("the condition never holds");
    let after = Spent::by_all()?;
    let ticks = after.ticks.saturating_sub(before.ticks);
    let wake_ups = after.wake_ups.saturating_sub(before.wake_ups);
    assert!(ticks <= TICKS_MAX && wake_ups <= WAKE_UPS_MAX, "{ticks} ticks, {wake_ups} wake-ups");
    Ok(())
}

/// What beacon's own threads have spent so far.
#[derive(Default)]
struct Spent {
    /// Processor time, of user and system.
    ticks: u64,
    wake_ups: u64,
}

impl Spent {
    fn by_all() -> io::Result<Self> {
        let mut all = Self::default();
        for task in fs::read_dir("/proc/self/task")? {
            let path = task?.path();
            // A thread may end while it is looked at.
            let Ok(stat) = fs::read_to_string(path.join("stat")) else { continue };
            let Ok(status) = fs::read_to_string(path.join("status")) else { continue };
            // The name stands in brackets and is cut to 15 bytes by the kernel.
            let Some((head, fields)) = stat.rsplit_once(')') else { continue };
            let name = head.split_once('(').map_or("", |(_, name)| name);
            if !name.starts_with("beacon-") || name.starts_with("beacon-collect") {
                continue;
            }
            // Source: proc_pid_stat(5), fields 14 and 15, counted from the one behind the name.
            let fields: Vec<_> = fields.split_whitespace().collect();
            for field in [fields[11], fields[12]] {
                all.ticks += field.parse::<u64>().map_err(io::Error::other)?;
            }
            // Source: proc_pid_status(5). A thread that waits gives the processor away.
            let switches =
                status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            let switches = switches.unwrap_or("0").trim();
            all.wake_ups += switches.parse::<u64>().map_err(io::Error::other)?;
        }
        Ok(all)
    }
}
