use beacon::catalog::request::{
    HTTP_CLIENT_REQUEST_DURATION, HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_REQUEST_DURATION,
};

use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::names::span_metrics;
use crate::dashboards::panel::{Help, column, graph, heatmap, table};
use crate::dashboards::query::{buckets, count_rate, quantile, ratio, select, sum_by};

pub(super) fn board() -> Board {
    Board {
        slug: "http",
        title: "HTTP",
        question: "Which route is slow, or fails?",
        rows: vec![server(), client()],
    }
}

fn server() -> Row {
    let by_route = sum_by("job, http_route", &count_rate(&HTTP_SERVER_REQUEST_DURATION, ""));
    let failed = count_rate(&HTTP_SERVER_REQUEST_DURATION, r#"http_response_status_code=~"5..""#);
    let failed = sum_by("job, http_route", &failed);
    let statuses = count_rate(&HTTP_SERVER_REQUEST_DURATION, "");
    row(
        "Server",
        vec![
            graph(
                "Requests by route",
                "reqps",
                Help {
                    shows: "Requests answered per second, by route.",
                    good: "The shape of the day.",
                    bad: "One route rises alone: a client that tries again and again.",
                    next: "The same route in the panels beside.",
                },
            )
            .query(&by_route, "{{job}} {{http_route}}")
            .stacked(),
            graph(
                "Errors by route",
                "percentunit",
                Help {
                    shows: "Share of the route's requests answered with 5xx.",
                    good: "0.",
                    bad: "Above 5 % BeaconErrorRate fires for the service.",
                    next: "Failing traces of the route, on the page Traces.",
                },
            )
            .query(ratio(&failed, &by_route), "{{job}} {{http_route}}")
            .limits(0.01, 0.05),
            graph(
                "p95 by route",
                "s",
                Help {
                    shows: "95 of 100 requests of the route take less than this.",
                    good: "Level.",
                    bad: "Rises with the load: something is saturated.",
                    next: "The pages Tokio runtime and Traces.",
                },
            )
            .query(
                quantile("0.95", &HTTP_SERVER_REQUEST_DURATION, "", "job, http_route"),
                "{{job}} {{http_route}}",
            ),
            graph(
                "p99 by route",
                "s",
                Help {
                    shows: "99 of 100 requests of the route take less than this.",
                    good: "A small multiple of p95.",
                    bad: "At the timeout of the callers.",
                    next: "Exemplars in the heat map lead to traces.",
                },
            )
            .query(
                quantile("0.99", &HTTP_SERVER_REQUEST_DURATION, "", "job, http_route"),
                "{{job}} {{http_route}}",
            ),
            graph(
                "Answers by status",
                "reqps",
                Help {
                    shows: "Requests per second by status.",
                    good: "2xx and 3xx.",
                    bad: "429 and 503: the service sheds load. 4xx rise: a client was changed.",
                    next: "Errors by route.",
                },
            )
            .query(
                sum_by("job, http_response_status_code", &statuses),
                "{{job}} {{http_response_status_code}}",
            )
            .stacked(),
            graph(
                "Active requests",
                "none",
                Help {
                    shows: "Requests that are being answered now.",
                    good: "Rate times latency.",
                    bad: "Rises while the rate does not: requests hang.",
                    next: "Live spans, on the page Traces.",
                },
            )
            .query(
                sum_by("job, http_request_method", &select(&HTTP_SERVER_ACTIVE_REQUESTS, "")),
                "{{job}} {{http_request_method}}",
            )
            .whole()
            .empty_until("HttpServerLayer"),
            heatmap(
                "Latency, server spans",
                Help {
                    shows: "Time of server spans. With exemplars.",
                    good: "One band.",
                    bad: "A second band above the first.",
                    next: "Click an exemplar.",
                },
            )
            .query(
                buckets(&span_metrics::DURATION, r#"span_kind="SPAN_KIND_SERVER""#, "le"),
                "{{le}}",
            )
            .exemplars(),
            table(
                "Slowest routes",
                "s",
                Help {
                    shows: "p95 of the ten slowest routes.",
                    good: "Nothing unexpected.",
                    bad: "A route that matters.",
                    next: "Its traces, on the page Traces.",
                },
            )
            .query(
                format!(
                    "topk(10, {})",
                    quantile("0.95", &HTTP_SERVER_REQUEST_DURATION, "", "job, http_route")
                ),
                "{{http_route}}",
            )
            .columns([
                column("job", "Service", 0),
                column("http_route", "Route", 0),
                column("Value", "p95", 120),
            ]),
        ],
    )
}

fn client() -> Row {
    let calls = sum_by("job, server_address", &count_rate(&HTTP_CLIENT_REQUEST_DURATION, ""));
    let failed = sum_by(
        "job, server_address",
        &count_rate(&HTTP_CLIENT_REQUEST_DURATION, r#"error_type!="""#),
    );
    row("Client", vec![
        graph("Requests by peer", "reqps", Help {
            shows: "Requests that the service makes, by the server it asks.",
            good: "Goes with the requests it answers.",
            bad: "A multiple of them: it tries again and again.",
            next: "Errors by peer.",
        }).query(&calls, "{{job}} {{server_address}}")
            .width(8).empty_until("HttpClientLayer"),
        graph("Errors by peer", "percentunit", Help {
            shows: "Share of requests to the peer that failed or were answered with 4xx or 5xx.",
            good: "0.",
            bad: "Near 1: the peer is down or the address is wrong.",
            next: "The peer's own page, if it uses beacon.",
        }).query(ratio(&failed, &calls), "{{job}} {{server_address}}").limits(0.01, 0.05)
            .width(8).empty_until("HttpClientLayer"),
        graph("p95 by peer", "s", Help {
            shows: "95 of 100 requests to the peer take less than this.",
            good: "Level.",
            bad: "Near the timeout.",
            next: "The client spans of slow traces, on the page Traces.",
        }).query(quantile("0.95", &HTTP_CLIENT_REQUEST_DURATION, "", "job, server_address"), "{{job}} {{server_address}}").width(8).empty_until("HttpClientLayer"),
    ])
}
