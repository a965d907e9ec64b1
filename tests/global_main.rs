//! `main` returns and nobody shuts down: the guard alone delivers. Without the test harness, since
//! that would put a `main` of its own around the case.
#![expect(clippy::expect_used, reason = "a case that cannot be set up has failed")]
#![expect(clippy::print_stdout, reason = "the words of the harness that is not there")]

use std::env;
use std::process::{Command, ExitCode};

use beacon::collector::Collector;
use tokio::runtime::Builder;
use tracing::info_span;

const SPANS: u64 = 10;

/// The ways to write `main`, by the argument that chooses one.
const MAINS: [(&str, fn()); 3] = [
    ("plain", work),
    ("current_thread", || {
        let runtime = Builder::new_current_thread().build();
        runtime.expect("a runtime starts").block_on(async { work() });
    }),
    ("multi_thread", || {
        let runtime = Builder::new_multi_thread().worker_threads(1).build();
        runtime.expect("a runtime starts").block_on(async { work() });
    }),
];

fn work() {
    let _telemetry = beacon::init_telemetry().expect("it is the first");
    (0..SPANS).for_each(|index| info_span!("work", index).in_scope(|| {}));
}

fn main() -> ExitCode {
    for argument in env::args() {
        if let Some((_, main)) = MAINS.into_iter().find(|(name, _)| *name == argument) {
            main();
            return ExitCode::SUCCESS;
        }
    }
    let cases = MAINS.into_iter().flat_map(|(name, _)| [(name, "grpc"), (name, "http/protobuf")]);
    let (passed, failed): (Vec<_>, Vec<_>) = cases.partition(|(name, protocol)| {
        let delivered = delivered(name, protocol);
        println!("test {name}_over_{protocol} ... {delivered:?} of {SPANS} spans");
        delivered == Ok(SPANS)
    });
    let (word, code) =
        if failed.is_empty() { ("ok", ExitCode::SUCCESS) } else { ("FAILED", ExitCode::FAILURE) };
    let (passed, failed) = (passed.len(), failed.len());
    println!("\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored\n");
    code
}

/// Runs one `main` in a process of its own and returns the number of spans that arrived.
fn delivered(main: &str, protocol: &str) -> Result<u64, String> {
    let collector = Collector::start().expect("a collector starts");
    let mut command = Command::new(env::current_exe().expect("the test runs from a file"));
    command.arg(main).env_clear();
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
    command.env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    let output = command.output().expect("the test starts once more");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(collector.totals().spans())
}
