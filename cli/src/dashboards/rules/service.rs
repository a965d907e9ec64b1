//! The service: errors, latency, and how fast the error budget goes.

use beacon::catalog::request::HTTP_SERVER_REQUEST_DURATION;

use crate::dashboards::names::{Named as _, recorded};
use crate::dashboards::query::part;
use crate::dashboards::rules::scenario::Input;
use crate::dashboards::rules::slo::burns;
use crate::dashboards::rules::{Alert, Group, Record, Scenario, Severity, input};

pub(super) fn group() -> Group {
    Group {
        name: "beacon-service",
        records: records(),
        alerts: vec![error_rate(), latency(), burn()],
        needs: &[],
        test_interval: "1m",
    }
}

fn records() -> Vec<Record> {
    let count = part(&HTTP_SERVER_REQUEST_DURATION, "_count");
    let objective =
        Record { name: objective(), expr: format!("0 * group by (job) ({count}) + {OBJECTIVE}") };
    let windows = ["5m", "1h"];
    let records = windows.map(error_ratio).into_iter().chain(windows.map(request_rate));
    [objective].into_iter().chain(records).collect()
}

pub(super) fn objective() -> String {
    recorded::OBJECTIVE.series()
}

pub(super) fn error_ratio(window: &str) -> Record {
    let count = part(&HTTP_SERVER_REQUEST_DURATION, "_count");
    let rate = rate(window);
    Record {
        name: format!("job:http_server_errors:ratio_rate{window}"),
        expr: format!(
            "(sum by (job) (rate({count}{{{FAILED}}}[{window}])) or 0 * {rate}) / ({rate} > 0)"
        ),
    }
}

pub(super) fn request_rate(window: &str) -> Record {
    Record { name: format!("job:http_server_requests:rate{window}"), expr: rate(window) }
}

fn rate(window: &str) -> String {
    let count = part(&HTTP_SERVER_REQUEST_DURATION, "_count");
    format!("sum by (job) (rate({count}[{window}]))")
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

/// Fourteen times as fast as may be: the budget of a month is gone in two days. That of slower burns is in
/// `slo`.
fn burn() -> Alert {
    let expr = format!(
        "{}\n  and on (job) (job:http_server_requests:rate1h > {FLOOR})",
        burns("14.4", "1h", "5m")
    );
    // Below: a burn of 0.9 times the factor. Healthy: one error, nearly no traffic.
    let steady = "0+10000x200";
    let scenario = Scenario::new(
        "2m",
        "3h",
        vec![
            answers("200", [steady, steady, "0+10000x70 0+10000x129", "0+0.4x200"]),
            answers("500", ["0+200x200", "0+129x200", "0+1x70 0+1x129", "0+0.4x200"]),
        ],
    );
    Alert {
        hold: "2m",
        summary: "{{ $labels.job }} uses up its error budget.",
        description: "Errors happen faster than the objective allows, for long enough to matter, and still do. Errors by route tell where; the blue marks whether it began with a deployment.",
        page: "slo",
        ..alert("BeaconErrorBudgetBurn1h", Severity::Critical, expr, scenario)
    }
}

pub(super) fn answers(status: &str, values: [&'static str; 4]) -> Input {
    let labels = format!(r#"http_route="/", http_response_status_code="{status}""#);
    input(&part(&HTTP_SERVER_REQUEST_DURATION, "_count"), &labels, values)
}

const FAILED: &str = r#"http_response_status_code=~"5..""#;
/// Of requests that are not answered with 5xx.
const OBJECTIVE: &str = "0.999";
/// Requests per second below which shares say nothing: one a minute.
pub(super) const FLOOR: &str = "0.0167";
