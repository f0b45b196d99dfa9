"""Clients of one connection each: connect, ask once, read to the end. Whoever answers says which worker it is."""

import random
import re
import selectors
import socket
import time
from collections import Counter
from dataclasses import dataclass

from .subjects import SubjectFailed

REQUEST = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PATIENCE = 20  # seconds without any answer


class Client:
    def __init__(self, port, selector, path=b"/"):
        self.path = path
        self.answer = b""
        self.due = time.monotonic()
        self.selector = selector
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", port))
        selector.register(self.socket, selectors.EVENT_WRITE, self)

    def go_on(self, events):
        """True when the answer is whole."""
        if events & selectors.EVENT_WRITE:
            self.socket.send(REQUEST % self.path)
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


def shares(port, connections, at_once):
    """worker -> how many of so many connections it answered."""
    counted = Counter()
    with selectors.DefaultSelector() as selector:
        started = 0
        while sum(counted.values()) < connections:
            while started < connections and started - sum(counted.values()) < at_once:
                Client(port, selector)
                started += 1
            ready = selector.select(PATIENCE)
            if not ready:
                raise SubjectFailed(f"{connections - sum(counted.values())} of {connections} connections hang")
            for key, events in ready:
                if key.data.go_on(events):
                    counted[key.data.worker()] += 1
    return counted


@dataclass(frozen=True)
class Mixture:
    """So many connections a second, come what may; a part of them, drawn by lot, asks for something heavy."""

    rate: float
    seconds: float
    heavy_share: float
    seed: int = 1

    def paths(self):
        lot = random.Random(self.seed)  # the same for everybody; not every tenth, which would fall to the same workers
        return [b"/heavy" if lot.random() < self.heavy_share else b"/" for _ in range(round(self.rate * self.seconds))]


def latencies(port, mixture):
    """Of the light ones, in seconds, from the moment each was due: a client that is held up hides nothing."""
    paths, taken, open_now = mixture.paths(), [], 0
    with selectors.DefaultSelector() as selector:
        begin, started = time.monotonic(), 0
        last_sign = begin
        while started < len(paths) or open_now:
            now = time.monotonic()
            while started < len(paths) and begin + started / mixture.rate <= now:
                client = Client(port, selector, paths[started])
                client.due = begin + started / mixture.rate
                started, open_now = started + 1, open_now + 1
            pause = max(0, begin + started / mixture.rate - now) if started < len(paths) else 1
            for key, events in selector.select(pause):
                last_sign = time.monotonic()
                if key.data.go_on(events):
                    open_now -= 1
                    key.data.worker()
                    if key.data.path == b"/":
                        taken.append(last_sign - key.data.due)
            if open_now and time.monotonic() - last_sign > PATIENCE:
                raise SubjectFailed(f"{open_now} of {started} connections hang")
    return taken
