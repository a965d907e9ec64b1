//! Filters, the crate `log` and loggers of the telemetry that is installed. Each case runs in a
//! process of its own.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]

mod child;

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{fs, thread};

use beacon::collector::Collector;
use beacon::config::Environment;
use beacon::logging::{self, FilterError, LogConsole, get_logger};
use beacon::{Telemetry, TelemetryBuilder};
use tracing_log::log;

use crate::child::{beacon_threads, run, wait_until};

const THREADS: usize = 4;

#[test]
fn filters_change_under_load_and_the_log_crate_follows() {
    run("filters_change_under_load_and_the_log_crate_follows", &[], || {
        let collector = Collector::start().expect("a collector starts");
        let telemetry = builder(&collector).log_filter("off").install().expect("it is the first");
        // What may be recorded at all is told apart by its level; how much was, by the counts.
        let emitted = || telemetry.stats().logs.emitted;
        let ends = AtomicBool::new(false);
        let rounds: [AtomicU64; THREADS] = Default::default();
        thread::scope(|scope| {
            let _end = OnDrop(|| ends.store(true, Ordering::Relaxed));
            for rounds in &rounds {
                let ends = &ends;
                scope.spawn(move || {
                    let logger = get_logger("tenant");
                    while !ends.load(Ordering::Relaxed) {
                        let _span = tracing::debug_span!("load").entered();
                        tracing::debug!(target: "events", "event");
                        log::debug!(target: "records", "record");
                        logger.debug("named", [("key", 1.into())]);
                        rounds.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let rounds_go_on = || {
                for rounds in &rounds {
                    let begun = rounds.load(Ordering::Relaxed);
                    wait_until("each thread goes on", || {
                        rounds.load(Ordering::Relaxed).saturating_sub(begun) > 1
                    });
                }
            };
            for _ in 0..10 {
                for target in ["events", "records", "tenant"] {
                    logging::set_filter(&format!("off,{target}=debug")).expect("it is right");
                    // At once: whoever begins a round now records in it.
                    let before = emitted();
                    rounds_go_on();
                    let records = emitted().saturating_sub(before);
                    assert!(records >= 4, "{target}: {records} records of {THREADS} threads");
                    logging::set_filter("info").expect("it is right");
                    // What was under way has ended when each thread has gone on.
                    rounds_go_on();
                    let after = emitted();
                    rounds_go_on();
                    assert_eq!(emitted(), after, "{target}: not silent");
                }
                logging::set_filter("debug,[load]=trace").expect("it is right");
                logging::set_trace_filter("debug").expect("it is right");
                logging::set_filter("trace=loud").expect_err("it is wrong");
                rounds_go_on();
                logging::set_trace_filter("off").expect("it is right");
            }
        });
        let report = telemetry.shutdown_blocking().unwrap_or_else(|error| error.report().clone());
        assert!(report.is_conserved(), "{report}");
    });
}

/// So many call-sites that some are reached for the first time in the very moment of a change.
macro_rules! call_sites {
    ($($number:literal)*) => { [$(|| tracing::debug!(number = $number, "call-site")),*] };
}

#[test]
fn call_sites_that_appear_during_a_change_follow_it() {
    run("call_sites_that_appear_during_a_change_follow_it", &[], || {
        let sites: [fn(); 64] = call_sites!(
            1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
            33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61
            62 63 64
        );
        let collector = Collector::start().expect("a collector starts");
        let telemetry = builder(&collector).log_filter("off").install().expect("it is the first");
        let emitted = || telemetry.stats().logs.emitted;
        let reached = AtomicU64::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                for site in &sites {
                    site();
                    reached.fetch_add(1, Ordering::Relaxed);
                    thread::yield_now();
                }
            });
            while reached.load(Ordering::Relaxed) < 64 {
                for filter in ["debug", "off"] {
                    logging::set_filter(filter).expect("it is right");
                }
            }
        });
        for (filter, expected) in [("off", 0), ("debug", 64), ("info", 0)] {
            logging::set_filter(filter).expect("it is right");
            wait_until("all call-sites follow", || {
                let before = emitted();
                for site in &sites {
                    site();
                }
                emitted().saturating_sub(before) == expected
            });
        }
        telemetry.shutdown_blocking().expect("the collector works");
    });
}

