//! The `beacon` command: OpenTelemetry for Rust services, shown on one machine.

mod demo;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::demo::DemoArgs;

#[derive(Debug, Parser)]
#[command(name = "beacon", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(DemoArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(args) => demo::run(&args).await,
    }
}
