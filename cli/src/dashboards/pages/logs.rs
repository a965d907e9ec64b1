use beacon::catalog;

use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::panel::{Help, Source, graph, logs};
use crate::dashboards::query::{increase, rate, sum_by};

pub(super) fn board() -> Board {
    Board {
        slug: "logs",
        title: "Logs",
        question: "What is the service saying?",
        rows: vec![volume(), lost(), records()],
    }
}

fn volume() -> Row {
    row(
        "Volume",
        vec![
            graph(
                "Records by level",
                "recps",
                Help {
                    shows: "Records per second that passed the filter, by level.",
                    good: "Goes with the load.",
                    bad: "error rises.",
                    next: "The records below.",
                },
            )
            .query(
                sum_by("job, beacon_log_level", &rate(&catalog::LOG_RECORDS, "")),
                "{{job}} {{beacon_log_level}}",
            )
            .stacked(),
            graph(
                "Records by target, from the log store",
                "recps",
                Help {
                    shows: "Stored records per second, by the module that wrote them.",
                    good: "No module stands out.",
                    bad: "One module writes most: raise its level, live, without a restart.",
                    next: "Telemetry::set_filter, or the filter file.",
                },
            )
            .from(Source::Logs)
            .query(
                r#"topk(10, sum by (scope_name) (rate({service_name=~"$service"} [$__auto])))"#,
                "{{scope_name}}",
            ),
            graph(
                "Panics",
                "short",
                Help {
                    shows: "Panics, those that were caught included.",
                    good: "0.",
                    bad: "Any: BeaconPanics fires.",
                    next: "The record of the panic has its place and backtrace.",
                },
            )
            .query(sum_by("job", &increase(&catalog::PANICS, "")), "{{job}}"),
            graph(
                "Records made and delivered",
                "recps",
                Help {
                    shows: "Records per second that the collector accepted, beside those made.",
                    good: "Both lines are one.",
                    bad: "A gap: records are held back or lost.",
                    next: "Held back and lost, below.",
                },
            )
            .query(sum_by("job", &rate(&catalog::SDK_LOG_CREATED, "")), "made {{job}}")
            .query(
                sum_by("job", &rate(&catalog::TELEMETRY_DELIVERED, r#"beacon_signal="logs""#)),
                "accepted {{job}}",
            ),
        ],
    )
}

fn lost() -> Row {
    row(
        "Held back and lost",
        vec![
            graph(
                "Dropped by sink and reason",
                "short",
                Help {
                    shows: "Records that a sink did not get: console, file, OTLP.",
                    good: "Nothing, or rate_limit where that was asked for.",
                    bad: "queue_full or io_error: BeaconLogLinesDropped fires.",
                    next: "A full disk, or a console that nobody reads.",
                },
            )
            .query(
                sum_by(
                    "job, beacon_log_sink, beacon_drop_reason",
                    &increase(&catalog::LOG_DROPPED, ""),
                ),
                "{{job}} {{beacon_log_sink}} {{beacon_drop_reason}}",
            )
            .empty_until("records that are held back or lost"),
            graph(
                "Dropped before delivery",
                "short",
                Help {
                    shows: "Records that beacon gave up after they were made, by reason.",
                    good: "0.",
                    bad: "Anything.",
                    next: "The page Telemetry pipeline.",
                },
            )
            .query(
                sum_by(
                    "job, beacon_drop_reason",
                    &increase(&catalog::TELEMETRY_DROPPED, r#"beacon_signal="logs""#),
                ),
                "{{job}} {{beacon_drop_reason}}",
            ),
        ],
    )
}

fn records() -> Row {
    row(
        "Records",
        vec![
            logs(
                "Records",
                Help {
                    shows: "The newest records. A record with a trace leads to it.",
                    good: "One line says what happened.",
                    bad: "Thousands of the same.",
                    next: "Narrow by level in the query: severity_text=\"ERROR\".",
                },
            )
            .query(r#"{service_name=~"$service"}"#, ""),
            logs(
                "Errors with a trace",
                Help {
                    shows: "Records of errors made inside of a trace.",
                    good: "Nothing.",
                    bad: "Each is a request that failed.",
                    next: "Its trace, by the link trace of the record.",
                },
            )
            .query(
                r#"{service_name=~"$service"} | severity_text=~"ERROR|FATAL" | trace_id!="""#,
                "",
            )
            .empty_until("errors"),
        ],
    )
}
