"""A cluster that is steered from outside, for listen.py: whose it is, how it is started, and what is said to it."""

import json
import os
import select
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from harness import processes

HERE = Path(__file__).resolve().parent
BROOD = "brood"
PATIENCE = 10  # seconds for one answer
DESCRIPTORS = ("tcp", "bound", "unix", "udp", "datagrams", "file")


class Failed(Exception):
    pass


@dataclass(frozen=True)
class Side:
    """One cluster: whose primary, whose workers, and who schedules."""

    primary: str
    worker: str
    scheduling: str

    def __str__(self):
        return f"{self.worker} under {self.primary}, {self.scheduling}"


class Cluster:
    """A primary with two workers, steered over the primary's stdin and stdout."""

    def __init__(self, side, programs, folder):
        self.folder = folder
        self.heard = []
        self.text = b""
        self.held = {name: make_descriptor(name, folder) for name in DESCRIPTORS}
        argv, environment = programs.of(side)
        with open(folder / "log", "wb") as log:
            self.process = processes.start(
                argv, cwd=folder, env=environment, stdin=processes.subprocess.PIPE, stdout=processes.subprocess.PIPE,
                stderr=log, pass_fds=[one.fileno() for one in self.held.values()],
            )  # fmt: skip
        self.scheduling = self.next("scheduling")["scheduling"]
        self.next("online")
        self.next("online")

    def close(self):
        processes.stop(self.process)
        for one in self.held.values():
            one.close()

    def last_stderr(self):
        """What was written to stderr, the beginning of it: there a sanitizer says what it found."""
        return (self.folder / "log").read_text(errors="replace").splitlines()[:30]

    def send(self, worker, **message):
        self.process.stdin.write(json.dumps({"to": worker, **message}).encode() + b"\n")
        self.process.stdin.flush()

    def line(self, deadline):
        while b"\n" not in self.text:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Failed("no answer")
            got = os.read(self.process.stdout.fileno(), 65536)
            if not got:
                raise Failed("the primary is gone")
            self.text += got
        line, _, self.text = self.text.partition(b"\n")
        return json.loads(line)

    def next(self, kind, fits=lambda told: True):
        deadline = time.monotonic() + PATIENCE
        while True:
            told = self.line(deadline)
            if "exited" in told:
                raise Failed(f"worker {told['exited']} has exited: {told['how']}")
            if "listening" in told:
                self.heard.append(told)
            if kind in told and fits(told):
                return told

    def ask(self, worker, **message):
        """The worker's answer. All that happened before is told by then, what the primary heard of it included."""
        answers = {"listen": ("listening", "failed"), "close": ("closed",), "ping": ("pong",)}[message["op"]]
        self.send(worker, **message)
        told = self.next("from", lambda t: t["from"] == worker and t["message"].get("op") in answers)
        if message["op"] != "ping":
            self.ask(worker, op="ping")
        return told["message"]


def make_descriptor(name, folder):
    if name == "file":
        return open("/dev/null", "rb")
    if name == "unix":
        made = socket.socket(socket.AF_UNIX)
        made.bind(str(folder / "fd.sock"))
    else:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if name in ("udp", "datagrams") else socket.SOCK_STREAM)
        made.bind(("127.0.0.1", 0))
    if name in ("tcp", "unix"):
        made.listen()
    return made


class Programs:
    def __init__(self, peers, build):
        self.peers = peers
        self.brood = str(build / "tests" / "actors" / "listening_peer")
        self.script = str(HERE / "listening_peer.cjs")

    def of(self, side):
        """The argv of the primary, and its environment."""
        environment = dict(os.environ)
        if side.worker == BROOD:
            worker = self.brood
        else:
            worker = self.script
            # The `node` that a brood primary finds.
            environment["PATH"] = f"{Path(self.peers.find(side.worker)).parent}:{environment['PATH']}"
        if side.primary == BROOD:
            return [self.brood, side.scheduling, worker], environment
        environment["NODE_CLUSTER_SCHED_POLICY"] = side.scheduling
        return [self.peers.find(side.primary), self.script, worker], environment
