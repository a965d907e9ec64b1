//! The service: errors, latency, and how fast the error budget goes.

use beacon::catalog::request::HTTP_SERVER_REQUEST_DURATION;

use crate::dashboards::names::{Named as _, recorded};
use crate::dashboards::query::part;
use crate::dashboards::rules::{Alert, Group, Record, Scenario, Severity, input};

pub(super) fn group() -> Group {
    Group {
        name: "beacon-service",
        records: records(),
        alerts: vec![
            error_rate(),
            latency(),
            burn("BeaconErrorBudgetBurn1h", Severity::Critical, 14.4, ("1h", "30m", "5m")),
            burn("BeaconErrorBudgetBurn6h", Severity::Critical, 6.0, ("6h", "3h", "30m")),
            burn("BeaconErrorBudgetBurn1d", Severity::Warning, 3.0, ("1d", "12h", "2h")),
            burn("BeaconErrorBudgetBurn3d", Severity::Warning, 1.0, ("3d", "36h", "6h")),
        ],
    }
}

fn records() -> Vec<Record> {
    let count = part(&HTTP_SERVER_REQUEST_DURATION, "_count");
    let failed = format!("{count}{{{FAILED}}}");
    let all = |window: &str| format!("sum by (job) (rate({count}[{window}]))");
    let mut records = vec![Record {
        name: recorded::OBJECTIVE.series(),
        expr: format!("0 * group by (job) ({count}) + {OBJECTIVE}"),
    }];
    for window in WINDOWS {
        let rate = all(window);
        records.push(Record {
            name: format!("job:http_server_errors:ratio_rate{window}"),
            expr: format!("(sum by (job) (rate({failed}[{window}])) or 0 * {rate}) / ({rate} > 0)"),
        });
    }
    for window in ["5m", "1h", "6h", "1d", "3d"] {
        records.push(Record {
            name: format!("job:http_server_requests:rate{window}"),
            expr: all(window),
        });
    }
    records.push(Record {
        name: recorded::BUDGET_LEFT.series(),
        expr: format!(
            "1 - {} / on (job) (1 - {})",
            recorded::ERRORS_3D.series(),
            recorded::OBJECTIVE.series()
        ),
    });
    records
}

fn alert(name: &'static str, severity: Severity, expr: String, scenario: Scenario) -> Alert {
    Alert {
        name,
        severity,
        component: "service",
        expr,
        hold: "10m",
        keep: "10m",
        summary: "",
        description: "",
        page: "http",
        scenario,
    }
}

fn error_rate() -> Alert {
    let expr = format!(
        "({} > 0.05) and on (job) ({} > {FLOOR})",
        recorded::ERRORS_5M.series(),
        recorded::REQUESTS_5M.series()
    );
    let scenario = Scenario::new(
        "8m",
        "40m",
        vec![
            answers("200", ["0+90x60", "0+951x60", "0+100x20 0+100x39", "0+0.4x60"]),
            answers("500", ["0+10x60", "0+49x60", "0+1x20 0+1x39", "0+0.4x60"]),
        ],
    );
    Alert {
        summary: "{{ $labels.job }} answers more than 5 % of its requests with an error.",
        description: "Users see failures. Errors by route tell where; failing traces tell why.",
        ..alert("BeaconErrorRate", Severity::Warning, expr, scenario)
    }
}

/// The share of requests that take longer than a second, not a quantile: it adds up over instances.
fn latency() -> Alert {
    let count = part(&HTTP_SERVER_REQUEST_DURATION, "_count");
    let bucket = part(&HTTP_SERVER_REQUEST_DURATION, "_bucket");
    let expr = format!(
        "((1 - sum by (job) (rate({bucket}{{le=~\"1|1.0\"}}[5m])) / sum by (job) (rate({count}[5m]))) > 0.05)\n  \
         and on (job) ({} > {FLOOR})",
        recorded::REQUESTS_5M.series()
    );
    let fast = r#"http_route="/", http_response_status_code="200", le="1""#;
    let scenario = Scenario::new(
        "8m",
        "40m",
        vec![
            input(&bucket, fast, ["0+90x60", "0+95.5x60", "0+100x20 0+100x39", "0+0x60"]),
            answers("200", ["0+100x60", "0+100x60", "0+100x20 0+100x39", "0+0.5x60"]),
        ],
    );
    Alert {
        summary: "More than 5 % of the requests to {{ $labels.job }} take longer than a second.",
        description: "Users wait. p95 by route tells where; exemplars lead to traces.",
        ..alert("BeaconLatencyObjective", Severity::Warning, expr, scenario)
    }
}

/// A long window says that it matters, a short one that it still goes on.
fn burn(
    name: &'static str,
    severity: Severity,
    factor: f64,
    (long, short): (&'static str, &'static str),
) -> Alert {
    let of = |window| format!("job:http_server_errors:ratio_rate{window}");
    let allowed = format!("{factor} * (1 - {})", recorded::OBJECTIVE.series());
    let expr = format!(
        "({} > on (job) {allowed})\n  and on (job) ({} > on (job) {allowed})\n  and on (job) (job:http_server_requests:rate{long} > {FLOOR})",
        of(long),
        of(short)
    );
    // Below: a burn of 0.9 times the factor. Healthy: one error, nearly no traffic.
    let (bad, nearly) = match name {
        "BeaconErrorBudgetBurn1h" => ("0+200x200", "0+129x200"),
        "BeaconErrorBudgetBurn6h" => ("0+70x200", "0+54x200"),
        "BeaconErrorBudgetBurn1d" => ("0+35x200", "0+27x200"),
        _ => ("0+15x200", "0+9x200"),
    };
    let (hold, quiet_at) =
        if severity == Severity::Critical { ("2m", "2m") } else { ("15m", "10m") };
    let steady = "0+10000x200";
    let scenario = Scenario::new(
        quiet_at,
        "3h",
        vec![
            answers("200", [steady, steady, "0+10000x70 0+10000x129", "0+0.4x200"]),
            answers("500", [bad, nearly, "0+1x70 0+1x129", "0+0.4x200"]),
        ],
    );
    Alert {
        hold,
        summary: "{{ $labels.job }} uses up its error budget.",
        description: "Errors happen faster than the objective allows, for long enough to matter, and still do. Errors by route tell where; the blue marks whether it began with a deployment.",
        page: "slo",
        ..alert(name, severity, expr, scenario)
    }
}

fn answers(status: &str, values: [&'static str; 4]) -> super::scenario::Input {
    let labels = format!(r#"http_route="/", http_response_status_code="{status}""#);
    input(&part(&HTTP_SERVER_REQUEST_DURATION, "_count"), &labels, values)
}

const FAILED: &str = r#"http_response_status_code=~"5..""#;
/// Of requests that are not answered with 5xx.
const OBJECTIVE: &str = "0.999";
/// Requests per second below which shares say nothing: one a minute.
const FLOOR: &str = "0.0167";
const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];
