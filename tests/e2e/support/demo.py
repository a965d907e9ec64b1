"""The demo service as a process, and its faults."""

import os
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from support import network

READY_SECONDS = 60
STOP_SECONDS = 20


class Demo:
    """Healthy until a fault begins. `work` is a folder of its own."""

    def __init__(self, program, name, endpoint, work, *flags, env=None, rate=40):
        self.control = network.free_ports(1)[0]
        self.log = Path(work) / "demo.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        own = {
            "PATH": os.environ.get("PATH", ""),
            "OTEL_SERVICE_NAME": name,
            # What the command line says would beat the endpoint of one signal.
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.2.3,service.namespace=prod",
        }
        command = [program, "demo", "--healthy", "--seconds", "3600", "--rate", str(rate)]
        command += ["--control", str(self.control), *flags]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=own | (env or {}), stdout=log, stderr=log)
        if not network.wait_until(lambda: self.process.poll() is not None or self.answers(), READY_SECONDS):
            self.kill()
        if self.process.poll() is not None:
            raise RuntimeError(f"the demo is not ready: {self.log.read_text(errors='replace')[-1000:]}")

    def answers(self):
        try:
            network.get(self.faults(), timeout=2)
            return True
        except OSError:
            return False

    def faults(self):
        return f"http://127.0.0.1:{self.control}/faults"

    def begin(self, *faults):
        for fault in faults:
            self.switch(fault, "PUT")

    def end(self, *faults):
        for fault in faults:
            self.switch(fault, "DELETE")

    def switch(self, fault, method):
        request = urllib.request.Request(f"{self.faults()}/{fault}", method=method)

        # A runtime with a blocked worker may answer the second time.
        def done():
            try:
                with network.OPENER.open(request, timeout=5):
                    return True
            except urllib.error.HTTPError as error:
                raise RuntimeError(f"{method} {fault}: {error.code}") from error
            except OSError:
                return False

        if not network.wait_until(done, 30):
            raise RuntimeError(f"{method} {fault}: no answer")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
