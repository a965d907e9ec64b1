"""A made-up service beside the demo, for pages that are to be looked at: it has what a demo of minutes cannot have.

It calls others, answers by gRPC, nears its memory limit and leaks. Its metrics are those of the catalog, and take the
same way as those of any service.
"""

import json
import math
import time

from support import network

MEBI = 1 << 20
SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]
BYTES = [4096.0, 16384.0, 65536.0, 262144.0, float(MEBI), 4.0 * MEBI, 16.0 * MEBI]
POLLS = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0]
RESOURCE = {
    "service.name": "payments",
    "service.namespace": "prod",
    "service.instance.id": "payments-7c9f",
    "service.version": "4.7.0",
}


class Neighbor:
    def __init__(self, url, catalog):
        self.url = url
        self.catalog = {metric["name"]: metric for metric in catalog}
        self.began = time.time()
        # Sums that grow by what a second adds.
        self.sums = {}

    def send(self):
        """What there is now. To be called about each second."""
        now = time.time()
        self.now, self.stamps = now, {"startTimeUnixNano": str(int(self.began * 1e9)), "timeUnixNano": str(int(now * 1e9))}
        passed = now - self.began
        metrics = {}
        for name, attributes, value in self.values(passed):
            point = self.stamps | {"attributes": pairs(attributes)} | self.point(name, attributes, value, passed)
            metrics.setdefault(name, []).append(point)
        body = {"scope": {"name": "beacon"}, "metrics": [self.metric(name, points) for name, points in metrics.items()]}
        whole = {"resourceMetrics": [{"resource": {"attributes": pairs(RESOURCE)}, "scopeMetrics": [body]}]}
        network.post(self.url, json.dumps(whole).encode(), "application/json")

    def metric(self, name, points):
        kind = self.catalog[name]["instrument"]
        head = {"name": name, "unit": self.catalog[name]["unit"]}
        if kind == "Histogram":
            return head | {"histogram": {"aggregationTemporality": 2, "dataPoints": points}}
        if kind == "Gauge":
            return head | {"gauge": {"dataPoints": points}}
        return head | {"sum": {"aggregationTemporality": 2, "isMonotonic": kind == "Counter", "dataPoints": points}}

    def point(self, name, attributes, value, passed):
        kind = self.catalog[name]["instrument"]
        if kind == "Histogram":
            rate, median, bounds = value
            return self.histogram((name, *attributes.values()), rate, median, bounds, passed)
        if kind == "Counter":
            # The value is per second.
            value = self.grown((name, *attributes.values()), value, passed)
        return {"asDouble": float(value)}

    def grown(self, key, rate, passed):
        total, before = self.sums.get(key, (0.0, 0.0))
        total += rate * (passed - before)
        self.sums[key] = (total, passed)
        return total

    def histogram(self, key, rate, median, bounds, passed):
        """Values that are spread as logarithms are: most near the median, a few far above."""
        count = self.grown(key, rate, passed)
        below = [count * share(math.log(bound / median) / 0.7) for bound in bounds] + [count]
        counts = [round(below[0])] + [round(high) - round(low) for low, high in zip(below, below[1:], strict=False)]
        return {
            "count": str(sum(counts)),
            "sum": count * median * 1.28,
            "bucketCounts": [str(one) for one in counts],
            "explicitBounds": bounds,
        }

    def values(self, passed):
        """Name, attributes, and a number: of counters per second, of histograms with rate, median and bounds."""
        wave = math.sin(passed / 55)
        ripple = math.sin(passed / 9)
        leaked = 190 * MEBI + passed * 0.12 * MEBI
        limit = 512 * MEBI
        saw = (passed % 40) / 40 * 24 * MEBI
        heap = leaked + saw
        anon = heap + 46 * MEBI
        yield "process.uptime", {}, 93_600 + passed
        yield "process.memory.usage", {}, anon + 21 * MEBI
        yield "beacon.process.memory.resident", {"beacon.process.memory.kind": "anon"}, anon
        yield "beacon.process.memory.resident", {"beacon.process.memory.kind": "file"}, 21 * MEBI
        yield "beacon.memory.retained", {}, 46 * MEBI + 2 * MEBI * ripple
        yield "process.cpu.time", {"cpu.mode": "user"}, 0.42 + 0.12 * wave
        yield "process.cpu.time", {"cpu.mode": "system"}, 0.08
        yield from self.memory(passed, ripple, heap, limit, leaked)
        yield from requests(wave, ripple)
        yield from runtime(wave, ripple)
        yield "beacon.log.records", {"beacon.log.level": "info"}, 14 + 4 * wave
        yield "beacon.log.records", {"beacon.log.level": "warn"}, 0.8
        yield "beacon.log.dropped", {"beacon.log.sink": "console", "beacon.drop.reason": "rate_limit"}, 1.5 + wave
        header = {"beacon.propagation.field": "traceparent", "beacon.drop.reason": "invalid"}
        yield "beacon.propagation.dropped", header, 0.2

    def memory(self, passed, ripple, heap, limit, leaked):
        yield "beacon.memory.leak.state", {"beacon.leak.signal": "rss"}, 1 if passed < 120 else 2
        yield "beacon.memory.leak.growth", {"beacon.leak.signal": "rss"}, 432 * MEBI
        yield "beacon.memory.leak.growth", {"beacon.leak.signal": "heap"}, 425 * MEBI
        yield "beacon.memory.leak.time_to_limit", {}, max(60.0, (limit - leaked) / (0.12 * MEBI))
        alerts = {"beacon.leak.state": "confirmed", "beacon.leak.cause": "heap_growth"}
        # One, when the verdict changes.
        yield "beacon.memory.leak.alerts", alerts, 1 if 120 < passed <= 121 else 0
        for site, span, share_of in (
            ("payments::ledger::Ledger::append (src/ledger.rs:118)", "POST /payments", 0.71),
            ("payments::cache::Rates::insert (src/cache.rs:54)", "", 0.12),
            ("hyper::proto::h1::buffered_io (io.rs:90)", "", 0.03),
        ):
            yield "beacon.memory.heap.old", {"beacon.leak.site": site, "beacon.leak.span": span}, leaked * share_of
        used = heap + 80 * MEBI
        yield "beacon.cgroup.memory.limit", {}, limit
        yield "beacon.cgroup.memory.usage", {}, used
        yield "beacon.cgroup.memory.headroom", {}, limit - used
        yield "beacon.cgroup.memory.utilization", {}, used / limit
        for event, rate in (("high", 0.05), ("max", 0.01), ("oom_kill", 0.0)):
            yield "beacon.cgroup.memory.events", {"beacon.cgroup.event": event}, rate
        yield "beacon.cgroup.memory.pressure.time", {"beacon.cgroup.pressure": "some"}, 0.03 + 0.02 * ripple
        yield "beacon.cgroup.memory.pressure.time", {"beacon.cgroup.pressure": "full"}, 0.008
        yield "beacon.memory.heap.live", {}, heap
        yield "beacon.memory.heap.allocated", {}, (38 + 6 * ripple) * MEBI
        yield "beacon.memory.heap.block.count", {}, heap / 410
        name = {"beacon.allocator.name": "jemalloc"}
        yield "beacon.memory.allocator.allocated", name, heap
        yield "beacon.memory.allocator.mapped", name, heap + 58 * MEBI
        yield "beacon.memory.allocator.free", name, 31 * MEBI
        for trigger, rate in (("limit", 0.4 * MEBI), ("interval", 0.1 * MEBI)):
            yield "beacon.memory.reclaim.returned", {"beacon.memory.reclaim.trigger": trigger}, rate
        yield "beacon.memory.hook.failures", {"beacon.memory.hook": "rates-cache", "error.type": "timeout"}, 0.01
        yield "beacon.memory.source.failures", {"beacon.memory.source": "smaps", "error.type": "permission_denied"}, 0.05
        for scope, peak in (("settle-batch", 3.2 * MEBI), ("render-receipt", 90_000.0)):
            about = {"beacon.memory.scope.name": scope, "beacon.memory.scope.exact": "true"}
            yield "beacon.memory.scope.peak", about, (2.0, peak, BYTES)
            yield "beacon.memory.scope.retained", about, (2.0, peak / 60, BYTES)


