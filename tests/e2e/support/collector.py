"""A real Collector as a process of its own, on free ports, with files of `deploy/`."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

from support import network

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "collector"
# For the Collector to be ready, and to end.
READY_SECONDS = 40
STOP_SECONDS = 40
DEAF_SECONDS = 1.0
# Another program may take a port between the choice and the start.
STARTS_MAX = 5
PORTS = (
    "COLLECTOR_GRPC_PORT",
    "COLLECTOR_HTTP_PORT",
    "COLLECTOR_HEALTH_PORT",
    "COLLECTOR_METRICS_PORT",
    "COLLECTOR_SCRAPE_PORT",
)


class Collector:
    """One process. `work` is a folder of its own: log, queue and output are in it."""

    def __init__(self, program, files, work, env=None):
        self.program = program
        self.files = [str(file) for file in files]
        self.work = Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.log_path = self.work / "collector.log"
        self.process = None
        self.ready_at = 0.0
        self.ports = {}
        # Ports that somebody else already knows.
        self.fixed = {}
        self.given = dict(env or {})

    def start(self):
        """Starts it, and again on other ports when it ends before it is ready. Gives itself."""
        for _ in range(STARTS_MAX):
            if not self.ports:
                self.ports = dict(zip(PORTS, network.free_ports(len(PORTS)), strict=True)) | self.fixed
            with self.log_path.open("ab") as log:
                self.process = subprocess.Popen(
                    [self.program, *self.arguments()], stdout=log, stderr=log, env=self.environment(), cwd=self.work
                )
            ready = network.wait_until(
                lambda: self.has_ended() or network.is_healthy(self.port("HEALTH")), READY_SECONDS
            )
            if ready and not self.has_ended():
                self.ready_at = time.monotonic()
                return self
            if not ready:
                self.kill()
                raise RuntimeError(f"not ready after {READY_SECONDS} s: {self.log_end()}")
            if "address already in use" not in self.log():
                break
            self.ports = {}
        raise RuntimeError(f"ended with {self.process.returncode}: {self.log_end()}")

    def arguments(self):
        return [word for file in self.files for word in ("--config", file)]

    def environment(self):
        """Nothing of whoever calls, and no proxy: only what the configuration asks for."""
        env = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.work),
            "COLLECTOR_STORAGE": str(self.work / "queue"),
            "OUT": str(self.work),
        }
        env |= {name: str(port) for name, port in self.ports.items()}
        return env | self.given

    def port(self, kind):
        return self.ports[f"COLLECTOR_{kind}_PORT"]

    def url(self, signal_name):
        return f"http://127.0.0.1:{self.port('HTTP')}/v1/{signal_name}"

    def has_ended(self):
        return self.process.poll() is not None

    def stop(self):
        """By SIGTERM, as an orchestrator does. Gives the exit code."""
        if not self.has_ended():
            # It tells that it is ready, and then begins to listen to signals: nothing shows when it does.
            time.sleep(max(0.0, self.ready_at + DEAF_SECONDS - time.monotonic()))
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self):
        """By SIGKILL: nothing is written any more."""
        if self.process is not None and not self.has_ended():
            self.process.kill()
            self.process.wait()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_end(self):
        return self.log()[-1500:]

    def cpu_seconds(self):
        """Processor time that it has used, in all threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def metric(self, name):
        """The sum over all series of one of its own metrics, with a suffix or without. 0 when it has none."""
        series = re.compile(rf"{name}(?:_total)?(?:\{{.*\}})? (\S+)")
        text = network.get(f"http://127.0.0.1:{self.port('METRICS')}/metrics")
        return sum(float(found[1]) for found in map(series.fullmatch, text.splitlines()) if found)


def spans_in(path):
    """Spans that a file exporter wrote, with the attributes of their resource. Complete lines only."""
    found = []
    for request in requests_in(path):
        for resource in request.get("resourceSpans", []):
            own = plain(resource.get("resource", {}).get("attributes", []))
            for scope in resource.get("scopeSpans", []):
                found += [(span, own) for span in scope.get("spans", [])]
    return found


def requests_in(path):
    path = Path(path)
    if not path.exists():
        return []
    text = path.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def plain(attributes):
    """Attributes as a dictionary of texts and numbers."""
    return {entry["key"]: next(iter(entry.get("value", {}).values()), None) for entry in attributes}
