"""Stores of metrics as real processes, on free ports of loopback, and what they answer."""

import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import yaml

from support import network

READY_SECONDS = 120


class Store:
    """One process that answers at `ready` when it is there."""

    def __init__(self, command, port, ready, work, env=None):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        work.mkdir(parents=True, exist_ok=True)
        self.log = work / "store.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=work, env=env)
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

    def series(self):
        """Labels of every series, of the last hour."""
        query = urllib.parse.urlencode({"match[]": '{__name__!=""}'})
        return json.loads(network.get(f"{self.url}/api/v1/series?{query}"))["data"]

    def query(self, expr):
        """Labels of what an instant query gives. Raises when it is refused."""
        body = urllib.parse.urlencode({"query": expr}).encode()
        request = urllib.request.Request(f"{self.url}/api/v1/query", data=body)
        try:
            with network.OPENER.open(request, timeout=20) as answer:
                data = json.loads(answer.read())["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{expr}: {error.read().decode(errors='replace')[:300]}") from error
        return [one["metric"] for one in data["result"] if one["value"][1] != "NaN"]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def victoriametrics(program, work, *flags):
    port = network.free_ports(1)[0]
    command = [
        program,
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={work / 'data'}",
        "-opentelemetry.usePrometheusNaming",
        "-search.latencyOffset=0s",
        *flags,
    ]
    return Store(command, port, "/health", Path(work))


def prometheus(program, config, work, *flags):
    port = network.free_ports(1)[0]
    command = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={work / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-otlp-receiver",
        "--web.enable-remote-write-receiver",
        "--enable-feature=exemplar-storage",
        *flags,
    ]
    return Store(command, port, "/-/ready", Path(work))


def alertmanager(program, config, work):
    port = network.free_ports(1)[0]
    command = [program, f"--config.file={config}", f"--storage.path={work / 'data'}", "--cluster.listen-address="]
    return Store([*command, f"--web.listen-address=127.0.0.1:{port}"], port, "/-/ready", Path(work))


def jaeger(program, work):
    """With the file of compose. Gives the store, and where it takes spans."""
    query, grpc, otlp = network.free_ports(3)
    config = Path(__file__).resolve().parents[3] / "deploy/compose/jaeger.yaml"
    ports = {"JAEGER_QUERY_PORT": query, "JAEGER_QUERY_GRPC_PORT": grpc, "JAEGER_OTLP_PORT": otlp}
    Path(work).mkdir(parents=True, exist_ok=True)
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(work), "TMPDIR": str(work)} | {name: str(port) for name, port in ports.items()}
    return Store([program, "--config", str(config)], query, "/api/services", Path(work), env), f"127.0.0.1:{otlp}"


def loki(program, work):
    """With the file of compose, its ports and folders replaced by those that there are."""
    http, grpc = network.free_ports(2)
    work = Path(work)
    work.mkdir(parents=True, exist_ok=True)
    text = (Path(__file__).resolve().parents[3] / "deploy/compose/loki.yaml").read_text()
    config = yaml.safe_load(text.replace("/tmp/loki", str(work / "data")))
    local = {"http_listen_address": "127.0.0.1", "grpc_listen_address": "127.0.0.1"}
    config["server"] |= local | {"http_listen_port": http, "grpc_listen_port": grpc}
    config["common"]["instance_addr"] = "127.0.0.1"
    config["common"]["ring"]["instance_addr"] = "127.0.0.1"
    path = work / "loki.yaml"
    path.write_text(yaml.safe_dump(config))
    store = Store([program, f"-config.file={path}"], http, "/ready", work)
    store.grpc_port = grpc
    return store
