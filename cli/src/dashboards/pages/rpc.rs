use beacon::catalog::request::{RPC_CLIENT_CALL_DURATION, RPC_SERVER_CALL_DURATION};

use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::names::Named;
use crate::dashboards::names::span_metrics;
use crate::dashboards::panel::{Help, Panel, graph};
use crate::dashboards::query::{count_rate, quantile, rate, ratio, sum_by};

pub(super) fn board() -> Board {
    Board {
        slug: "rpc",
        title: "RPC and databases",
        question: "Which call is slow, or fails?",
        rows: vec![
            row("gRPC server", calls(&RPC_SERVER_CALL_DURATION)),
            row("gRPC client", calls(&RPC_CLIENT_CALL_DURATION)),
            outgoing(),
        ],
    }
}

fn calls(duration: &dyn Named) -> Vec<Panel> {
    let by_method = sum_by("job, rpc_method", &count_rate(duration, ""));
    let failed = count_rate(duration, r#"error_type!="""#);
    let failed = sum_by("job, rpc_method", &failed);
    let by_status = sum_by("job, rpc_response_status_code", &count_rate(duration, ""));
    vec![
        graph("Calls by method", "reqps", Help {
            shows: "Calls per second, by method.",
            good: "The shape of the day.",
            bad: "One method rises alone: a client that tries again and again.",
            next: "The same method in the panels beside.",
        }).query(&by_method, "{{job}} {{rpc_method}}").stacked().empty_until("gRPC layers"),
        graph("Errors by method", "percentunit", Help {
            shows: "Share of the method's calls that failed by the conventions: of a server those that are its fault.",
            good: "0.",
            bad: "Above 5 %.",
            next: "Calls by status tell the code.",
        }).query(ratio(&failed, &by_method), "{{job}} {{rpc_method}}").limits(0.01, 0.05).empty_until("gRPC layers"),
        graph("p95 by method", "s", Help {
            shows: "95 of 100 calls take less than this.",
            good: "Level, and far from the callers' deadlines.",
            bad: "At the deadline: callers give up and call again.",
            next: "Slow traces, on the page Traces.",
        }).query(quantile("0.95", duration, "", "job, rpc_method"), "{{job}} {{rpc_method}}").empty_until("gRPC layers"),
        graph("Calls by status", "reqps", Help {
            shows: "Calls per second by their gRPC code.",
            good: "OK.",
            bad: "UNAVAILABLE: the peer is gone. RESOURCE_EXHAUSTED: it sheds load. DEADLINE_EXCEEDED: too slow.",
            next: "The peer's own page, if it uses beacon.",
        }).query(by_status, "{{job}} {{rpc_response_status_code}}").stacked().empty_until("gRPC layers"),
    ]
}

/// What the service asks of others, databases included, as its client spans tell.
fn outgoing() -> Row {
    let client = r#"span_kind="SPAN_KIND_CLIENT""#;
    let calls = sum_by("job, span_name", &rate(&span_metrics::CALLS, client));
    let failed = rate(
        &span_metrics::CALLS,
        r#"span_kind="SPAN_KIND_CLIENT", status_code="STATUS_CODE_ERROR""#,
    );
    row("All outgoing calls, databases included", vec![
        graph("Calls by operation", "reqps", Help {
            shows: "Client spans per second, by name. A database client that makes spans is here.",
            good: "A fixed number for each request.",
            bad: "Rises faster than the requests: one query for each row.",
            next: "A trace of the request that makes them.",
        }).query(format!("topk(15, {calls})"), "{{job}} {{span_name}}").width(8),
        graph("Errors by operation", "percentunit", Help {
            shows: "Share of client spans that ended with an error.",
            good: "0.",
            bad: "Anything that stays.",
            next: "Failing traces, on the page Traces.",
        }).query(ratio(&sum_by("job, span_name", &failed), &calls), "{{job}} {{span_name}}").limits(0.01, 0.05).width(8),
        graph("p95 by operation", "s", Help {
            shows: "95 of 100 calls take less than this. Points are exemplars.",
            good: "Level.",
            bad: "Rises while the peer's own latency does not: a pool is exhausted.",
            next: "Click an exemplar.",
        }).query(format!("topk(15, {})", quantile("0.95", &span_metrics::DURATION, client, "job, span_name")), "{{job}} {{span_name}}").exemplars().width(8),
    ])
}
