"""Compares what a Collector wrote to files with what `beacon demo --json` says it delivered, and with its lines.

Argument: the folder with demo.json (lines of the console, then the demo's result), app.log (lines of the file) and
traces.jsonl, logs.jsonl, metrics.jsonl. Writes one line per check:
`ok<TAB>check`, or `no<TAB>check<0x1F>what is wrong`. The exit code tells only whether all checks were made.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

# Of one problem, as text. The beginning tells enough.
PROBLEM_LEN_MAX = 400
# The kinds of metric data, of which a metric has one.
METRIC_DATA = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")
# Source: https://opentelemetry.io/docs/specs/otel/protocol/otlp/#json-protobuf-encoding, enumerations are numbers.
KIND_SERVER = 2
KIND_CLIENT = 3
STATUS_ERROR = 2
# What a line has besides fields.
OURS = {"timestamp", "level", "target", "message", "span", "trace_id", "span_id", "trace_flags"}


def requests(folder, signal):
    """The requests that arrived, one per line."""
    path = folder / f"{signal}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def lines(path):
    """The lines that are events: the last one of the console is the demo's result."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in found if "signals" not in line]


def items(folder, signal, resources_key, scopes_key, items_key):
    """The resources that were sent, and all items."""
    resources, found = [], []
    for request in requests(folder, signal):
        for resource in request.get(resources_key, []):
            resources.append(attributes(resource.get("resource", {})))
            for scope in resource.get(scopes_key, []):
                found += [item | {"scope": scope.get("scope", {}).get("name", "")} for item in scope.get(items_key, [])]
    return resources, found


def data_points(metric):
    return [point for kind in METRIC_DATA for point in metric.get(kind, {}).get("dataPoints", [])]


def attributes(owner):
    """Attributes as a dictionary; integers are text in OTLP/JSON and become numbers here."""
    plain = {}
    for entry in owner.get("attributes", []):
        for kind, value in entry.get("value", {}).items():
            plain[entry["key"]] = int(value) if kind == "intValue" else value
    return plain


def check(name, problems):
    problems = [str(problem)[:PROBLEM_LEN_MAX] for problem in problems]
    if problems:
        shown = "; ".join(problems[:3]).replace("\n", " ")
        print(f"no\t{name}\x1f{shown} ({len(problems)} in all)")
    else:
        print(f"ok\t{name}")


def check_count(name, delivered, arrived):
    is_right = arrived == delivered > 0
    check(f"{delivered} {name} delivered, as many arrived", [] if is_right else [f"{arrived} arrived"])


def check_logs(logs, spans):
    known = {ids(span) for span in spans}
    inside = [log for log in logs if attributes(log).get("demo.in_span") is True]
    outside = [log for log in logs if attributes(log).get("demo.in_span") is False]

    check("records are logged inside of spans", [] if inside else ["none"])
    check("records are logged outside of spans", [] if outside else ["none"])
    check("a record logged inside a span has that span's ids", [log for log in inside if ids(log) != ids_in_code(log)])
    check("the span of each such record has arrived", [log for log in inside if ids(log) not in known])
    check("a record logged outside of spans has no ids", [log for log in outside if any(ids(log))])
    check("no record has ids of no span", [log for log in logs if any(ids(log)) and ids(log) not in known])
    check("INFO, WARN and ERROR arrive", {"INFO", "WARN", "ERROR"} - {log.get("severityText") for log in logs})


def ids(item):
    return item.get("traceId", ""), item.get("spanId", "")


def ids_in_code(log):
    """The ids that the code which logged saw around itself."""
    own = attributes(log)
    return own["demo.trace_id"], own["demo.span_id"]


def check_lines(where, found, logs, spans):
    """Each line is one record: time, level, target, message, ids, fields; what else it has are fields of its spans."""
    by_key = {}
    for log in logs:
        by_key.setdefault(key_of_record(log), []).append(log)
    by_ids = {ids(span): span for span in spans}
    unmatched, differing = [], []
    for line in found:
        candidates = by_key.get(key_of_line(line), [])
        log = next((log for log in candidates if own_fields(log).items() <= line.items()), None)
        if log is None:
            unmatched.append(line)
            continue
        candidates.remove(log)
        fields = {key: value for key, value in line.items() if key not in OURS and key not in own_fields(log)}
        # Those that say what a span is are no attributes of it.
        fields = {key: value for key, value in fields.items() if not key.startswith("otel.")}
        # As text: the official span layer makes text of integers without a sign.
        around = {key: str(value) for key, value in fields_around(log, by_ids).items()}
        # An error stands under its own name in a line, and under that of the conventions in a record.
        error = attributes(log).get("exception.message")
        if any(str(value) not in (around.get(key), error) for key, value in fields.items()):
            differing.append(line)
    check(f"{len(found)} lines {where}, as many records arrived", [] if len(found) == len(logs) > 0 else [len(logs)])
    check(f"each line {where} is a record: time, level, target, message, ids and values", unmatched)
    check(f"what else is in a line {where} is of its spans or its error", differing)


