"""Stores of metrics as real processes, on free ports of loopback, and what they answer."""

import json
import subprocess
import urllib.parse
from pathlib import Path

from support import network

READY_SECONDS = 120


class Store:
    """One process that answers at `ready` when it is there."""

    def __init__(self, command, port, ready, work):
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        work.mkdir(parents=True, exist_ok=True)
        self.log = work / "store.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=work)
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
