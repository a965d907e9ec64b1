"""A real Kafka broker, alone, with its controller in the same process."""

import subprocess
from pathlib import Path

from support import network

READY_SECONDS = 90
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=1000
auto.create.topics.enable=false
"""


class Kafka:
    def __init__(self, jars, work):
        self.classpath = f"{jars}/*"
        self.work = Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.process = None
        self.port = 0

    def start(self):
        self.port, controller = network.free_ports(2)
        settings = self.work / "server.properties"
        settings.write_text(PROPERTIES.format(port=self.port, controller=controller, data=self.work / "data"))
        self.run("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", str(settings))
        with (self.work / "kafka.log").open("wb") as log:
            self.process = subprocess.Popen(
                ["java", "-Xmx384m", "-cp", self.classpath, "kafka.Kafka", str(settings)], stdout=log, stderr=log
            )
        if not network.wait_until(lambda: self.process.poll() is not None or self.answers(), READY_SECONDS):
            raise RuntimeError("Kafka is not ready")
        if self.process.poll() is not None:
            raise RuntimeError(f"Kafka ended: {(self.work / 'kafka.log').read_text()[-1000:]}")
        return self

    def answers(self):
        try:
            network.socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def create_topic(self, name, partitions):
        self.run(
            "org.apache.kafka.tools.TopicCommand",
            *("--bootstrap-server", self.address(), "--create", "--topic", name, "--partitions", str(partitions)),
        )

    def address(self):
        return f"127.0.0.1:{self.port}"

    def run(self, program, *arguments):
        result = subprocess.run(
            ["java", "-Xmx128m", "-cp", self.classpath, program, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
        )
        if result.returncode:
            raise RuntimeError(f"{program}: {result.stdout[-500:]} {result.stderr[-500:]}")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def partition_of(key, partitions):
    """Where the Collector's default partitioner sends a key: FNV-1a of 32 bits, read as signed, made positive."""
    number = 0x811C9DC5
    for byte in key:
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    signed = number - (1 << 32) if number >= 1 << 31 else number
    return abs(signed) % partitions