def key_of_line(line):
    at = line["timestamp"], line["level"], line["target"]
    return *at, line.get("message"), line.get("trace_id", ""), line.get("span_id", "")


def key_of_record(log):
    seconds, nanos = divmod(int(log["timeUnixNano"]), 10**9)
    at = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{nanos // 1000:06}Z"
    return at, log["severityText"], log["scope"], log.get("body", {}).get("stringValue"), *ids(log)


def own_fields(log):
    return {key: value for key, value in attributes(log).items() if not key.startswith("exception.")}


def fields_around(log, by_ids):
    """Attributes of the record's span and of the spans around that; the inner one wins."""
    fields, span = {}, by_ids.get(ids(log))
    while span:
        fields = attributes(span) | fields
        span = by_ids.get((span["traceId"], span.get("parentSpanId", "")))
    return fields


def check_spans(spans):
    by_ids = {ids(span): span for span in spans}
    check("no span has arrived twice", [] if len(by_ids) == len(spans) else [len(spans) - len(by_ids)])

    def parent(span):
        return by_ids.get((span["traceId"], span.get("parentSpanId", "")), {})

    check("each parent is in the same trace", [s for s in spans if s.get("parentSpanId") and not parent(s)])

    servers = [span for span in spans if span.get("kind") == KIND_SERVER]
    check("server spans arrive", [] if servers else ["none"])
    check("each is the child of a client span", [s for s in servers if parent(s).get("kind") != KIND_CLIENT])
    servers = [span for span in servers if "http.request.method" in attributes(span)]
    keys = {"http.request.method", "http.route", "http.response.status_code", "url.path", "url.scheme"}
    check("each has the attributes of the conventions", [s for s in servers if keys - attributes(s).keys()])

    failed = [s for s in servers if attributes(s).get("http.response.status_code") == 500]
    check("some of them failed", [] if failed else ["none"])
    check("each of those is an error", [s for s in failed if not is_error(s)])


def is_error(span):
    return span.get("status", {}).get("code") == STATUS_ERROR and attributes(span).get("error.type") == "500"


def check_metrics(metrics):
    names = {metric["name"] for metric in metrics}
    wanted = {"http.server.request.duration", "demo.orders", "demo.orders.in_flight", "otel.sdk.span.started"}
    check("the metrics of the service and of beacon arrive", wanted - names)


def check_resources(by_signal):
    everything = [resource for resources in by_signal for resource in resources]
    first = everything[0] if everything else {}
    differing = {key for other in everything for key in first.keys() | other.keys() if first.get(key) != other.get(key)}
    check("all signals have the same resource", sorted(differing))
    expected = {"service.name": "beacon-demo", "telemetry.distro.name": "beacon", "telemetry.sdk.language": "rust"}
    check("the resource names the service and beacon", [k for k, v in expected.items() if first.get(k) != v])


def main(folder):
    signals = json.loads((folder / "demo.json").read_text().splitlines()[-1])["signals"]
    trace_resources, spans = items(folder, "traces", "resourceSpans", "scopeSpans", "spans")
    log_resources, logs = items(folder, "logs", "resourceLogs", "scopeLogs", "logRecords")
    metric_resources, metrics = items(folder, "metrics", "resourceMetrics", "scopeMetrics", "metrics")

    check_count("spans", signals["traces"]["delivered"], len(spans))
    check_count("log records", signals["logs"]["delivered"], len(logs))
    points = sum(len(data_points(metric)) for metric in metrics)
    check_count("data points", signals["metrics"]["delivered"], points)
    check_logs(logs, spans)
    check_lines("of the file", lines(folder / "app.log"), logs, spans)
    check_lines("of the console", lines(folder / "demo.json"), logs, spans)
    check_spans(spans)
    check_metrics(metrics)
    check_resources([trace_resources, log_resources, metric_resources])


main(Path(sys.argv[1]))
