//! Telemetry itself: what is lost, refused, full or silent.

use beacon::catalog::{self, memory};

use crate::dashboards::names::{Foreign, Named as _, collector};
use crate::dashboards::rules::{Alert, Group, Scenario, Severity, input};

pub(super) fn group() -> Group {
    Group {
        name: "beacon-telemetry",
        records: Vec::new(),
        alerts: vec![
            dropped(),
            export_failing(),
            queue_near_full(),
            silent(),
            log_lines_dropped(),
            cardinality(),
            collector_down(),
            collector_refusing(),
            collector_queue(),
            collector_enqueue(),
            collector_send(),
        ],
        needs: &[],
        test_interval: "1m",
    }
}

fn alert(name: &'static str, expr: String, scenario: Scenario) -> Alert {
    Alert {
        name,
        severity: Severity::Warning,
        component: "telemetry",
        expr,
        hold: "5m",
        keep: "10m",
        summary: "",
        description: "",
        page: "telemetry-pipeline",
        scenario,
    }
}

fn dropped() -> Alert {
    let dropped = catalog::TELEMETRY_DROPPED.series();
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![input(
            &dropped,
            r#"beacon_signal="logs", beacon_drop_reason="queue_full""#,
            ["0+60x60", "7+0x60", "9+0x10 0+0x49", "0+0x60"],
        )],
    );
    Alert {
        summary: "{{ $labels.job }} loses {{ $labels.beacon_signal }}.",
        description: "Its queue is full or its collector away for longer than the queue lasts: panels and searches miss what was lost. The reason is on the page.",
        ..alert(
            "BeaconTelemetryDropped",
            format!("sum by (job, beacon_signal) (rate({dropped}[5m])) > 0"),
            scenario.labels(LOGS),
        )
    }
}

/// More than one item of a hundred ends in a failure.
fn export_failing() -> Alert {
    let spans = catalog::SDK_EXPORTER_SPAN_EXPORTED.series();
    let records = catalog::SDK_EXPORTER_LOG_EXPORTED.series();
    let points = catalog::SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED.series();
    let share = |metric: &str| {
        format!(
            "(sum by (job, otel_component_type) (rate({metric}{{error_type!=\"\"}}[10m])) / sum by (job, otel_component_type) (rate({metric}[10m])) > 0.01)"
        )
    };
    let expr = format!("{}\n  or {}\n  or {}", share(&spans), share(&records), share(&points));
    let kind = r#"otel_component_type="otlp_http_span_exporter""#;
    let failed = format!(r#"{kind}, error_type="503""#);
    let scenario = Scenario::new(
        "8m",
        "40m",
        vec![
            input(&spans, kind, ["0+900x60", "0+9900x60", "0+900x20 0+900x39", "0+900x60"]),
            input(&spans, &failed, ["0+100x60", "0+100x60", "0+0x60", ""]),
        ],
    );
    Alert {
        hold: "10m",
        summary: "Exports of {{ $labels.job }} fail.",
        description: "More than 1 % of what it sends is refused or given up. The error type on the page names the cause.",
        ..alert(
            "BeaconExportFailing",
            expr,
            scenario.labels(&[("otel_component_type", "otlp_http_span_exporter")]),
        )
    }
}

fn queue_near_full() -> Alert {
    let usage = catalog::TELEMETRY_QUEUE_USAGE.series();
    let limit = catalog::TELEMETRY_QUEUE_LIMIT.series();
    let by = "by (job, instance, beacon_signal)";
    let expr =
        format!("max by (job, beacon_signal) (max {by} ({usage}) / max {by} ({limit})) > 0.8");
    let of = r#"beacon_signal="logs""#;
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![
            input(&usage, of, ["81+0x60", "80+0x60", "90+0x2 0+0x57", "0+0x60"]),
            input(&limit, of, ["100+0x60"; 4]),
        ],
    );
    Alert {
        summary: "The queue of {{ $labels.job }} for {{ $labels.beacon_signal }} is nearly full.",
        description: "Nothing is lost yet. The collector is away or slow: exports by outcome tell which.",
        ..alert("BeaconQueueNearFull", expr, scenario.labels(LOGS))
    }
}

