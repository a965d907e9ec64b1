"""Stores as real processes, on free ports of loopback, and what they answer."""

import json
import os
import subprocess
import urllib.parse
from pathlib import Path

import yaml

from support import network
from support.collector import ROOT

READY_SECONDS = 120


class Store:
    """One process that answers at `ready` when it is there."""

    def __init__(self, command, port, ready, work, env=None):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        work.mkdir(parents=True, exist_ok=True)
        self.log = work / "store.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=work, env=os.environ | (env or {}))
        there = network.wait_until(lambda: self.process.poll() is not None or self.answers(ready), READY_SECONDS)
        if not there or self.process.poll() is not None:
            self.kill()
            raise RuntimeError(f"{command[0]}: {self.log.read_text(errors='replace')[-1000:]}")

    def answers(self, path):
        try:
            network.get(self.url + path, timeout=2)
            return True
        except OSError:
            return False

    def ask(self, path, **query):
        """The answer as JSON, or None when there is none yet."""
        try:
            return json.loads(network.get(f"{self.url}{path}?{urllib.parse.urlencode(query)}"))
        except OSError:
            return None

    def series(self):
        """Labels of every series, of the last hour."""
        query = urllib.parse.urlencode({"match[]": '{__name__!=""}'})
        return json.loads(network.get(f"{self.url}/api/v1/series?{query}"))["data"]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def victoriametrics(program, work):
    port = network.free_ports(1)[0]
    command = [
        program,
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={work / 'data'}",
        "-opentelemetry.usePrometheusNaming",
        "-search.latencyOffset=0s",
    ]
    return Store(command, port, "/health", Path(work))


def prometheus(program, config, work):
    port = network.free_ports(1)[0]
    command = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={work / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-otlp-receiver",
        "--web.enable-remote-write-receiver",
        "--enable-feature=exemplar-storage",
    ]
    return Store(command, port, "/-/ready", Path(work))


def jaeger(program, work):
    """With the file of compose.yaml. OTLP over gRPC is at `otlp_port`."""
    otlp, query, grpc = network.free_ports(3)
    env = {"JAEGER_OTLP_PORT": str(otlp), "JAEGER_QUERY_PORT": str(query), "JAEGER_QUERY_GRPC_PORT": str(grpc)}
    command = [program, "--config", str(ROOT / "deploy/compose/jaeger.yaml")]
    store = Store(command, query, "/api/services", Path(work), env)
    store.otlp_port = otlp
    return store


def loki(program, work):
    """With the file of compose.yaml, on loopback and free ports, and with its files in the work folder."""
    http, grpc = network.free_ports(2)
    work.mkdir(parents=True)
    config = yaml.safe_load((ROOT / "deploy/compose/loki.yaml").read_text())
    listen = {"http_listen_address": "127.0.0.1", "grpc_listen_address": "127.0.0.1"}
    config["server"] |= listen | {"http_listen_port": http, "grpc_listen_port": grpc}
    common = config["common"]
    common |= {"path_prefix": str(work / "loki"), "instance_addr": "127.0.0.1"}
    common["storage"]["filesystem"] = {"chunks_directory": str(work / "chunks"), "rules_directory": str(work / "rules")}
    path = work / "loki.yaml"
    path.write_text(yaml.safe_dump(config))
    return Store([program, f"-config.file={path}"], http, "/ready", Path(work))
