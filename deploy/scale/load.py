#!/usr/bin/env python3
"""Sends spans to a Collector for a while and tells what it took. Standard library only.

    python3 load.py --endpoint http://127.0.0.1:4318 --spans-per-second 5000 --seconds 30
    python3 load.py --pid "$(pgrep -x otelcol-contrib)" ...     also its processor time for each span

It sends as fast as the rate asks, or as it can with `--spans-per-second 0`, from several threads with a connection
each. What is refused is counted and not sent again: this measures the Collector and not a queue. It ends by itself,
after an hour at most.
"""

import argparse
import http.client
import json
import os
import struct
import threading
import time
import urllib.parse

SECONDS_MAX = 3600


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def attribute(key, value):
    return field(1, key.encode()) + field(2, field(1, value.encode()))


class Template:
    """A request whose ids and times are written anew each time: encoding would cost more than the Collector.

    >>> one = Template(spans=2, spans_per_trace=2, attributes=3)
    >>> first, second = one.fill(), one.fill()
    >>> len(first) == len(second), first == second
    (True, False)
    >>> one.bytes_per_span > 100
    True
    """

    def __init__(self, spans, spans_per_trace, attributes):
        self.spans, self.spans_per_trace = spans, spans_per_trace
        names = [
            "http.request.method",
            "http.route",
            "url.path",
            "server.address",
            "user_agent.original",
            "http.response.status_code",
        ]
        names += [f"app.key.{n}" for n in range(attributes)]
        tail = field(5, b"GET /orders/{id}") + varint(6 << 3) + varint(2)
        tail += varint(7 << 3 | 1) + bytes(8) + varint(8 << 3 | 1) + bytes(8)
        times_at = len(tail) - 17
        tail += b"".join(field(9, attribute(name, f"value of {name}")) for name in names[:attributes])
        head = field(1, bytes(16)) + field(2, bytes(8))
        span = field(2, head + tail)
        # Where the span's own bytes begin, behind its tag and length.
        begin = len(span) - len(head + tail)
        scope = field(1, field(1, b"load")) + span * spans
        resource = field(
            1, b"".join(field(1, attribute(*pair)) for pair in (("service.name", "load"), ("service.version", "1")))
        )
        body = field(2, scope)
        self.body = bytearray(field(1, resource + body))
        first = len(self.body) - len(span) * spans
        self.offsets = [first + n * len(span) + begin for n in range(spans)]
        self.times_at = len(head) + times_at
        self.bytes_per_span = len(span)

    def fill(self):
        body = bytearray(self.body)
        now = time.time_ns()
        times = struct.pack("<Q", now - 20_000_000) + b"\x41" + struct.pack("<Q", now)
        ids = os.urandom(8 * self.spans)
        trace_id = b""
        for number, offset in enumerate(self.offsets):
            if number % self.spans_per_trace == 0:
                trace_id = os.urandom(16)
            body[offset + 2 : offset + 18] = trace_id
            body[offset + 20 : offset + 28] = ids[number * 8 : number * 8 + 8]
            body[offset + self.times_at : offset + self.times_at + 17] = times
        return bytes(body)


class Sender(threading.Thread):
    """One connection. Its share of the rate, or all that it can."""

    def __init__(self, url, template, interval, until):
        super().__init__(daemon=True)
        self.url, self.template, self.interval, self.until = url, template, interval, until
        self.taken = self.refused = self.failed = 0

    def run(self):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port or 80, timeout=30)
        due = time.monotonic()
        while time.monotonic() < self.until:
            try:
                connection.request(
                    "POST", "/v1/traces", self.template.fill(), {"content-type": "application/x-protobuf"}
                )
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.taken += 1
                else:
                    self.refused += 1
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection.close()
                time.sleep(0.1)
            due += self.interval
            time.sleep(max(0.0, min(due, self.until) - time.monotonic()))
        connection.close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(endpoint, seconds, spans_per_second, spans_per_request, spans_per_trace, attributes, threads, pid=None):
    template = Template(spans_per_request, spans_per_trace, attributes)
    interval = threads * spans_per_request / spans_per_second if spans_per_second else 0.0
    url = urllib.parse.urlsplit(endpoint)
    before = cpu_seconds(pid) if pid else 0.0
    begin = time.monotonic()
    senders = [Sender(url, template, interval, begin + seconds) for _ in range(threads)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    lasted = time.monotonic() - begin
    taken = sum(sender.taken for sender in senders) * spans_per_request
    result = {
        "seconds": round(lasted, 2),
        "spans_taken": taken,
        "spans_taken_per_second": round(taken / lasted),
        "bytes_per_span": template.bytes_per_span,
        "requests_refused": sum(sender.refused for sender in senders),
        "requests_failed": sum(sender.failed for sender in senders),
    }
    if pid:
        used = cpu_seconds(pid) - before
        result["cpu_seconds"] = round(used, 2)
        result["spans_per_core_second"] = round(taken / used) if used else None
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", default="http://127.0.0.1:4318")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--spans-per-second", type=float, default=1000, help="0: as fast as it can")
    parser.add_argument("--spans-per-request", type=int, default=500)
    parser.add_argument("--spans-per-trace", type=int, default=10)
    parser.add_argument("--attributes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--pid", type=int, help="the Collector, on the same machine")
    options = vars(parser.parse_args())
    options["seconds"] = min(options["seconds"], SECONDS_MAX)
    print(json.dumps(measure(**options), indent=2))


if __name__ == "__main__":
    main()
