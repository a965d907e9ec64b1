//! How fast the error budget goes, by windows of hours and days.

use crate::dashboards::names::{Named as _, recorded};
use crate::dashboards::rules::service::{FLOOR, answers, error_ratio, objective, request_rate};
use crate::dashboards::rules::{Alert, Group, Record, Scenario, Severity};

pub(super) fn group() -> Group {
    let mut records: Vec<_> = ["30m", "2h", "6h", "1d", "3d"].map(error_ratio).into();
    records.extend(["6h", "1d", "3d"].map(request_rate));
    records.push(Record {
        name: recorded::BUDGET_LEFT.series(),
        expr: format!(
            "1 - {} / on (job) (1 - {})",
            recorded::ERRORS_3D.series(),
            recorded::OBJECTIVE.series()
        ),
    });
    Group {
        name: "beacon-slo",
        records,
        alerts: vec![six_hours(), a_day(), three_days()],
        needs: &["beacon-service"],
        // Its windows are long, and so are its tests. vmalert looks back five minutes.
        test_interval: "4m",
    }
}

fn six_hours() -> Alert {
    let scenario = scenario(["2h", "4h"], "0+350x460", "0+270x460");
    Alert {
        hold: "2m",
        ..burn("BeaconErrorBudgetBurn6h", Severity::Critical, "6", ["6h", "3h", "30m"], scenario)
    }
}

fn a_day() -> Alert {
    let scenario = scenario(["11h", "14h"], "0+175x460", "0+135x460");
    burn("BeaconErrorBudgetBurn1d", Severity::Warning, "3", ["1d", "12h", "2h"], scenario)
}

fn three_days() -> Alert {
    let scenario = scenario(["35h", "38h"], "0+75x460", "0+45x460");
    burn("BeaconErrorBudgetBurn3d", Severity::Warning, "1", ["3d", "36h", "6h"], scenario)
}

/// Burns from the beginning, and is told when the window is half full.
fn scenario(
    [quiet_at, at]: [&'static str; 2],
    bad: &'static str,
    nearly: &'static str,
) -> Scenario {
    let steady = "0+50000x460";
    let inputs = vec![
        answers("200", [steady, steady, "0+50000x14 0+50000x445", "0+2x460"]),
        answers("500", [bad, nearly, "0+5x14 0+5x445", "0+2x460"]),
    ];
    Scenario::new(quiet_at, at, inputs).interval("5m")
}

/// A long window says that it matters, a short one that it still goes on. A service that was not there half of the
/// long window ago has no such window: ten minutes of errors in its first hour are not three days of them.
fn burn(
    name: &'static str,
    severity: Severity,
    factor: &str,
    [long, half, short]: [&str; 3],
    scenario: Scenario,
) -> Alert {
    let requests = format!("job:http_server_requests:rate{long}");
    let expr = format!(
        "{}\n  and on (job) ({requests} > {FLOOR})\n  and on (job) ({requests} offset {half} >= 0)",
        burns(factor, long, short)
    );
    Alert {
        name,
        severity,
        component: "service",
        expr,
        hold: "15m",
        keep: "10m",
        summary: "{{ $labels.job }} uses up its error budget.",
        description: "Errors happen faster than the objective allows, for long enough to matter, and still do. Errors by route tell where; the blue marks whether it began with a deployment.",
        page: "slo",
        scenario,
    }
}

/// By both windows, the budget goes so many times as fast as it may.
pub(super) fn burns(factor: &str, long: &str, short: &str) -> String {
    let of = |window| format!("job:http_server_errors:ratio_rate{window}");
    let allowed = format!("{factor} * (1 - {})", objective());
    format!(
        "({} > on (job) {allowed})\n  and on (job) ({} > on (job) {allowed})",
        of(long),
        of(short)
    )
}
