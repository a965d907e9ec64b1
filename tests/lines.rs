//! Lines of an installed service, in a process of its own.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, clippy::exit, reason = "a process of its own")]
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]

mod child;

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Output, Stdio, exit};
use std::sync::{Arc, Mutex};
use std::{env, fs};

use beacon::Telemetry;
use beacon::collector::{Collector, ReceivedMetricPoint, ReceivedMetricValue};
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

/// What a service says of a sink, and how many lines it wrote and lost.
struct Loud {
    telemetry: Telemetry,
    said: Arc<Mutex<Vec<String>>>,
    collector: Collector,
}

impl Loud {
    fn start() -> Self {
        let collector = Collector::start().expect("a collector starts");
        let said = Arc::<Mutex<Vec<String>>>::default();
        let ear = Arc::clone(&said);
        let telemetry = Telemetry::builder()
            .endpoint(collector.endpoint())
            .diagnostics_off_stderr()
            .diagnostic_hook(move |diagnostic| {
                ear.lock().expect("no panic").push(diagnostic.message.clone());
            })
            .install()
            .expect("it is the first");
        Self { telemetry, said, collector }
    }

    /// Logs lines, each of them written or lost before the next one.
    fn log(&self, count: u64) {
        for number in 0..count {
            info!(number, text = "x".repeat(100), "served");
            self.telemetry.flush_blocking().expect("the collector works");
        }
    }

    fn said(&self, words: &str) -> usize {
        let said = self.said.lock().expect("no panic");
        said.iter().filter(|message| message.contains(words)).count()
    }

    /// Ends, and returns how many lines of this sink could not be written.
    fn lost(self, sink: &str) -> u64 {
        self.telemetry.shutdown_blocking().expect("the collector works");
        let points = self.collector.metric_points("beacon.log.dropped");
        let of_sink = |point: &&ReceivedMetricPoint| {
            let text = |key| point.attribute(key).map(ToString::to_string);
            text("beacon.log.sink").as_deref() == Some(sink)
                && text("beacon.drop.reason").as_deref() == Some("io_error")
        };
        match points.iter().rfind(of_sink).map(|point| &point.value) {
            Some(ReceivedMetricValue::Int(count)) => count.unsigned_abs(),
            _ => 0,
        }
    }
}

#[test]
fn standard_output_that_nobody_reads_is_counted_and_said_once() {
    let name = "standard_output_that_nobody_reads_is_counted_and_said_once";
    if is_child() {
        eprintln!("ready");
        wait_until("standard output is closed", || {
            let mut stdout = io::stdout().lock();
            stdout.write_all(b"\n").and_then(|()| stdout.flush()).is_err()
        });
        let service = Loud::start();
        service.log(5);
        assert_eq!(service.said("cannot write to standard output"), 1);
        assert_eq!(service.collector.logs().len(), 5, "the other sinks get everything");
        assert_eq!(service.lost("console"), 5);
        eprintln!("done");
        // The harness would have words for standard output.
        exit(0);
    }
    let mut child = command(name).spawn().expect("the test starts once more");
    let mut stderr = BufReader::new(child.stderr.take().expect("it is a pipe"));
    let mut said = String::new();
    while !said.contains("ready") {
        assert!(stderr.read_line(&mut said).is_ok_and(|bytes| bytes > 0), "{said}");
    }
    drop(child.stdout.take());
    stderr.read_to_string(&mut said).expect("it is text");
    assert!(child.wait().is_ok_and(|status| status.success()) && said.contains("done"), "{said}");
}

/// A limit for the size of files fails like a disk that is full: the last write is a part only.
#[test]
fn a_disk_that_fills_up_tears_no_line() {
    let name = "a_disk_that_fills_up_tears_no_line";
    if is_child() {
        let path = env::var("BEACON_LOG_FILE").expect("the parent sets it");
        let numbers = || {
            let text = fs::read_to_string(&path).expect("it was written");
            assert!(text.is_empty() || text.ends_with('\n'), "{text}");
            let lines = text.lines().map(|line| -> serde_json::Value {
                serde_json::from_str(line).expect("it is JSON")
            });
            lines.filter_map(|line| line["number"].as_u64()).collect::<Vec<_>>()
        };
        let service = Loud::start();
        service.log(200);
        let written = numbers();
        let count = u64::try_from(written.len()).expect("there are few");
        assert!(count > 0 && count < 200 && written == (0..count).collect::<Vec<_>>());
        assert_eq!(service.said("cannot write to"), 1);
        // Somebody makes room.
        let file = fs::OpenOptions::new().write(true).open(&path).expect("it is there");
        file.set_len(0).expect("it is ours");
        service.log(3);
        assert_eq!((numbers(), service.said("can be written again")), (vec![0, 1, 2], 1));
        assert_eq!(service.lost("file"), 200 - count);
        return;
    }
    let directory = env::temp_dir().join(format!("beacon-fills-up-{}", std::process::id()));
    let inner = command(name);
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\""]);
    limited.arg(inner.get_program()).args(inner.get_args()).env_clear();
    limited.env("BEACON_LOG_FILE", directory.join("app.log"));
    limited.stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(limited.spawn().expect("the test starts once more"));
    fs::remove_dir_all(&directory).expect("it is ours");
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
        drop(Telemetry::builder().log_file("/dev/null").build());
    });
}
