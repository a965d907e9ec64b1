use beacon::catalog;

use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::names::span_metrics;
use crate::dashboards::panel::{Help, column, graph, heatmap, table, traces};
use crate::dashboards::query::{buckets, max_by, mean, quantile, rate, ratio, select, sum_by};

pub(super) fn board() -> Board {
    Board {
        slug: "traces",
        title: "Traces",
        question: "Where does the time go?",
        rows: vec![spans(), found(), recording()],
    }
}

fn spans() -> Row {
    let failed =
        sum_by("job, span_name", &rate(&span_metrics::CALLS, r#"status_code="STATUS_CODE_ERROR""#));
    let calls = sum_by("job, span_name", &rate(&span_metrics::CALLS, ""));
    row("Operations", vec![
        graph("Spans by operation", "ops", Help {
            shows: "Spans per second, counted by the Collector before it samples.",
            good: "Goes with the load.",
            bad: "Names with ids in them: the Collector adds up what is too much.",
            next: "Use a route as name, not a path.",
        }).query(format!("topk(15, {calls})"), "{{job}} {{span_name}}"),
        graph("Errors by operation", "percentunit", Help {
            shows: "Share of spans that ended with an error.",
            good: "0.",
            bad: "Anything that stays.",
            next: "Failing traces, below.",
        }).query(format!("topk(15, {})", ratio(&failed, &calls)), "{{job}} {{span_name}}").limits(0.01, 0.05),
        graph("p95 by operation", "s", Help {
            shows: "95 of 100 spans take less than this. Points are exemplars.",
            good: "Level.",
            bad: "The operation that rises first is the cause of those above it.",
            next: "Click an exemplar.",
        }).query(format!("topk(15, {})", quantile("0.95", &span_metrics::DURATION, "", "job, span_name")), "{{job}} {{span_name}}").exemplars(),
        heatmap("All spans", Help {
            shows: "How many spans took how long.",
            good: "Bands that stay where they are.",
            bad: "A band that moves up.",
            next: "Click an exemplar in it.",
        }).query(buckets(&span_metrics::DURATION, "", "le"), "{{le}}").exemplars(),
        table("Mean by operation", "s", Help {
            shows: "Mean time of the ten longest operations: rate times mean is where the time goes.",
            good: "Nothing unexpected.",
            bad: "A short operation that is called a thousand times.",
            next: "A trace that holds it.",
        }).query(format!("topk(10, {})", mean(&span_metrics::DURATION, "job, span_name")), "{{span_name}}")
            .columns([column("job", "Service", 0), column("span_name", "Operation", 0), column("Value", "Mean", 120)])
            .width(24),
    ])
}

fn found() -> Row {
    row(
        "Traces",
        vec![
            traces(
                "Newest traces",
                Help {
                    shows: "Traces of the service, newest first.",
                    good: "There are some.",
                    bad: "None, while the span metrics count: the trace store does not get them.",
                    next: "The page Telemetry pipeline.",
                },
            )
            .query("", ""),
            traces(
                "Failing traces",
                Help {
                    shows: "Traces with a span that ended with an error. Jaeger's store in memory finds none.",
                    good: "None.",
                    bad: "Many of one operation.",
                    next: "Open one: its log records are one click away.",
                },
            )
            .query("error=true", "")
            .empty_until("errors"),
        ],
    )
}

fn recording() -> Row {
    let by_result = "job, otel_span_sampling_result";
    row(
        "Recording",
        vec![
            graph(
                "Spans started",
                "ops",
                Help {
                    shows: "Spans per second by what the sampler said.",
                    good: "The share that was asked for.",
                    bad: "All DROP: nothing is recorded.",
                    next: "OTEL_TRACES_SAMPLER.",
                },
            )
            .query(
                sum_by(by_result, &rate(&catalog::SDK_SPAN_STARTED, "")),
                "{{job}} {{otel_span_sampling_result}}",
            )
            .width(8),
            graph(
                "Live spans",
                "none",
                Help {
                    shows: "Recording spans that have not ended.",
                    good: "Requests that are being answered, times spans of each.",
                    bad: "Rises without end: spans are kept somewhere.",
                    next: "A span in a struct or a task that never ends.",
                },
            )
            .query(
                max_by("job, instance", &select(&catalog::SDK_SPAN_LIVE, "")),
                "{{job}} {{instance}}",
            )
            .whole()
            .width(8),
            graph(
                "Broken headers",
                "cps",
                Help {
                    shows: "Fields of requests that were ignored: traces begin anew there.",
                    good: "Nothing.",
                    bad: "Traces break at a caller.",
                    next: "Who sends them: the field and the reason tell what is wrong.",
                },
            )
            .query(
                sum_by(
                    "job, beacon_propagation_field, beacon_drop_reason",
                    &rate(&catalog::PROPAGATION_DROPPED, ""),
                ),
                "{{job}} {{beacon_propagation_field}} {{beacon_drop_reason}}",
            )
            .width(8)
            .empty_until("broken headers"),
        ],
    )
}
