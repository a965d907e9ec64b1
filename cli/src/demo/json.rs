//! The result for programs.

use std::io::{self, Write};
use std::time::Duration;

use beacon::TelemetryReport;
use serde::Serialize;

use crate::demo::received::Received;
use crate::demo::show::Story;

#[derive(Serialize)]
struct DemoJson<'a> {
    signals: &'a TelemetryReport,
    received: Option<Received>,
    shutdown_ms: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    show: Option<&'a Story>,
}

/// Writes one object on one line.
///
/// # Errors
///
/// When it cannot be written.
pub(super) fn write(
    out: &mut impl Write,
    signals: &TelemetryReport,
    received: Option<Received>,
    shutdown: Duration,
    show: Option<&Story>,
) -> io::Result<()> {
    let json = DemoJson { signals, received, shutdown_ms: shutdown.as_millis(), show };
    serde_json::to_writer(&mut *out, &json)?;
    writeln!(out)
}
