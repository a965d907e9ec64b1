"""Configuration files of the Collector: read, joined as the Collector joins them, and what they use."""

import re

import yaml

from support import network
from support.collector import FOLDER, Collector

# Base files, each with what may be added. Every combination here is validated and started.
SETS = {
    "dev": ["dev.yaml"],
    "dev with redaction and limits": [
        "dev.yaml",
        "snippets/redaction.yaml",
        "snippets/limits.yaml",
        "snippets/redaction-and-limits.yaml",
    ],
    "agent": ["agent.yaml"],
    "agent on a plain machine": ["agent-host.yaml"],
    "gateway": ["gateway.yaml"],
    "gateway with redaction": ["gateway.yaml", "snippets/redaction.yaml"],
    "gateway with limits": ["gateway.yaml", "snippets/limits.yaml"],
    "gateway with redaction and limits": [
        "gateway.yaml",
        "snippets/redaction.yaml",
        "snippets/limits.yaml",
        "snippets/redaction-and-limits.yaml",
    ],
    "gateway to Jaeger, Prometheus and Loki": [
        "gateway.yaml",
        "backends/jaeger.yaml",
        "backends/prometheus-otlp.yaml",
        "backends/loki.yaml",
    ],
    "gateway to Tempo and VictoriaMetrics": ["gateway.yaml", "backends/tempo.yaml", "backends/victoriametrics.yaml"],
    "gateway scraped by Prometheus": ["gateway.yaml", "backends/prometheus-scrape.yaml"],
    "gateway to remote write": ["gateway.yaml", "backends/remote-write.yaml"],
    "gateway to a vendor": ["gateway.yaml", "backends/vendor-otlp.yaml"],
    "gateway to Kafka": ["gateway.yaml", "kafka-producer.yaml"],
    "sampler": ["gateway-sampler.yaml"],
    "sampler with redaction": ["gateway-sampler.yaml", "snippets/redaction.yaml", "snippets/sampler-redaction.yaml"],
    # As compose.yaml does.
    "sampler to Prometheus, Jaeger and Loki": [
        "gateway-sampler.yaml",
        "backends/prometheus-otlp.yaml",
        "backends/jaeger.yaml",
        "backends/loki.yaml",
    ],
    "sampler from Kafka": ["gateway-sampler.yaml", "kafka-consumer.yaml"],
}
# With a component whose module cannot be had: looked at, not run.
STATIC_SETS = {
    "load balancer": ["gateway-lb.yaml"],
    "sampler with service graph": ["gateway-sampler.yaml", "snippets/service-graph.yaml"],
}
KINDS = ("receivers", "processors", "exporters", "connectors", "extensions")
VARIABLE = re.compile(r"\$\{env:([A-Z0-9_]+)")


def all_files():
    """Every file that is a configuration; the manifest is none."""
    return sorted(
        path for path in FOLDER.rglob("*.yaml") if "ocb" not in path.parts and path.name != "kustomization.yaml"
    )


def load(path):
    return yaml.safe_load((FOLDER / path).read_text()) or {}


def joined(paths):
    """As `--config a --config b`: maps are joined, anything else is replaced."""
    whole = {}
    for path in paths:
        whole = join(whole, load(path))
    return whole


def join(below, above):
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: join(below[key], value) if key in below else value for key, value in above.items()}


def type_of(name):
    return name.split("/", 1)[0]


def types_used(config):
    """(kind, type) of every component that is defined."""
    return {(kind, type_of(name)) for kind in KINDS for name in (config.get(kind) or {})}


def variables(text):
    return set(VARIABLE.findall(text))


def start_e2e(program, work, port):
    """The Collector of the demo's tests, which writes what arrives to files. OTLP over gRPC is at `port`."""
    work.mkdir(parents=True)
    http, health = network.free_ports(2)
    env = {
        "BEACON_E2E_GRPC": f"127.0.0.1:{port}",
        "BEACON_E2E_HTTP": f"127.0.0.1:{http}",
        "BEACON_E2E_HEALTH": f"127.0.0.1:{health}",
        "BEACON_E2E_OUT": str(work),
    }
    one = Collector(program, [FOLDER / "e2e.yaml"], work, env)
    one.ports = {"COLLECTOR_HEALTH_PORT": health, "COLLECTOR_GRPC_PORT": port}
    return one.start()