/// Sent for an hour a day ago, and does not now.
fn silent() -> Alert {
    let uptime = memory::PROCESS_UPTIME.series();
    let expr = format!(
        "(group by (job) (last_over_time({uptime}[1h] offset 1d)) unless on (job) group by (job) (last_over_time({uptime}[10m]))) == 1"
    );
    let steady = "0+300x400";
    let scenario = Scenario::new(
        "24h",
        "27h",
        vec![input(&uptime, "", ["0+300x288 _x100", steady, "0+300x288 0+300x100", steady])],
    )
    .interval("5m");
    Alert {
        hold: "10m",
        keep: "",
        summary: "{{ $labels.job }} sends no metrics.",
        description: "It did a day ago. It is down, or its telemetry is: no other alert about it can fire. Ends by itself a day after it was taken out of service.",
        ..alert("BeaconServiceSilent", expr, scenario)
    }
}

fn log_lines_dropped() -> Alert {
    let dropped = catalog::LOG_DROPPED.series();
    let unwanted = r#"beacon_drop_reason!~"rate_limit|sampled""#;
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![
            input(
                &dropped,
                r#"beacon_log_sink="console", beacon_drop_reason="queue_full""#,
                ["0+60x60", "7+0x60", "9+0x10 0+0x49", ""],
            ),
            input(
                &dropped,
                r#"beacon_log_sink="otlp", beacon_drop_reason="rate_limit""#,
                ["", "", "", "0+60x60"],
            ),
        ],
    );
    Alert {
        summary: "{{ $labels.job }} loses lines of its {{ $labels.beacon_log_sink }}.",
        description: "Nobody reads the console fast enough, or the disk is full. Records over OTLP are not concerned.",
        page: "logs",
        ..alert(
            "BeaconLogLinesDropped",
            format!("sum by (job, beacon_log_sink) (rate({dropped}{{{unwanted}}}[5m])) > 0"),
            scenario.labels(&[("beacon_log_sink", "console")]),
        )
    }
}

/// A metric has more attribute sets than are kept apart. Any metric, so there is no name to select by.
fn cardinality() -> Alert {
    let overflow = r#"otel_metric_overflow="true""#;
    let scenario = Scenario::new(
        "8m",
        "30m",
        vec![
            input("demo_requests_total", overflow, ["0+1x60", "", "0+1x4 _x55", ""]),
            input("demo_requests_total", r#"user="1""#, ["0+1x60"; 4]),
        ],
    );
    Alert {
        hold: "10m",
        summary: "A metric of {{ $labels.job }} has too many attribute sets.",
        description: "What comes after the first 2,000 is added up and cannot be told apart. The service says the metric's name once; take ids out of its attributes.",
        ..alert(
            "BeaconCardinalityOverflow",
            format!("count by (job) ({{{overflow}}}) > 0"),
            scenario,
        )
    }
}

/// The scrape of a Collector fails, or it was there an hour ago and is not now.
fn collector_down() -> Alert {
    let uptime = collector::UPTIME.series();
    let expr = format!(
        "(group by (job) (last_over_time({uptime}[1h])) unless on (job) group by (job) ({uptime})) == 1"
    );
    let steady = "0+60x60";
    let scenario = Scenario::new(
        "15m",
        "30m",
        vec![input(&uptime, "", ["0+60x10 _x50", steady, "0+60x10 0+60x49", steady])],
    );
    Alert {
        severity: Severity::Critical,
        keep: "",
        summary: "No Collector of {{ $labels.job }} answers.",
        description: "Services hold what they can and then drop. Start it, or send elsewhere.",
        ..alert("BeaconCollectorDown", expr, scenario)
    }
}

/// Any of three counters of a Collector moves.
fn moves(metrics: &[Foreign]) -> String {
    let one = |metric: &Foreign| format!("(sum by (job) (rate({}[5m])) > 0)", metric.series());
    metrics.iter().map(one).collect::<Vec<_>>().join("\n  or ")
}

fn collector_refusing() -> Alert {
    let expr = moves(&[
        collector::REFUSED_SPANS,
        collector::REFUSED_METRIC_POINTS,
        collector::REFUSED_LOG_RECORDS,
        collector::LIMITER_REFUSED_SPANS,
        collector::LIMITER_REFUSED_METRIC_POINTS,
        collector::LIMITER_REFUSED_LOG_RECORDS,
    ]);
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![input(
            &collector::REFUSED_SPANS.series(),
            r#"receiver="otlp""#,
            ["0+60x60", "7+0x60", "9+0x10 0+0x49", "0+0x60"],
        )],
    );
    Alert {
        summary: "The Collector {{ $labels.job }} refuses.",
        description: "Its memory or a queue is full. Services hold what they can and then drop. Look at its queues, then at the store.",
        ..alert("BeaconCollectorRefusing", expr, scenario)
    }
}

