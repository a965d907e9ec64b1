use beacon::catalog::request::HTTP_SERVER_REQUEST_DURATION;
use beacon::catalog::{self, memory};

use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::names::{Named as _, prometheus, recorded, span_metrics};
use crate::dashboards::pages::HEALTH;
use crate::dashboards::panel::{Help, Source, column, graph, heatmap, logs, stat, table};
use crate::dashboards::query::{
    buckets, count_rate, increase_in_range, max_by, quantile, rate, ratio, select, sum_by,
};

pub(super) fn board() -> Board {
    Board {
        slug: "service-overview",
        title: "Service overview",
        question: "Is the service healthy?",
        rows: vec![now(), over_time(), operations(), neighbors()],
    }
}

fn now() -> Row {
    let requests = sum_by("job", &count_rate(&HTTP_SERVER_REQUEST_DURATION, ""));
    let failed = count_rate(&HTTP_SERVER_REQUEST_DURATION, r#"http_response_status_code=~"5..""#);
    let failed = sum_by("job", &failed);
    let dropped = ratio(
        &sum_by("job", &rate(&catalog::TELEMETRY_DROPPED, "")),
        &sum_by("job", &rate(&catalog::TELEMETRY_EMITTED, "")),
    );
    row("Now", vec![
        stat("Requests", "reqps", Help {
            shows: "HTTP requests answered per second.",
            good: "What is usual at this hour.",
            bad: "Nothing, or several times as many.",
            next: "The page HTTP shows which route.",
        }).query(&requests, "{{job}}"),
        stat("Errors", "percentunit", Help {
            shows: "Share of requests answered with 5xx.",
            good: "Below 1 %.",
            bad: "Yellow from 1 %, red from 5 %, where BeaconErrorRate fires.",
            next: "The failing operations below, then their traces.",
        }).query(ratio(&failed, &requests), "{{job}}").limits(0.01, 0.05),
        stat("p95", "s", Help {
            shows: "95 of 100 requests take less than this.",
            good: "What is usual.",
            bad: "Twice as much as an hour ago.",
            next: "The slowest operations below.",
        }).query(quantile("0.95", &HTTP_SERVER_REQUEST_DURATION, "", "job"), "{{job}}"),
        stat("Error budget left", "percentunit", Help {
            shows: "Share of the error budget of three days that is left.",
            good: "Above a half.",
            bad: "Red below 10 %; from -100 % on it shows no more.",
            next: "The page SLO shows how fast it goes.",
        }).query(budget_left(), "{{job}}").floors(0.1, 0.5),
        stat("Instances", "none", Help {
            shows: "Processes that have sent metrics within five minutes.",
            good: "As many as were deployed.",
            bad: "Fewer.",
            next: "BeaconServiceSilent and BeaconRestartLoop.",
        }).query(format!("count by (job) ({})", max_by("job, instance", &select(&memory::PROCESS_UPTIME, ""))), "{{job}}"),
        stat("Telemetry delivery", "none", Help {
            shows: "State of delivery, of the worst process.",
            good: "Healthy.",
            bad: "Degraded: it tries again. Dark: nothing arrives, and this only because it came before.",
            next: "The page Telemetry pipeline.",
        }).query(max_by("job", &select(&catalog::TELEMETRY_HEALTH, "")), "{{job}}").limits(1.0, 2.0).states(HEALTH),
        graph("Telemetry lost", "percentunit", Help {
            shows: "Share of spans, log records and data points that beacon gave up.",
            good: "0: all other panels show everything.",
            bad: "Anything else; BeaconTelemetryDropped fires.",
            next: "The reasons, on the page Telemetry pipeline.",
        }).query(dropped, "{{job}}").limits(0.001, 0.01),
        table("Versions", "none", Help {
            shows: "Which version of the service runs, and how many processes of it.",
            good: "One version for each service, but while it is deployed.",
            bad: "Two for longer than a deployment takes.",
            next: "The orange and blue marks on the other panels tell when they began.",
        }).query(format!("count by (job, service_version) ({})", select(&prometheus::TARGET_INFO, r#"service_version!="""#)), "{{service_version}}")
            .whole()
            .columns([column("job", "Service", 0), column("service_version", "Version", 0), column("Value", "Processes", 120)]),
    ])
}

fn over_time() -> Row {
    let by_class = "label_replace(";
    let classes = format!(
        r#"sum by (class) ({by_class}{}, "class", "${{1}}xx", "http_response_status_code", "(.).."))"#,
        count_rate(&HTTP_SERVER_REQUEST_DURATION, r#"http_response_status_code!="""#),
    );
    let cpu = sum_by("job, instance", &rate(&memory::PROCESS_CPU_TIME, ""));
    let rss = max_by("job, instance", &select(&memory::PROCESS_MEMORY_USAGE, ""));
    row("Over time", vec![
        graph("Requests by class", "reqps", Help {
            shows: "HTTP requests per second by the first digit of the status.",
            good: "2xx follow the hours of the day.",
            bad: "5xx rise, or everything falls.",
            next: "The page HTTP.",
        }).query(classes, "{{class}}").stacked(),
        graph("Latency", "s", Help {
            shows: "Quantiles of the time to an answer; points are exemplars and lead to their traces.",
            good: "Level.",
            bad: "p99 leaves p95 behind: a few requests wait for something.",
            next: "Click an exemplar.",
        })
        .query(quantile("0.5", &span_metrics::DURATION, SERVER, "job"), "p50 {{job}}")
        .query(quantile("0.95", &span_metrics::DURATION, SERVER, "job"), "p95 {{job}}")
        .query(quantile("0.99", &span_metrics::DURATION, SERVER, "job"), "p99 {{job}}")
        .exemplars(),
        heatmap("Latency, server spans", Help {
            shows: "How many requests took how long. Span metrics of the Collector, counted before sampling.",
            good: "One band.",
            bad: "A second band above the first.",
            next: "Click an exemplar in the upper band.",
        }).query(buckets(&span_metrics::DURATION, SERVER, "le"), "{{le}}").exemplars(),
        graph("Processors in use", "short", Help {
            shows: "Seconds of processor time per second, by process.",
            good: "Below what the container is given.",
            bad: "At the quota: everything waits.",
            next: "The page Tokio runtime.",
        }).query(cpu, "{{job}} {{instance}}"),
        graph("Memory in RAM", "bytes", Help {
            shows: "Resident memory, by process.",
            good: "Level, or a sawtooth.",
            bad: "A line that rises for hours.",
            next: "The page Memory and leaks.",
        }).query(rss, "{{job}} {{instance}}").width(24),
    ])
}

fn operations() -> Row {
    let slowest = format!(
        "topk(10, {})",
        quantile("0.95", &span_metrics::DURATION, SERVER, "job, span_name"),
    );
    let failing = sum_by("job, span_name", &increase_in_range(&span_metrics::CALLS, FAILED));
    row(
        "Operations",
        vec![
            table(
                "Slowest",
                "s",
                Help {
                    shows: "p95 of the ten slowest operations that others call.",
                    good: "Nothing unexpected.",
                    bad: "What is called often and stands on top.",
                    next: "Its traces, on the page Traces.",
                },
            )
            .query(slowest, "{{span_name}}")
            .columns([
                column("job", "Service", 0),
                column("span_name", "Operation", 0),
                column("Value", "p95", 120),
            ]),
            table(
                "Most failing",
                "none",
                Help {
                    shows: "Operations whose spans ended with an error, and how many did in the time shown.",
                    good: "Nothing.",
                    bad: "A name that was not there before the last deployment.",
                    next: "Its traces, on the page Traces.",
                },
            )
            .query(format!("topk(10, {failing})"), "{{span_name}}")
            .whole()
            .columns([
                column("job", "Service", 0),
                column("span_name", "Operation", 0),
                column("Value", "Errors", 120),
            ])
            .empty_until("errors"),
        ],
    )
}

fn neighbors() -> Row {
    let firing = format!(
        r#"max by (alertname, severity, job) ({}{{alertstate="firing", alertname!="BeaconWatchdog", job=~"$job"}})"#,
        prometheus::ALERTS.series(),
    );
    row("Alerts and errors", vec![
        table("Firing alerts", "none", Help {
            shows: "Alerts of these services that fire now.",
            good: "Nothing.",
            bad: "critical pages somebody.",
            next: "The alert's annotations name its runbook.",
        }).query(firing, "{{alertname}}")
            .columns([column("alertname", "Alert", 0), column("job", "Service", 180), column("severity", "Severity", 100)])
            .empty_until("an alert that fires"),
        graph("Log records by level", "recps", Help {
            shows: "Log records per second of the levels warn and error.",
            good: "Few.",
            bad: "A step up.",
            next: "The records below.",
        }).query(sum_by("job, beacon_log_level", &rate(&catalog::LOG_RECORDS, r#"beacon_log_level=~"warn|error""#)), "{{job}} {{beacon_log_level}}"),
        graph("Records of errors, from the log store", "recps", Help {
            shows: "The same records counted by the log store.",
            good: "Agrees with the rate of the level error above.",
            bad: "Less: records are lost on the way.",
            next: "The page Telemetry pipeline.",
        }).from(Source::Logs).query(r#"sum by (service_name) (rate({service_name=~"$service"} | severity_text=~"ERROR|FATAL" [$__auto]))"#, "{{service_name}}").empty_until("errors"),
        logs("Errors in the log", Help {
            shows: "Log records of the levels ERROR and FATAL.",
            good: "Nothing.",
            bad: "The same line again and again.",
            next: "Open a record: its trace is one click away.",
        }).query(r#"{service_name=~"$service"} | severity_text=~"ERROR|FATAL""#, "").empty_until("errors"),
    ])
}

fn budget_left() -> String {
    format!(r#"clamp_min({}{{job=~"$job"}}, -1)"#, recorded::BUDGET_LEFT.series())
}

const SERVER: &str = r#"span_kind="SPAN_KIND_SERVER""#;
const FAILED: &str = r#"status_code="STATUS_CODE_ERROR""#;
