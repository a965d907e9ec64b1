use beacon::catalog;

use crate::dashboards::board::{Board, Row, row};
use crate::dashboards::names::{Foreign, Named as _, collector};
use crate::dashboards::pages::HEALTH;
use crate::dashboards::panel::{Help, graph, stat};
use crate::dashboards::query::{increase, max_by, mean, rate, ratio, select, sum_by};

pub(super) fn board() -> Board {
    Board {
        slug: "telemetry-pipeline",
        title: "Telemetry pipeline",
        question: "Does the telemetry arrive?",
        rows: vec![account(), sdk(), received(), sent()],
    }
}

fn account() -> Row {
    let by = "job, beacon_signal";
    let emitted = sum_by(by, &rate(&catalog::TELEMETRY_EMITTED, ""));
    let queue = format!(
        "{} / {}",
        max_by("job, instance, beacon_signal", &select(&catalog::TELEMETRY_QUEUE_USAGE, "")),
        max_by("job, instance, beacon_signal", &select(&catalog::TELEMETRY_QUEUE_LIMIT, "")),
    );
    row("In the service: emitted = delivered + rejected + dropped + held", vec![
        stat("Health", "none", Help {
            shows: "State of delivery of the worst process.",
            good: "Healthy.",
            bad: "Degraded: it tries again. Dark: nothing has arrived for a while.",
            next: "Exports by outcome, below.",
        }).query(max_by("job", &select(&catalog::TELEMETRY_HEALTH, "")), "{{job}}").limits(1.0, 2.0).states(HEALTH).width(6),
        stat("Lost", "percentunit", Help {
            shows: "Share of items that beacon gave up.",
            good: "0.",
            bad: "Anything; red from 1 %.",
            next: "Dropped by reason.",
        }).query(ratio(&sum_by("job", &rate(&catalog::TELEMETRY_DROPPED, "")), &sum_by("job", &rate(&catalog::TELEMETRY_EMITTED, ""))), "{{job}}").limits(0.001, 0.01).width(6),
        stat("Refused", "percentunit", Help {
            shows: "Share of items that the peer refused for good.",
            good: "0.",
            bad: "Anything: the peer cannot use what is sent.",
            next: "The service's own lines name the answer.",
        }).query(ratio(&sum_by("job", &rate(&catalog::TELEMETRY_REJECTED, "")), &sum_by("job", &rate(&catalog::TELEMETRY_EMITTED, ""))), "{{job}}").limits(0.001, 0.01).width(6),
        stat("Fullest queue", "percentunit", Help {
            shows: "Bytes in the memory queue divided by what fits.",
            good: "Near 0.",
            bad: "Red from 0.8, where BeaconQueueNearFull fires; at 1 the newest items are dropped.",
            next: "The collector is away or slow.",
        }).query(max_by("job", &format!("({queue})")), "{{job}}").limits(0.5, 0.8).width(6),
        graph("Emitted", "cps", Help {
            shows: "Items per second that the service made, by signal.",
            good: "Goes with the load.",
            bad: "A step: a loop that logs.",
            next: "The pages Logs and Traces.",
        }).query(&emitted, "{{job}} {{beacon_signal}}"),
        graph("Delivered", "cps", Help {
            shows: "Items per second that the peer accepted.",
            good: "The same as emitted.",
            bad: "0.",
            next: "Exports by outcome.",
        }).query(sum_by(by, &rate(&catalog::TELEMETRY_DELIVERED, "")), "{{job}} {{beacon_signal}}"),
        graph("Dropped by reason", "short", Help {
            shows: "Items given up, each once.",
            good: "0.",
            bad: "queue_full: too much or too slow. retry_exhausted: the peer is away. too_large: one item over the limit.",
            next: "The runbook of BeaconTelemetryDropped has a row for each reason.",
        }).query(sum_by("job, beacon_signal, beacon_drop_reason", &increase(&catalog::TELEMETRY_DROPPED, "")), "{{job}} {{beacon_signal}} {{beacon_drop_reason}}"),
        graph("Held", "none", Help {
            shows: "Items that wait or are on their way.",
            good: "What one schedule delay makes.",
            bad: "Rises: the peer is away.",
            next: "Queue share.",
        }).query(sum_by(by, &select(&catalog::TELEMETRY_HELD, "")), "{{job}} {{beacon_signal}}").whole(),
        graph("Queue share", "percentunit", Help {
            shows: "Bytes in the memory queue divided by what fits, by process.",
            good: "Near 0.",
            bad: "Above 0.8.",
            next: "The rows below show where it stops.",
        }).query(queue, "{{job}} {{instance}} {{beacon_signal}}").limits(0.5, 0.8),
    ])
}

