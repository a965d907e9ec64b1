//! `beacon dashboards`: dashboards and alerts from one description, with names of the catalog.

mod args;
mod board;
mod draw;
mod files;
mod names;
mod pages;
mod panel;
mod query;
mod rules;
mod shots;
#[cfg(test)]
mod tests;
mod uses;

use std::io::{self, Write as _};
use std::process::ExitCode;

use beacon::catalog;
use serde_json::json;

pub(crate) use crate::dashboards::args::DashboardsArgs;

/// Does what the arguments say; standard error tells what differs.
pub(crate) fn run(args: &DashboardsArgs) -> ExitCode {
    let done = if args.write {
        files::write(&args.root, &args.grafana_url).map(|()| Vec::new())
    } else if args.check {
        files::differences(&args.root, &args.grafana_url)
    } else if args.metrics {
        print_metrics().map(|()| Vec::new())
    } else if args.shots {
        write!(io::stdout(), "{}", shots::states()).map(|()| Vec::new())
    } else {
        let names = files::all(&args.grafana_url).into_keys().collect::<Vec<_>>().join("\n");
        writeln!(io::stdout(), "{names}").map(|()| Vec::new())
    };
    let problems = done.unwrap_or_else(|error| vec![error.to_string()]);
    let mut stderr = io::stderr().lock();
    for problem in &problems {
        // Standard error that cannot be written leaves the exit code.
        drop(writeln!(stderr, "beacon dashboards: {problem}"));
    }
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// For tests that send what the catalog names.
fn print_metrics() -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for metric in catalog::all() {
        let line = json!({
            "name": metric.name,
            "unit": metric.unit,
            "instrument": format!("{:?}", metric.instrument),
            "attributes": metric.attributes,
            "prometheus": metric.prometheus_name(),
        });
        writeln!(stdout, "{line}")?;
    }
    Ok(())
}

/// Stands above everything that is written as YAML.
const HEADER: &str =
    "# Written by `beacon dashboards --write`. Change the description in cli/src/dashboards.\n";
