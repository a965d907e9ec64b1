//! `beacon demo`: a small service under load, and proof of what became of its telemetry.

mod args;
mod bank;
mod client;
mod environment;
mod fault;
mod json;
mod load;
mod progress;
mod received;
mod routes;
mod say;
mod service;
mod service_metrics;
mod show;
mod summary;
mod target;
mod task;
mod verdict;

use std::error::Error;
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::time::Duration;

use beacon::logging::LogConsole;
use beacon::memory::MemoryConfig;
use beacon::tracing::info;
use beacon::{InitError, Telemetry};
use tokio::time::Instant;

use crate::demo::environment::is_any_set;
use crate::demo::progress::Progress;
use crate::demo::received::Received;
use crate::demo::show::{Show, Story, Told};
use crate::demo::summary::Summary;
use crate::demo::target::Target;

pub(crate) use crate::demo::args::DemoArgs;

/// Runs the demo. What keeps it from being a success goes to standard error.
pub(crate) async fn run(args: &DemoArgs) -> ExitCode {
    let (problems, code) = match demonstrate(args).await {
        Ok(problems) if problems.is_empty() => return ExitCode::SUCCESS,
        Ok(problems) => (problems, ExitCode::FAILURE),
        Err(error) => {
            let is_usage = matches!(error.downcast_ref(), Some(InitError::InvalidSetting { .. }));
            let code = if is_usage { ExitCode::from(EXIT_USAGE) } else { ExitCode::FAILURE };
            // Who calls the command knows the argument, not the setter.
            let problem = with_sources(&*error).replace("TelemetryBuilder::endpoint", "--endpoint");
            (vec![problem], code)
        }
    };
    let mut stderr = io::stderr().lock();
    for problem in problems {
        // Standard error that cannot be written leaves the exit code.
        drop(writeln!(stderr, "beacon demo: {problem}"));
    }
    code
}

/// Returns what speaks against a success.
async fn demonstrate(args: &DemoArgs) -> Result<Vec<String>, Box<dyn Error>> {
    let progress = Progress::new();
    let target = Target::choose(args)?;
    let told = Told::default();
    let telemetry = install(args, &target, progress, &told)?;

    info!(demo.in_span = false, "the demo begins");
    let mut show = args.show().map(|kind| Show::new(kind, &target, &told, args.json, progress));
    let load = load::run(args, progress, show.as_mut()).await?;
    let story = show.map(Show::end);
    let began = Instant::now();
    let report = match telemetry.shutdown().await {
        Ok(report) => report,
        // What was lost stands in the report as well.
        Err(error) => error.report().clone(),
    };
    let shutdown = began.elapsed();

    let received = target.collector().map(|collector| Received::of(&collector.totals()));
    let mut stdout = io::stdout().lock();
    if args.json {
        json::write(&mut stdout, &report, received, shutdown, story.as_ref())?;
    } else {
        let config = telemetry.effective_config();
        let collector = target.collector();
        let is_short = story.is_some();
        Summary { config, load: &load, collector, report: &report, received, shutdown, is_short }
            .write(&mut stdout)?;
    }
    stdout.flush()?;
    let mut problems = verdict::problems(&report, received.as_ref());
    problems.extend(story.as_ref().and_then(Story::problem));
    Ok(problems)
}

fn install(
    args: &DemoArgs,
    target: &Target,
    progress: Progress,
    told: &Told,
) -> Result<Telemetry, InitError> {
    let mut builder = target
        .apply(Telemetry::builder())
        .metrics_interval(METRICS_INTERVAL)
        .diagnostics_off_stderr()
        .diagnostic_hook(move |diagnostic| progress.say(diagnostic));
    // Standard output is for the summary.
    if !is_any_set(&["BEACON_LOG_CONSOLE"]) {
        builder = builder.log_console(LogConsole::Off);
    }
    if !is_any_set(&["OTEL_SERVICE_NAME"]) {
        builder = builder.service_name("beacon-demo");
    }
    if args.is_detector_fast() {
        let mut memory = MemoryConfig::default().sample_interval(FAST_SAMPLE_INTERVAL);
        if args.show().is_some() {
            memory = show::listen(memory, told);
        }
        builder = builder.memory(memory).memory_time_factor(FAST_FACTOR);
    }
    if let Some(protocol) = args.protocol() {
        builder = builder.protocol(protocol);
    }
    builder.install()
}

fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// An hour each second.
const FAST_FACTOR: NonZeroU32 = NonZeroU32::new(3600).unwrap();
/// Sixty times a second.
const FAST_SAMPLE_INTERVAL: Duration = Duration::from_mins(1);
/// Short, because a demo is.
const METRICS_INTERVAL: Duration = Duration::from_secs(1);
/// As clap ends after a wrong argument.
const EXIT_USAGE: u8 = 2;
