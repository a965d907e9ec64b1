//! The `beacon` command: OpenTelemetry for Rust services, shown on one machine.

mod dashboards;
mod demo;
mod leaks;

use std::alloc::System;
use std::process::ExitCode;

use beacon::memory::TrackingAllocator;
use clap::{Parser, Subcommand};

use crate::dashboards::DashboardsArgs;
use crate::demo::DemoArgs;
use crate::leaks::LeaksArgs;

/// So that the demo can say who holds its memory, as any service that has this line.
#[global_allocator]
static ALLOCATOR: TrackingAllocator = TrackingAllocator::new(System);

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