fn sdk() -> Row {
    let by = "job, otel_component_type, error_type";
    row("Exports", vec![
        graph("Spans by outcome", "cps", Help {
            shows: "Spans per second whose export has ended; without error type they arrived.",
            good: "No error type.",
            bad: "An error type names the cause of the last attempt.",
            next: "BeaconExportFailing.",
        }).query(sum_by(by, &rate(&catalog::SDK_EXPORTER_SPAN_EXPORTED, "")), "{{job}} {{otel_component_type}} {{error_type}}").width(8),
        graph("Log records by outcome", "recps", Help {
            shows: "The same for log records.",
            good: "No error type.",
            bad: "An error type.",
            next: "As for spans.",
        }).query(sum_by(by, &rate(&catalog::SDK_EXPORTER_LOG_EXPORTED, "")), "{{job}} {{otel_component_type}} {{error_type}}").width(8),
        graph("Data points by outcome", "cps", Help {
            shows: "The same for metrics.",
            good: "No error type.",
            bad: "An error type. When all fail this panel ends too.",
            next: "As for spans.",
        }).query(sum_by(by, &rate(&catalog::SDK_EXPORTER_METRIC_DATA_POINT_EXPORTED, "")), "{{job}} {{otel_component_type}} {{error_type}}").width(8),
        graph("Export time, mean", "s", Help {
            shows: "Time from the first attempt to the end of the last, pauses included.",
            good: "Milliseconds.",
            bad: "Seconds: attempts are repeated.",
            next: "The Collector's queue.",
        }).query(mean(&catalog::SDK_EXPORTER_OPERATION_DURATION, "job, otel_component_type"), "{{job}} {{otel_component_type}}"),
        graph("Collection time, mean", "s", Help {
            shows: "Time that one collection of all metrics takes, callbacks included.",
            good: "Milliseconds.",
            bad: "Seconds: a callback of the service blocks.",
            next: "Callbacks should only load numbers.",
        }).query(mean(&catalog::SDK_METRIC_READER_COLLECTION_DURATION, "job"), "{{job}}"),
    ])
}

/// Three signals of the Collector beside each other. It is no service of `$job`: its metrics are its own.
fn three(metrics: [Foreign; 3], by: &str) -> [String; 3] {
    metrics.map(|metric| sum_by(by, &format!("rate({}[$__rate_interval])", metric.series())))
}

