"""Collectors in trouble: what their own metrics show only then."""

import json

from support import collector, files, network, spans

OVERLAYS = collector.ROOT / "tests/e2e/overlays"
# The queue of overlays/small-queue.yaml is 1 MiB.
REQUESTS = 25
REQUEST_BYTES = 100_000


class Troubled:
    """Three of them: one without memory, one whose store is away, one whose store refuses for good."""

    def __init__(self, program, work, refuses):
        away = network.free_ports(1)[0]
        self.starved = self.one(program, work / "starved", "tiny-memory.yaml", away)
        self.full = self.one(program, work / "full", "small-queue.yaml", away)
        self.refused = self.one(program, work / "refused", None, refuses)

    def one(self, program, work, overlay, port):
        paths = [files.FOLDER / "gateway.yaml", *([OVERLAYS / overlay] if overlay else [])]
        return collector.Collector(program, paths, work, {"COLLECTOR_NEXT": f"127.0.0.1:{port}"})

    def all(self):
        return self.starved, self.full, self.refused

    def start(self):
        for one in self.all():
            one.start()
        return self

    def kill(self):
        for one in self.all():
            one.kill()

    def own_ports(self):
        return [one.port("METRICS") for one in self.all()]

    def fill(self):
        """The queue of the one with a queue."""
        for _ in range(REQUESTS):
            send_each(self.full, REQUEST_BYTES)

    def send(self):
        """A little of each signal to all."""
        send_each(self.starved, 100)
        send_each(self.refused, 100)
        # What is small may still find room.
        send_each(self.full, REQUEST_BYTES)


def send_each(one, size):
    """Whatever is answered: it is refused where that is the trouble."""
    text = "x" * size
    _, made = spans.trace(max(1, size // 100))
    network.post(one.url("traces"), spans.request(made, (("service.name", "troubled"),)), "application/x-protobuf")
    log = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": text}}]}]}]}
    point = {"asInt": "1", "attributes": [{"key": "text", "value": {"stringValue": text}}]}
    gauge = {"name": "troubled", "gauge": {"dataPoints": [point]}}
    metric = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [gauge]}]}]}
    for signal, body in (("logs", log), ("metrics", metric)):
        network.post(one.url(signal), json.dumps(body).encode(), "application/json")