#[test]
fn the_level_of_the_log_crate_follows_the_filter() {
    run("the_level_of_the_log_crate_follows_the_filter", &[], || {
        let collector = Collector::start().expect("a collector starts");
        let error = logging::set_filter("info").expect_err("nothing is installed");
        assert_eq!(error, FilterError::NotInstalled);
        assert_eq!(error.to_string(), "no telemetry is installed");
        assert_eq!(logging::filter(), "off");
        let telemetry = builder(&collector).trace_filter("trace").install();
        let telemetry = telemetry.expect("it is the first");
        assert_eq!(log::max_level(), log::LevelFilter::Info);
        for (directives, level) in [
            ("debug", log::LevelFilter::Debug),
            ("warn,shop=trace", log::LevelFilter::Trace),
            // An ERROR marks its span, whatever the filter says.
            ("off", log::LevelFilter::Error),
        ] {
            logging::set_filter(directives).expect("it is right");
            assert_eq!(log::max_level(), level, "{directives}");
            assert_eq!(logging::filter(), directives);
        }
        logging::set_filter("shop=info").expect("it is right");
        assert!(log::log_enabled!(target: "shop", log::Level::Info));
        assert!(!log::log_enabled!(target: "cart", log::Level::Info));
        log::info!(target: "shop", "yes");
        log::info!(target: "cart", "no");
        telemetry.shutdown_blocking().expect("the collector works");
        let logs = collector.logs();
        assert_eq!(logs.len(), 1, "{logs:?}");
        assert!(logs.iter().all(|log| log.scope.name == "shop" && log.attributes.is_empty()));
    });
}

#[test]
fn another_logger_of_the_log_crate_stays_and_is_said() {
    run("another_logger_of_the_log_crate_stays_and_is_said", &[], || {
        struct Other;
        impl log::Log for Other {
            fn enabled(&self, _metadata: &log::Metadata<'_>) -> bool {
                true
            }
            fn log(&self, _record: &log::Record<'_>) {}
            fn flush(&self) {}
        }
        log::set_logger(&Other).expect("it is the first");
        log::set_max_level(log::LevelFilter::Trace);
        let collector = Collector::start().expect("a collector starts");
        let said = Said::default();
        let telemetry = said.hear(builder(&collector)).install().expect("it is no error");
        logging::set_filter("warn").expect("it is right");
        assert_eq!(log::max_level(), log::LevelFilter::Trace, "it is not ours");
        log::info!("for the other one");
        telemetry.shutdown_blocking().expect("the collector works");
        assert_eq!(said.containing("another logger").len(), 1);
        assert!(collector.logs().is_empty());
    });
}

#[test]
fn a_hang_up_reads_the_filter_file_again() {
    run("a_hang_up_reads_the_filter_file_again", &[], || {
        let collector = Collector::start().expect("a collector starts");
        read_again_on_hang_up(builder(&collector));
    });
}

#[test]
fn a_hang_up_needs_no_export() {
    run("a_hang_up_needs_no_export", &[], || {
        let builder = Telemetry::builder().environment(Environment::empty()).disabled(true);
        read_again_on_hang_up(builder.log_console(LogConsole::Stderr));
    });
}

fn read_again_on_hang_up(builder: TelemetryBuilder) {
    let folder = std::env::temp_dir().join(format!("beacon-hang-up-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the test");
    let path = folder.join("filter");
    fs::write(&path, "warn").expect("it is ours");
    let said = Said::default();
    let builder = said.hear(builder).log_filter_file(path.to_string_lossy());
    let telemetry = builder.install().expect("it is the first");
    assert_eq!(logging::filter(), "warn");

    fs::write(&path, "debug\nshop=trace").expect("it is ours");
    hang_up();
    wait_until("the filter is the file's", || logging::filter() == "debug,shop=trace");
    wait_until("it is said", || said.containing("was `warn`").len() == 1);

    fs::write(&path, "debug,shop=loud").expect("it is ours");
    hang_up();
    wait_until("a bad directive is said", || said.containing("got `shop=loud`").len() == 1);
    fs::remove_file(&path).expect("it is ours");
    hang_up();
    wait_until("a missing file is said", || said.containing("does not exist").len() == 1);
    assert_eq!(logging::filter(), "debug,shop=trace");

    telemetry.shutdown_blocking().expect("the collector works");
    wait_until("no thread is left", || beacon_threads().is_empty());
    fs::remove_dir_all(&folder).expect("it is ours");
}

/// Lets the threads end, also when an assertion fails.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Sends this process the signal. Without `unsafe` only another program can.
fn hang_up() {
    let id = std::process::id().to_string();
    let status = Command::new("/bin/kill").args(["-HUP", &id]).status();
    assert!(status.is_ok_and(|status| status.success()), "the signal was sent");
}

/// What beacon has said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    fn hear(&self, builder: TelemetryBuilder) -> TelemetryBuilder {
        let said = self.clone();
        builder.diagnostics_off_stderr().diagnostic_hook(move |diagnostic| {
            said.0.lock().expect("no panic").push(diagnostic.to_string());
        })
    }

    fn containing(&self, words: &str) -> Vec<String> {
        let said = self.0.lock().expect("no panic");
        said.iter().filter(|message| message.contains(words)).cloned().collect()
    }
}

fn builder(collector: &Collector) -> TelemetryBuilder {
    Telemetry::builder()
        .environment(Environment::empty())
        .endpoint(collector.endpoint())
        .shutdown_timeout(Duration::from_secs(10))
}
