//! What `beacon dashboards` is asked to do.

use std::path::PathBuf;

use clap::Args;

use crate::dashboards::rules::GRAFANA;

/// Writes dashboards, alerts and their tests from the names of the metrics, or checks what is there
///
/// Without a flag it prints the names of the files. Files of this command that are no longer
/// described are removed by `--write` and found by `--check`.
///
/// Exit code: 0 if all is well; 1 if a file differs, or could not be read or written.
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
pub(crate) struct DashboardsArgs {
    /// Compares, and names what differs
    #[arg(long, conflicts_with = "write")]
    pub(super) check: bool,

    /// Writes what differs
    #[arg(long)]
    pub(super) write: bool,

    /// Prints every metric of the catalog as one JSON object a line
    #[arg(long, conflicts_with_all = ["check", "write"])]
    pub(super) metrics: bool,

    /// Prints the state of each page, for the pictures that are taken of it
    #[arg(long, conflicts_with_all = ["check", "write", "metrics"])]
    pub(super) shots: bool,

    /// Where people open Grafana: the links of alerts begin with it. For alerts of your own, which are
    /// then checked with the same value
    #[arg(long, value_name = "URL", default_value = GRAFANA)]
    pub(super) grafana_url: String,

    /// The root of the repository
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub(super) root: PathBuf,
}
