//! Lines of an installed service, in a process of its own.
#![cfg(target_os = "linux")]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]

mod child;

use std::io::{self, Write as _};
use std::process::{Child, Output};

use tracing::{info, info_span};

use crate::child::{beacon_threads, command, finish, is_child, run, wait_until};

/// Lines alone.
const NO_EXPORT: [(&str, &str); 3] = [
    ("OTEL_TRACES_EXPORTER", "none"),
    ("OTEL_METRICS_EXPORTER", "none"),
    ("OTEL_LOGS_EXPORTER", "none"),
];

fn serve() {
    let telemetry = beacon::init_telemetry().expect("it is the first");
    info_span!("request", id = 7).in_scope(|| info!(answer = 42, "served"));
    telemetry.shutdown_blocking().expect("nothing is held");
    wait_until("no thread is left", || beacon_threads().is_empty());
}

/// The lines of standard output and of standard error that tell of the event.
fn lines_of(name: &str, variables: &[(&str, &str)]) -> [Vec<String>; 2] {
    let mut command = command(name);
    command.envs(NO_EXPORT).envs(variables.iter().copied());
    let child = command.spawn().expect("the test starts once more");
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it runs");
    assert!(status.success(), "{status}");
    [stdout, stderr].map(|bytes| {
        let text = String::from_utf8(bytes).expect("it is text");
        text.lines().filter(|line| line.contains("served")).map(str::to_owned).collect()
    })
}

/// The test harness begins the line.
fn object_in(line: &str) -> &str {
    line.find('{').and_then(|at| line.get(at..)).expect("it holds an object")
}

#[test]
fn a_service_writes_json_to_standard_output() {
    if is_child() {
        return serve();
    }
    let name = "a_service_writes_json_to_standard_output";
    let [stdout, stderr] = lines_of(name, &[]);
    assert_eq!((stdout.len(), stderr.len()), (1, 0));
    let line: serde_json::Value =
        serde_json::from_str(object_in(&stdout.concat())).expect("it is JSON");
    let found =
        ["level", "target", "message", "answer", "id", "span"].map(|key| line[key].to_string());
    assert_eq!(found, ["\"INFO\"", "\"lines\"", "\"served\"", "42", "7", "\"request\""]);
}

#[test]
fn the_console_is_chosen_by_a_variable() {
    if is_child() {
        return serve();
    }
    let name = "the_console_is_chosen_by_a_variable";
    let [stdout, stderr] =
        lines_of(name, &[("BEACON_LOG_CONSOLE", "stderr"), ("BEACON_LOG_FORMAT", "logfmt")]);
    assert_eq!((stdout.len(), stderr.len()), (0, 1));
    let fields = " level=INFO target=lines message=served answer=42 id=7 span=request trace_id=";
    assert!(stderr.concat().contains(fields), "{stderr:?}");
    let [stdout, stderr] = lines_of(name, &[("BEACON_LOG_CONSOLE", "off")]);
    assert_eq!((stdout.len(), stderr.len()), (0, 0));
    let [stdout, stderr] = lines_of(name, &[("BEACON_LOG_CONSOLE_LEVEL", "warn")]);
    assert_eq!((stdout.len(), stderr.len()), (0, 0));
    // Lines are no telemetry: they stay when that is switched off.
    let [stdout, stderr] = lines_of(name, &[("OTEL_SDK_DISABLED", "true")]);
    assert_eq!((stdout.len(), stderr.len()), (1, 0));
}

#[test]
fn colors_are_forced_and_forbidden() {
    if is_child() {
        return serve();
    }
    let name = "colors_are_forced_and_forbidden";
    let pretty = ("BEACON_LOG_FORMAT", "pretty");
    let always = ("BEACON_LOG_COLOR", "always");
    let table: [(&[(&str, &str)], bool); 3] =
        [(&[pretty], false), (&[pretty, always], true), (&[pretty, ("NO_COLOR", "1")], false)];
    for (variables, is_colored) in table {
        let [stdout, _] = lines_of(name, variables);
        assert_eq!(stdout.len(), 1);
        assert_eq!(stdout.concat().contains('\u{1b}'), is_colored, "{stdout:?}");
    }
}

#[test]
fn a_console_that_nobody_reads_ends_nothing() {
    if is_child() {
        wait_until("standard error is closed", || io::stderr().write_all(b"\n").is_err());
        serve();
        return;
    }
    let mut command = command("a_console_that_nobody_reads_ends_nothing");
    command.envs(NO_EXPORT).env("BEACON_LOG_CONSOLE", "stderr");
    let mut child: Child = command.spawn().expect("the test starts once more");
    drop(child.stderr.take());
    finish(child);
}

#[test]
fn a_file_that_cannot_be_written_stops_the_start() {
    let name = "a_file_that_cannot_be_written_stops_the_start";
    run(name, &[("BEACON_LOG_FILE", "/dev/null/app.log")], || {
        let error = beacon::init_telemetry().expect_err("there is no such directory");
        let expected = "invalid `BEACON_LOG_FILE`: expected a file that can be written, got \
                        `/dev/null/app.log`";
        assert_eq!(error.to_string(), expected);
        // Nothing was installed.
        drop(beacon::Telemetry::builder().log_file("/dev/null").build());
    });
}
