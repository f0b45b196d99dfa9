"""how evenly connections are spread over eight workers: the busiest worker's number divided by the least busy one's"""

import re
import selectors
import socket
from collections import Counter

from harness import slices
from harness.context import ROOT
from harness.results import LOWER, Comparison, Goal, Measure
from harness.servers import Server
from harness.subjects import SubjectFailed

WORKERS = 8
AT_ONCE = 64
PEER_SCRIPT = ROOT / "bench" / "peers" / "cluster.js"
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PATIENCE = 20  # seconds without any answer


def subjects(context):
    def brood(scheduling):
        program = context.build / "examples" / "hello_cluster"
        return lambda port: [program, "--port", port, "--workers", WORKERS, "--scheduling", scheduling]

    def node(policy):
        program = context.peers.find("node")
        return program and (
            lambda port: ["env", f"NODE_CLUSTER_SCHED_POLICY={policy}", program, PEER_SCRIPT, port, WORKERS]
        )

    ours = [
        Server("brood" if name == "kernel_round_robin" else f"brood-{name}", brood(name), WORKERS, context.scratch)
        for name in ("kernel_round_robin", "round_robin", "kernel_least_loaded", "shared")
    ]
    return ours + [
        Server(f"node-{policy}", node(policy), WORKERS, context.scratch, context.peers.hint("node"))
        for policy in ("rr", "none")
    ]


class Client:
    """One connection: connects, asks, reads to the end."""

    def __init__(self, port, selector):
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", port))
        self.answer = b""
        self.selector = selector
        selector.register(self.socket, selectors.EVENT_WRITE, self)

    def go_on(self, events):
        """True when the answer is whole."""
        if events & selectors.EVENT_WRITE:
            self.socket.send(REQUEST)
            self.selector.modify(self.socket, selectors.EVENT_READ, self)
            return False
        got = self.socket.recv(4096)
        self.answer += got
        if got:
            return False
        self.selector.unregister(self.socket)
        self.socket.close()
        return True

    def worker(self):
        found = re.search(rb"hello from worker (\d+)", self.answer)
        if not found:
            raise SubjectFailed(f"answers {self.answer[:80]!r}")
        return int(found.group(1))


def shares(port, connections):
    """worker -> how many of so many connections it answered."""
    counted = Counter()
    with selectors.DefaultSelector() as selector:
        started = 0
        while sum(counted.values()) < connections:
            while started < connections and started - sum(counted.values()) < AT_ONCE:
                Client(port, selector)
                started += 1
            ready = selector.select(PATIENCE)
            if not ready:
                raise SubjectFailed(f"{connections - sum(counted.values())} of {connections} connections hang")
            for key, events in ready:
                if key.data.go_on(events):
                    counted[key.data.worker()] += 1
    return counted


def run(context):
    everyone = subjects(context)
    connections = 2_000 if context.quick else 100_000
    slices.start_all(everyone)

    def work(server):
        counted = shares(server.port, connections)
        if len(counted) < WORKERS:
            return {"ratio": float("inf")}
        return {"ratio": max(counted.values()) / min(counted.values())}

    try:
        results = slices.take_turns(everyone, 1, work, "evenness")
        what = f"busiest worker / least busy, {connections:,} connections"
        measure = Measure("evenness", what, "x", LOWER, own_goals={"brood": Goal(at_most=1.0005)})
        yield Comparison(measure, everyone, results, lambda slice_: slice_["ratio"])
    finally:
        slices.stop_all(everyone)
