"""Traces for the Collector, made without a library: OTLP protobuf by hand, so that ids, errors and sizes are known."""

import os
import struct
import time

from support import network

# Source: opentelemetry/proto/trace/v1/trace.proto. Kind and status code are numbers.
KIND_SERVER = 2
STATUS_ERROR = 2


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, payload):
    """A field of bytes."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def attribute(key, value):
    """A key with a text or an integer."""
    if isinstance(value, int):
        inner = varint(3 << 3) + varint(value)
    else:
        inner = field(1, value.encode())
    return field(1, key.encode()) + field(2, inner)


def span(
    trace_id,
    span_id,
    parent_id=b"",
    name="GET /orders/{id}",
    is_error=False,
    attributes=(),
    start_ns=0,
    duration_ns=20_000_000,
):
    start_ns = start_ns or time.time_ns() - duration_ns
    body = field(1, trace_id) + field(2, span_id)
    if parent_id:
        body += field(4, parent_id)
    body += field(5, name.encode()) + varint(6 << 3) + varint(KIND_SERVER)
    body += (
        varint(7 << 3 | 1)
        + struct.pack("<Q", start_ns)
        + varint(8 << 3 | 1)
        + struct.pack("<Q", start_ns + duration_ns)
    )
    for key, value in attributes:
        body += field(9, attribute(key, value))
    if is_error:
        body += field(15, varint(3 << 3) + varint(STATUS_ERROR))
    return body


def request(spans, resource):
    """ExportTraceServiceRequest with one resource and one scope."""
    scope = field(1, field(1, b"e2e"))
    for one in spans:
        scope += field(2, one)
    owner = field(1, b"".join(field(1, attribute(key, value)) for key, value in resource))
    return field(1, owner + field(2, scope))


def send(url, spans, resource=(("service.name", "shop"),), seconds=60):
    """Sends until it is taken. Tries again after a refusal that is not for good, as beacon does. Gives the attempts."""
    body = request(spans, resource)
    deadline = time.monotonic() + seconds
    attempts = 0
    while True:
        attempts += 1
        status = network.post(url, body, "application/x-protobuf")
        if status == 200:
            return attempts
        if status not in (0, 429, 502, 503, 504) or time.monotonic() > deadline:
            raise RuntimeError(f"{url} answered {status}")
        time.sleep(0.2)


def trace(spans_count, is_error=False):
    """A new trace: its id and its spans, the root first."""
    trace_id = os.urandom(16)
    ids = [os.urandom(8) for _ in range(spans_count)]
    attributes = (("http.request.method", "GET"), ("http.route", "/orders/{id}"), ("http.response.status_code", 200))
    return trace_id, [
        span(
            trace_id,
            ids[n],
            ids[(n - 1) // 2] if n else b"",
            is_error=is_error and n == spans_count - 1,
            attributes=attributes,
        )
        for n in range(spans_count)
    ]
