#!/usr/bin/env python3
"""How much of everything a cell needs. Formulas, not promises: measure your own spans (load.py) and put the figures
in.

python3 capacity.py --spans-per-second 50000 --bytes-per-span 500 python3 -m doctest capacity.py
"""

import argparse
import math
from dataclasses import dataclass, fields

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


@dataclass(frozen=True)
class Load:
    """What comes in, what may fail, what was measured. Defaults are examples, except where a comment says so."""

    spans_per_second: float = 10_000
    peak_factor: float = 2.0  # busiest minute over the mean
    bytes_per_span: float = 500  # of OTLP, before compression
    spans_per_trace: float = 10
    sampled_share: float = 0.12  # kept at the tail: errors, slow ones, and a share of the rest
    outage_seconds: float = 3600  # of a store, without a loss
    decision_wait_seconds: float = 10
    retention_days: float = 14
    replication: int = 2
    stored_share: float = 0.25  # bytes on the store's disk for each byte of OTLP, by compression
    # Of one core: README.md says how they were measured, and on which machine.
    gateway_spans_per_core_second: float = 22_000  # with redaction; 49,000 without
    sampler_spans_per_core_second: float = 33_000
    cores_per_pod: float = 2
    target_utilization: float = 0.6
    partition_bytes_per_second: float = 5 * MIB  # what one partition should carry at the peak


def peak_spans_per_second(load):
    """
    >>> peak_spans_per_second(Load(spans_per_second=10_000, peak_factor=2))
    20000
    """
    return math.ceil(load.spans_per_second * load.peak_factor)


def pods(spans_per_second, spans_per_core_second, cores_per_pod, target_utilization, spare=1):
    """Pods for a rate, and one more, so that one may be gone. Never less than two.

    >>> pods(20_000, 10_000, 2, 0.5)
    3
    >>> pods(1, 10_000, 2, 0.5)
    2
    """
    working = spans_per_second / (spans_per_core_second * cores_per_pod * target_utilization)
    return max(2, math.ceil(working) + spare)


def queue_bytes_per_pod(load, pods_count, share=1.0):
    """What one pod's disk must hold while a store is away: at the peak, with one pod gone.

    >>> load = Load(spans_per_second=1000, peak_factor=1, bytes_per_span=500, outage_seconds=60)
    >>> queue_bytes_per_pod(load, 3)
    15000000
    """
    serving = max(1, pods_count - 1)
    return math.ceil(peak_spans_per_second(load) * share * load.bytes_per_span * load.outage_seconds / serving)


def disk_bytes_per_pod(load, pods_count, share=1.0):
    """The queue, as much again for its compaction, and a tenth.

    >>> load = Load(spans_per_second=1000, peak_factor=1, bytes_per_span=500, outage_seconds=60)
    >>> disk_bytes_per_pod(load, 3)
    31500000
    """
    return math.ceil(queue_bytes_per_pod(load, pods_count, share) * 2.1)


def traces_in_memory(load, pods_count):
    """`SAMPLER_TRACES` of one sampler: new traces × wait × 1.5, at the peak.

    >>> traces_in_memory(Load(spans_per_second=10_000, peak_factor=1, spans_per_trace=10, decision_wait_seconds=10), 2)
    7500
    """
    traces_per_second = peak_spans_per_second(load) / load.spans_per_trace / pods_count
    return math.ceil(traces_per_second * load.decision_wait_seconds * 1.5)


def sampler_memory_bytes(load, pods_count, memory_factor=8.0):
    """Spans that wait for a decision, as they are in memory: four times their OTLP were measured, and as much again for
    garbage. Some 160 MiB for the process come on top.

    >>> load = Load(spans_per_second=10_000, peak_factor=1, bytes_per_span=500, decision_wait_seconds=10)
    >>> sampler_memory_bytes(load, 2)
    200000000
    """
    waiting = peak_spans_per_second(load) / pods_count * load.decision_wait_seconds
    return math.ceil(waiting * load.bytes_per_span * memory_factor)


def partitions(load, samplers):
    """A partition is a shard: enough of them for the bytes, and a multiple of the samplers, so that all get the same.

    >>> partitions(Load(spans_per_second=100_000, peak_factor=1, bytes_per_span=500), 4)
    12
    """
    for_bytes = math.ceil(peak_spans_per_second(load) * load.bytes_per_span / load.partition_bytes_per_second)
    return math.ceil(max(for_bytes, samplers) / samplers) * samplers


def kafka_disk_bytes(load, replicas=3):
    """All brokers together: an outage's spans, replicated.

    >>> kafka_disk_bytes(Load(spans_per_second=1000, peak_factor=1, bytes_per_span=500, outage_seconds=60))
    90000000
    """
    return math.ceil(peak_spans_per_second(load) * load.bytes_per_span * load.outage_seconds * replicas)


def store_bytes(load):
    """Of traces, for the retention: the mean rate counts, not the peak.

    >>> store_bytes(Load(spans_per_second=1000, bytes_per_span=500, sampled_share=0.1, retention_days=1))
    2160000000
    """
    kept = load.spans_per_second * load.sampled_share * load.bytes_per_span * 86_400 * load.retention_days
    return math.ceil(kept * load.stored_share * load.replication)


def series(services, instances, routes, methods=2, statuses=3, buckets=14):
    """Active series of one duration histogram: its buckets, +Inf, sum and count. A native histogram is one series.

    >>> series(services=1, instances=1, routes=1, methods=1, statuses=1, buckets=14)
    17
    >>> series(services=10, instances=5, routes=20)
    102000
    """
    return services * instances * routes * methods * statuses * (buckets + 3)


def plan(load):
    """Every figure of a cell, by name.

    >>> plan(Load())["gateways"]
    2
    """
    peak = peak_spans_per_second(load)
    gateways = pods(peak, load.gateway_spans_per_core_second, load.cores_per_pod, load.target_utilization)
    samplers = pods(peak, load.sampler_spans_per_core_second, load.cores_per_pod, load.target_utilization)
    return {
        "spans_per_second_peak": peak,
        "bytes_per_second_peak": math.ceil(peak * load.bytes_per_span),
        "gateways": gateways,
        "gateway_queue_bytes": queue_bytes_per_pod(load, gateways),
        "gateway_disk_bytes": disk_bytes_per_pod(load, gateways),
        "samplers": samplers,
        "sampler_traces": traces_in_memory(load, samplers),
        "sampler_memory_bytes": sampler_memory_bytes(load, samplers),
        "sampler_disk_bytes": disk_bytes_per_pod(load, samplers, load.sampled_share),
        "kafka_partitions": partitions(load, samplers),
        "kafka_disk_bytes": kafka_disk_bytes(load),
        "trace_store_bytes": store_bytes(load),
    }


def shown(name, value):
    """
    >>> shown("gateway_disk_bytes", 3 * GIB)
    '3.0 GiB'
    >>> shown("gateways", 2)
    '2'
    """
    if "bytes" not in name:
        return f"{value:,}"
    for unit, size in (("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value} B"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for field in fields(Load):
        parser.add_argument("--" + field.name.replace("_", "-"), type=field.type, default=field.default)
    load = Load(**vars(parser.parse_args()))
    for name, value in plan(load).items():
        print(f"{name.replace('_', ' '):24}{shown(name, value):>14}")


if __name__ == "__main__":
    main()
