//! The `beacon` command: OpenTelemetry for Rust services, shown on one machine.

mod dashboards;
mod demo;
mod leaks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::dashboards::DashboardsArgs;
use crate::demo::DemoArgs;
use crate::leaks::LeaksArgs;

#[derive(Debug, Parser)]
#[command(name = "beacon", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dashboards(DashboardsArgs),
    Demo(DemoArgs),
    Leaks(LeaksArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Dashboards(args) => dashboards::run(&args),
        Command::Demo(args) => demo::run(&args).await,
        Command::Leaks(args) => leaks::run(&args).await,
    }
}
