//! The JSON lines: one for each change of state, one summary.

use std::io::{self, Write};

use serde::Serialize;

/// Whose samples a line is about.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Subject<'a> {
    File(&'a str),
    Pid(u32),
}

/// A change of state.
#[derive(Debug, Serialize)]
pub(super) struct TransitionLine<'a> {
    #[serde(flatten)]
    pub(super) subject: Subject<'a>,
    /// When the check was due.
    pub(super) minute: f64,
    pub(super) state: &'static str,
    pub(super) signal: &'static str,
    pub(super) scale_hours: Option<u32>,
    pub(super) growth_bytes_per_hour: Option<f64>,
    pub(super) base_bytes: Option<f64>,
    pub(super) growth_ratio: Option<f64>,
    pub(super) record_margin_ratio: Option<f64>,
    pub(super) bic_margin: Option<f64>,
    pub(super) load_growth_ratio: Option<f64>,
    pub(super) load_known: bool,
    /// Without a limit there is none.
    pub(super) time_to_limit_hours: Option<f64>,
}

/// The limit is near.
#[derive(Debug, Serialize)]
pub(super) struct ExhaustionLine<'a> {
    #[serde(flatten)]
    pub(super) subject: Subject<'a>,
    pub(super) minute: f64,
    pub(super) event: &'static str,
    pub(super) time_to_limit_hours: f64,
}

/// The end.
#[derive(Debug, Serialize)]
pub(super) struct SummaryLine<'a> {
    #[serde(flatten)]
    pub(super) subject: Subject<'a>,
    pub(super) final_state: &'static str,
    pub(super) first_suspected_minute: Option<f64>,
    pub(super) first_confirmed_minute: Option<f64>,
    pub(super) transitions: u64,
    pub(super) suspected_runs: &'a [Run],
    pub(super) confirmed_runs: &'a [Run],
}

/// First and last of successive checks that pass.
pub(super) type Run = [f64; 2];

/// Writes one object on one line.
pub(super) fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