fn collector_queue() -> Alert {
    let by = "by (job, instance, exporter, data_type)";
    let expr = format!(
        "max by (job, exporter) (max {by} ({}) / max {by} ({})) > 0.8",
        collector::QUEUE_SIZE.series(),
        collector::QUEUE_CAPACITY.series()
    );
    let of = r#"exporter="otlp_http/loki", data_type="logs""#;
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![
            input(
                &collector::QUEUE_SIZE.series(),
                of,
                ["81+0x60", "80+0x60", "90+0x2 0+0x57", "0+0x60"],
            ),
            input(&collector::QUEUE_CAPACITY.series(), of, ["100+0x60"; 4]),
        ],
    );
    Alert {
        summary: "The queue of {{ $labels.job }} for {{ $labels.exporter }} is nearly full.",
        description: "The store is away or slow. When it is full the Collector refuses, and services hold what they can.",
        ..alert(
            "BeaconCollectorQueueNearFull",
            expr,
            scenario.labels(&[("exporter", "otlp_http/loki")]),
        )
    }
}

fn collector_enqueue() -> Alert {
    let expr = moves(&[
        collector::ENQUEUE_FAILED_SPANS,
        collector::ENQUEUE_FAILED_METRIC_POINTS,
        collector::ENQUEUE_FAILED_LOG_RECORDS,
    ]);
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![input(
            &collector::ENQUEUE_FAILED_SPANS.series(),
            r#"exporter="otlp_grpc/jaeger""#,
            ["0+60x60", "7+0x60", "9+0x10 0+0x49", "0+0x60"],
        )],
    );
    Alert {
        severity: Severity::Critical,
        summary: "A queue of the Collector {{ $labels.job }} is full.",
        description: "What comes is refused now, and lost where the sender does not try again. The store first, then a larger queue.",
        ..alert("BeaconCollectorEnqueueFailed", expr, scenario)
    }
}

/// What a store refuses for good is given up: nothing is tried again.
fn collector_send() -> Alert {
    let expr = moves(&[
        collector::SEND_FAILED_SPANS,
        collector::SEND_FAILED_METRIC_POINTS,
        collector::SEND_FAILED_LOG_RECORDS,
    ]);
    let scenario = Scenario::new(
        "3m",
        "30m",
        vec![input(
            &collector::SEND_FAILED_METRIC_POINTS.series(),
            r#"exporter="otlp_http/prometheus""#,
            ["0+60x60", "7+0x60", "9+0x10 0+0x49", "0+0x60"],
        )],
    );
    Alert {
        summary: "A store refuses what the Collector {{ $labels.job }} sends.",
        description: "It is lost: the store does not want it, whoever sends it again. The Collector's log has the answer of the store.",
        ..alert("BeaconCollectorSendFailed", expr, scenario)
    }
}

const LOGS: &[(&str, &str)] = &[("beacon_signal", "logs")];
