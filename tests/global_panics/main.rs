//! A panic is recorded, and the process behaves as without beacon. Without the test harness, since
//! that would catch the panic of `main` and put a hook of its own.
#![expect(clippy::disallowed_methods, reason = "bare threads and tasks are what panics here")]
#![expect(clippy::expect_used, clippy::panic, reason = "a case panics, or has failed")]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the words of the harness")]

mod cases;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, ExitCode, Output};
use std::time::{Duration, Instant};
use std::{env, io, panic};

use beacon::Telemetry;
use beacon::collector::{Collector, Fault, ReceivedLog, Times};
use tracing::info_span;

use crate::cases::{CASES, Case};

/// With beacon the case runs inside of a span.
fn run_case(case: &Case) {
    if env::var_os("WITHOUT_BEACON").is_some() {
        return (case.main)();
    }
    let _telemetry = beacon::init_telemetry().expect("it is the first");
    let _span = info_span!("operation").entered();
    (case.main)();
}

/// The panic comes while the guard is being dropped, or after that.
fn at_the_end() {
    let telemetry = beacon::init_telemetry().expect("it is the first");
    telemetry.shutdown_blocking().expect("the collector works");
    drop(telemetry);
    panic!("boom");
}

/// Many panics: only the first one waits for a collector that hangs.
fn again_and_again() {
    // Without a guard whose drop would wait as well.
    std::mem::forget(beacon::init_telemetry().expect("it is the first"));
    for _ in 0..200 {
        catch_unwind(|| panic!("boom")).expect_err("it panicked");
    }
}

fn with_a_hook_of_ones_own() {
    panic::set_hook(Box::new(|_| eprintln!("the hook that was there")));
    let telemetry = Telemetry::builder().install().expect("it is the first");
    catch_unwind(|| panic!("boom")).expect_err("it panicked");
    telemetry.shutdown_blocking().expect("the collector works");
}

const OTHER_MAINS: [(&str, fn()); 3] = [
    ("at_the_end", at_the_end),
    ("again_and_again", again_and_again),
    ("with_a_hook_of_ones_own", with_a_hook_of_ones_own),
];

fn main() -> ExitCode {
    if let Some(name) = env::args().nth(1) {
        if let Some(case) = CASES.iter().find(|case| case.name == name) {
            run_case(case);
            return ExitCode::SUCCESS;
        }
        if let Some((_, main)) = OTHER_MAINS.iter().find(|(other, _)| *other == name) {
            main();
            return ExitCode::SUCCESS;
        }
    }
    let mut tests: Vec<(String, Box<dyn Fn()>)> = Vec::new();
    for case in &CASES {
        tests.push((format!("a_panic_{}_is_recorded", case.name), Box::new(|| is_recorded(case))));
    }
    tests.push(("a_panic_behaves_as_without_beacon".to_owned(), Box::new(behaves_as_without)));
    tests.push(("a_collector_that_hangs_delays_one_panic".to_owned(), Box::new(hangs)));
    tests
        .push(("a_panic_is_no_different_without_a_collector".to_owned(), Box::new(nobody_listens)));
    tests.push(("a_panic_after_the_end_is_no_different".to_owned(), Box::new(after_the_end)));
    tests.push(("the_hook_that_was_there_is_called".to_owned(), Box::new(calls_the_other_hook)));
    tests.push(("a_hook_that_is_off_is_not_there".to_owned(), Box::new(can_be_off)));
    let mut failed = 0_usize;
    for (name, test) in &tests {
        let is_ok = catch_unwind(AssertUnwindSafe(test)).is_ok();
        println!("test {name} ... {}", if is_ok { "ok" } else { "FAILED" });
        failed = failed.saturating_add(usize::from(!is_ok));
    }
    let passed = tests.len().saturating_sub(failed);
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored\n");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn is_recorded(case: &Case) {
    let collector = Collector::start().expect("a collector starts");
    let output = output(case.name, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint())]);
    assert_eq!(output.status.code(), case.code, "{}", stderr(&output));
    let logs = collector.logs();
    let records: Vec<_> = logs.iter().filter(|log| log.event_name == "exception").collect();
    // The standard library says with a panic of its own that it aborts.
    let is_aborted_by_panic = case.messages.len() < records.len() && case.code.is_none();
    assert!(records.len() == case.messages.len() || is_aborted_by_panic, "{logs:#?}");
    for (log, message) in records.into_iter().zip(case.messages) {
        assert_record(log, message, case);
    }
    if case.name == "inside_a_layer" {
        let others = logs.iter().filter(|log| log.body == "goes on");
        assert_eq!(others.filter(|log| !log.span_id.is_empty()).count(), 2, "{logs:?}");
    }
    if case.name == "inside_a_log_call" {
        let others: Vec<_> = logs.iter().filter(|log| log.event_name.is_empty()).collect();
        assert!(others.len() == 1 && others.iter().all(|log| log.body == "goes on"), "{others:?}");
    }
}