def requests(wave, ripple):
    get = {"http.request.method": "GET", "url.scheme": "http"}
    for route, method, status, rate, median in (
        ("/payments", "POST", "201", 12 + 4 * wave, 0.038),
        ("/payments", "POST", "500", 0.05, 0.21),
        ("/payments/{id}", "GET", "200", 22 + 6 * wave, 0.009),
        ("/payments/{id}", "GET", "404", 0.6, 0.004),
        ("/refunds", "POST", "201", 1.4, 0.062),
    ):
        about = {"http.request.method": method, "url.scheme": "http", "http.route": route}
        about |= {"http.response.status_code": status} | ({"error.type": status} if status[0] == "5" else {})
        yield "http.server.request.duration", about, (rate, median, SECONDS)
    yield "http.server.active_requests", get, round(4 + 2 * wave + ripple)
    yield "http.server.active_requests", get | {"http.request.method": "POST"}, round(3 + ripple)
    for peer, status, rate, median in (
        ("bank.example", "200", 12 + 4 * wave, 0.031),
        ("bank.example", "503", 0.4 + 0.3 * ripple, 0.4),
        ("rates.example", "200", 3.0, 0.012),
    ):
        about = {"http.request.method": "POST", "server.address": peer, "http.response.status_code": status}
        about |= {"error.type": status} if status == "503" else {}
        yield "http.client.request.duration", about, (rate, median, SECONDS)
    for side, method, status, rate, median in (
        ("server", "ledger.v1.Ledger/Append", "OK", 9 + 3 * wave, 0.006),
        ("server", "ledger.v1.Ledger/Append", "UNAVAILABLE", 0.08, 0.3),
        ("server", "ledger.v1.Ledger/Balance", "OK", 17 + 2 * ripple, 0.003),
        ("client", "risk.v1.Risk/Score", "OK", 11 + 4 * wave, 0.018),
        ("client", "risk.v1.Risk/Score", "DEADLINE_EXCEEDED", 0.3 + 0.2 * ripple, 0.48),
    ):
        about = {"rpc.system.name": "grpc", "rpc.method": method, "rpc.response.status_code": status}
        about |= {"error.type": status} if status != "OK" else {}
        yield f"rpc.{side}.call.duration", about, (rate, median, SECONDS)


def runtime(wave, ripple):
    name = {"tokio.runtime.name": "main"}
    yield "tokio.task.poll.duration", name, (900.0, 0.00006, POLLS)
    for state, count in (("busy", 3 + 2 * wave), ("idle", 5 - 2 * wave)):
        yield "tokio.blocking.thread.count", name | {"tokio.blocking.thread.state": state}, round(count)
    for task, count in (("settle", 12 + 4 * wave), ("refresh-rates", 1), ("outbox", 6 + 2 * ripple)):
        yield "beacon.task.live", {"beacon.task.name": task}, round(count)


def share(deviations):
    """Of values below so many standard deviations."""
    return 0.5 * (1 + math.erf(deviations / math.sqrt(2)))


def pairs(attributes):
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items() if value]