fn received() -> Row {
    let [spans, points, records] = three(
        [
            collector::ACCEPTED_SPANS,
            collector::ACCEPTED_METRIC_POINTS,
            collector::ACCEPTED_LOG_RECORDS,
        ],
        "job, instance",
    );
    let [no_spans, no_points, no_records] = three(
        [
            collector::REFUSED_SPANS,
            collector::REFUSED_METRIC_POINTS,
            collector::REFUSED_LOG_RECORDS,
        ],
        "job, instance",
    );
    let [limited_spans, limited_points, limited_records] = three(
        [
            collector::LIMITER_REFUSED_SPANS,
            collector::LIMITER_REFUSED_METRIC_POINTS,
            collector::LIMITER_REFUSED_LOG_RECORDS,
        ],
        "job, instance",
    );
    row("The Collector receives", vec![
        graph("Accepted", "cps", Help {
            shows: "Items per second that Collectors took.",
            good: "The same as delivered, summed over services.",
            bad: "Less: something between the service and the Collector.",
            next: "The service's exports by outcome.",
        }).query(spans, "spans {{instance}}").query(points, "data points {{instance}}").query(records, "records {{instance}}").width(8),
        graph("Refused", "cps", Help {
            shows: "Items per second that Collectors did not take. Services keep them and try again.",
            good: "0.",
            bad: "BeaconCollectorRefusing fires.",
            next: "Memory limiter, or the queue behind.",
        }).query(no_spans, "spans {{instance}}").query(no_points, "data points {{instance}}").query(no_records, "records {{instance}}").width(8),
        graph("Refused by the memory limiter", "cps", Help {
            shows: "Items per second refused because the Collector's memory is full.",
            good: "0.",
            bad: "Anything that stays: it is too small, or its backend too slow.",
            next: "More replicas or memory: deploy/scale.",
        }).query(limited_spans, "spans {{instance}}").query(limited_points, "data points {{instance}}").query(limited_records, "records {{instance}}").width(8).empty_until("a Collector without memory"),
    ])
}

fn sent() -> Row {
    let by = "job, instance, exporter";
    let [spans, points, records] = three(
        [collector::SENT_SPANS, collector::SENT_METRIC_POINTS, collector::SENT_LOG_RECORDS],
        by,
    );
    let [no_spans, no_points, no_records] = three(
        [
            collector::SEND_FAILED_SPANS,
            collector::SEND_FAILED_METRIC_POINTS,
            collector::SEND_FAILED_LOG_RECORDS,
        ],
        by,
    );
    let [lost_spans, lost_points, lost_records] = three(
        [
            collector::ENQUEUE_FAILED_SPANS,
            collector::ENQUEUE_FAILED_METRIC_POINTS,
            collector::ENQUEUE_FAILED_LOG_RECORDS,
        ],
        by,
    );
    let queue = format!(
        "max by (job, instance, exporter, data_type) ({}) / max by (job, instance, exporter, data_type) ({})",
        collector::QUEUE_SIZE.series(),
        collector::QUEUE_CAPACITY.series(),
    );
    row("The Collector sends to the stores", vec![
        graph("Sent", "cps", Help {
            shows: "Items per second that stores took.",
            good: "The same as accepted, but for sampling.",
            bad: "0: the store is away.",
            next: "The Collector's log.",
        }).query(spans, "spans {{exporter}}").query(points, "data points {{exporter}}").query(records, "records {{exporter}}"),
        graph("Failed", "cps", Help {
            shows: "Items per second that stores refused for good.",
            good: "0.",
            bad: "Anything: it is lost.",
            next: "The store's log and limits.",
        }).query(no_spans, "spans {{exporter}}").query(no_points, "data points {{exporter}}").query(no_records, "records {{exporter}}").empty_until("a store that refuses or is away"),
        graph("Queue share", "percentunit", Help {
            shows: "What waits for a store, divided by what fits.",
            good: "Near 0.",
            bad: "Red from 0.8, where BeaconCollectorQueueNearFull fires.",
            next: "The store is away or slow: the queue is what an outage may last.",
        }).query(queue, "{{instance}} {{exporter}} {{data_type}}").limits(0.5, 0.8),
        graph("No room in the queue", "cps", Help {
            shows: "Items per second that found the queue full. Senders are told and try again.",
            good: "0.",
            bad: "BeaconCollectorEnqueueFailed pages.",
            next: "The store first; then a larger queue.",
        }).query(lost_spans, "spans {{exporter}}").query(lost_points, "data points {{exporter}}").query(lost_records, "records {{exporter}}").empty_until("a store that refuses or is away"),
    ])
}