fn assert_record(log: &ReceivedLog, message: &str, case: &Case) {
    assert_eq!((log.severity_number, log.scope.name.as_str()), (17, "beacon::panic"));
    assert_eq!(log.body, message);
    let text = |key: &str| log.attribute(key).map(ToString::to_string).unwrap_or_default();
    assert_eq!(text("exception.type"), "panic");
    assert_eq!(text("exception.message"), message);
    assert_eq!(text("thread.name"), case.thread);
    assert!(text("code.file.path").ends_with("cases.rs"), "{log:?}");
    for key in ["code.line.number", "code.column.number"] {
        assert!(text(key).parse::<u32>().is_ok(), "{key}: {}", text(key));
    }
    assert_eq!(text("exception.stacktrace"), "", "backtraces are not enabled");
    let is_in_span = !log.span_id.is_empty() && log.trace_id.len() == 32;
    assert_eq!(is_in_span, case.name != "in_a_thread", "{log:?}");
}

fn behaves_as_without() {
    let collector = Collector::start().expect("a collector starts");
    // Without a subscriber nobody formats values.
    for case in CASES.iter().filter(|case| !case.name.starts_with("inside_")) {
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())];
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let with = output(case.name, &variables);
        let without = output(case.name, &[("WITHOUT_BEACON", "")]);
        assert_eq!(with.status, without.status, "{}", case.name);
        assert_eq!(words_of_others(&with), words_of_others(&without), "{}", case.name);
        let panics = words_of_others(&with).matches("panicked at").count();
        assert!(panics >= case.messages.len(), "{}", stderr(&with));
    }
    // A backtrace goes where the user wants one.
    let endpoint = collector.endpoint();
    collector.clear();
    output("in_main", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint), ("RUST_BACKTRACE", "1")]);
    let logs = collector.logs();
    let trace = logs.iter().find_map(|log| log.attribute("exception.stacktrace"));
    assert!(trace.is_some_and(|trace| trace.to_string().contains("global_panics")), "{logs:?}");
}

fn hangs() {
    let collector = Collector::start().expect("a collector starts");
    collector.inject(Fault::Hang, Times::Always);
    let endpoint = collector.endpoint();
    let begun = Instant::now();
    let output = output("again_and_again", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_eq!(output.status.code(), Some(0));
    // Two hundred seconds if each one waited.
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());

    // The end waits for the panic's bound and for its own, and for nothing else.
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint), ("BEACON_SHUTDOWN_TIMEOUT", "100ms")];
    let begun = Instant::now();
    let output = self::output("in_main", &variables);
    assert_eq!(output.status.code(), Some(101));
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// Nobody listens: the process behaves all the same, and the record is in the lines.
fn nobody_listens() {
    let gone = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
    let quick = [("BEACON_SHUTDOWN_TIMEOUT", "100ms"), ("BEACON_LOG_FORMAT", "json")];
    let variables = [gone[0], quick[0], quick[1]];
    for case in CASES.iter().filter(|case| !case.name.starts_with("inside_")) {
        let begun = Instant::now();
        let with = output(case.name, &variables);
        // One second for the panic, a tenth for the end, and the rest for a busy machine.
        assert!(begun.elapsed() < Duration::from_secs(20), "{}: {:?}", case.name, begun.elapsed());
        let without = output(case.name, &[("WITHOUT_BEACON", "")]);
        assert_eq!(with.status, without.status, "{}", case.name);
        assert_eq!(words_of_others(&with), words_of_others(&without), "{}", case.name);
        let stdout = String::from_utf8_lossy(&with.stdout);
        let lines = stdout.lines().filter(|line| line.contains(r#""exception.type":"panic""#));
        assert!(lines.count() >= case.messages.len(), "{}: {stdout}", case.name);
    }
}

fn after_the_end() {
    let collector = Collector::start().expect("a collector starts");
    let output = output("at_the_end", &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint())]);
    assert_eq!(output.status.code(), Some(101));
    assert!(stderr(&output).contains("boom"), "{}", stderr(&output));
}

fn calls_the_other_hook() {
    let collector = Collector::start().expect("a collector starts");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint())];
    let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
    let output = output("with_a_hook_of_ones_own", &variables);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("the hook that was there").count(), 1);
    let panics: Vec<_> = collector.metric_points("beacon.panics").into_iter().collect();
    assert!(panics.iter().any(|point| format!("{:?}", point.value) == "Int(1)"), "{panics:?}");
}

fn can_be_off() {
    let collector = Collector::start().expect("a collector starts");
    let endpoint = collector.endpoint();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint), ("BEACON_PANIC_HOOK", "false")];
    let output = output("in_main", &variables);
    assert_eq!(output.status.code(), Some(101));
    assert!(collector.logs().is_empty());
}

/// Runs a case in a process of its own.
fn output(case: &str, variables: &[(&str, &str)]) -> Output {
    let run = || -> io::Result<Output> {
        let mut command = Command::new(env::current_exe()?);
        command.arg(case).env_clear().envs(variables.iter().copied()).output()
    };
    run().expect("the test starts once more")
}

/// Standard error without what beacon says of itself, the numbers of threads, and addresses.
fn words_of_others(output: &Output) -> String {
    let text = stderr(output);
    let is_of_others = |line: &&str| !line.starts_with("beacon ") && !line.starts_with("  ");
    let others = text.lines().filter(is_of_others);
    let is_digit = |character: char| character.is_ascii_digit();
    let without_number = |line: &str| match line.split_once(" (") {
        Some((thread, rest)) if rest.starts_with(is_digit) => {
            format!("{thread}{}\n", rest.trim_start_matches(is_digit))
        }
        _ => format!("{line}\n"),
    };
    others.map(without_number).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
