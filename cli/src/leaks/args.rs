//! What `beacon leaks` is asked to do.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum, value_parser};

use crate::leaks::corpus::CorpusSet;

/// Tells whether memory leaks: in recorded samples, in a running process, or in simulated ones
///
/// `--csv` reads samples with the columns `minute`, `rss_bytes`, `live_bytes`, `load` in any order; only
/// the first is needed, others are ignored, and `.gz` is read too. It prints one JSON line for each
/// change of state and a summary for each file. `--pid` does the same for a process until that ends.
/// `--corpus` measures how good the detector is.
///
/// Exit code: 0 if everything was read (and, of the hard corpus, scored as well as it must); 1 if
/// not, with the reason on standard error; 2 for a wrong argument.
#[derive(Args, Clone, Debug)]
#[command(verbatim_doc_comment)]
#[command(group(ArgGroup::new("input").required(true)))]
pub(crate) struct LeaksArgs {
    /// Files of samples
    #[arg(long, value_name = "FILE", num_args = 1.., group = "input")]
    pub(super) csv: Vec<PathBuf>,

    /// A process to watch from outside
    #[arg(long, value_name = "PID", value_parser = value_parser!(u32).range(1..), group = "input")]
    pub(super) pid: Option<u32>,

    /// Makes the simulated processes and scores the detector on them
    #[arg(long, group = "input")]
    pub(super) corpus: bool,

    /// Which column decides; `auto` is the live heap if the file has it
    #[arg(long, default_value = "auto", conflicts_with_all = ["pid", "corpus"])]
    pub(super) signal: SignalArg,

    /// The most memory that the process may use, for the time that is left
    #[arg(long, value_name = "BYTES", value_parser = value_parser!(u64).range(1..), conflicts_with = "corpus")]
    limit: Option<u64>,

    /// Confirms a leak although the load is not known, with ten times as many false alarms
    #[arg(long, conflicts_with = "corpus")]
    pub(super) confirm_without_load: bool,

    /// Seconds between two looks at the process
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = value_parser!(u64).range(1..=60), conflicts_with_all = ["csv", "corpus"])]
    interval: u64,

    /// Which simulated processes [default: hard]
    #[arg(long, value_name = "SET", conflicts_with_all = ["csv", "pid"])]
    set: Option<CorpusSet>,

    /// Seeds of the simulated processes [default: 1 2 3]
    #[arg(long, value_name = "N", num_args = 1.., conflicts_with_all = ["csv", "pid"])]
    seed: Vec<u64>,
}

/// A column.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum SignalArg {
    Auto,
    Live,
    Rss,
}

impl LeaksArgs {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are enough for a limit")]
    pub(super) fn limit_bytes(&self) -> Option<f64> {
        self.limit.map(|bytes| bytes as f64)
    }

    pub(super) const fn interval(&self) -> Duration {
        Duration::from_secs(self.interval)
    }

    pub(super) fn set(&self) -> CorpusSet {
        self.set.unwrap_or(CorpusSet::Hard)
    }

    pub(super) fn seeds(&self) -> &[u64] {
        if self.seed.is_empty() { &[1, 2, 3] } else { &self.seed }
    }
}
