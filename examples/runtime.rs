//! A runtime with a name, a worker that is blocked and told, and spans that have not ended.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

use std::error::Error;
use std::thread;
use std::time::Duration;

use beacon::Telemetry;
use beacon::task::{self, RuntimeConfig, observe_runtime};
use tracing::info_span;

fn main() -> Result<(), Box<dyn Error>> {
    let config = RuntimeConfig::default().stall_threshold(Duration::from_millis(200));
    let telemetry = Telemetry::builder().service_name("runtime").runtime(config).install()?;

    // One that was not there when telemetry was installed.
    let jobs = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    observe_runtime("jobs", jobs.handle())?;

    let import = info_span!("import");
    let blocking = import.in_scope(|| {
        // A log record tells: worker … of the runtime `jobs` has been blocked by the task `parse`.
        let work = async { thread::sleep(Duration::from_millis(600)) };
        task::named("parse").spawn_on(jobs.handle(), work)
    });
    for span in beacon::logging::live_spans() {
        println!("has not ended: {span}");
    }
    jobs.block_on(blocking)?;
    for counts in task::task_counts() {
        println!("{}: {} finished", counts.name, counts.finished);
    }
    drop((import, jobs));
    if let Err(error) = telemetry.shutdown_blocking() {
        eprintln!("{error}");
    }
    Ok(())
}
