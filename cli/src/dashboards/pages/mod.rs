//! The nine pages, one question each.
#![expect(clippy::too_many_lines, reason = "a row of panels is one table")]

mod http;
mod logs;
mod memory;
mod overview;
mod pipeline;
mod rpc;
mod slo;
mod tokio;
mod traces;

use crate::dashboards::board::Board;

/// Returns every page, in the order in which they are read.
pub(super) fn all() -> Vec<Board> {
    vec![
        overview::board(),
        http::board(),
        rpc::board(),
        memory::board(),
        tokio::board(),
        logs::board(),
        traces::board(),
        pipeline::board(),
        slo::board(),
    ]
}

/// The states of delivery: `beacon.telemetry.health`.
const HEALTH: &[(&str, &str)] = &[("Healthy", "green"), ("Degraded", "yellow"), ("Dark", "red")];
