"""Components whose modules cannot be had, and the keys that they take.

Source: their configuration structures in opentelemetry-collector-contrib. `any` is a structure that the built
components share and so check: what an OTLP exporter takes, a queue, retries.
"""

ANY = object()

UNBUILT = {
    ("exporters", "load_balancing"): {
        "routing_key": ANY,
        "routing_attributes": ANY,
        "protocol": {"otlp": ANY},
        "resolver": {
            "static": {"hostnames": ANY},
            "dns": {"hostname": ANY, "port": ANY, "interval": ANY, "timeout": ANY},
            "k8s": {"service": ANY, "ports": ANY, "timeout": ANY, "return_hostnames": ANY},
        },
        "timeout": ANY,
        "retry_on_failure": ANY,
        "sending_queue": ANY,
    },
    ("connectors", "service_graph"): {
        "latency_histogram_buckets": ANY,
        "exponential_histogram_max_size": ANY,
        "dimensions": ANY,
        "store": {"ttl": ANY, "max_items": ANY},
        "cache_loop": ANY,
        "store_expiration_loop": ANY,
        "virtual_node_peer_attributes": ANY,
        "virtual_node_extra_label": ANY,
        "metrics_flush_interval": ANY,
        "metrics_timestamp_offset": ANY,
        "database_name_attributes": ANY,
    },
}


def unknown_keys(config, known, path=""):
    """Keys that the component does not take, with their path."""
    if known is ANY or not isinstance(config, dict):
        return []
    found = [f"{path}{key}" for key in config if key not in known]
    for key in config.keys() & known.keys():
        found += unknown_keys(config[key], known[key], f"{path}{key}.")
    return found
