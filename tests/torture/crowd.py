"""The clients (tests/actors/torture_client.cpp), and what is to be thought of what they met."""

import json
import subprocess
import threading
from collections import Counter
from dataclasses import dataclass, field

from harness import processes
from harness.subjects import SubjectFailed


@dataclass(frozen=True)
class Failure:
    how: str  # refused, reset, cut (an end before the whole answer), odd (no 200), hung, unconnected, local
    port: int
    connected: int  # monotonic, in ns
    failed: int
    received: int  # bytes of an answer


@dataclass
class Count:
    requests: int = 0
    answered: int = 0
    in_service: int = 0
    lost: Counter = field(default_factory=Counter)  # by how
    hung: int = 0
    slowest_ms: int = 0


def judge(report, failures, journal):
    """One that hangs is never excused: whoever had its connection is dead, and the client should have been told."""
    count = Count(report["requests"], report["answered"], hung=report["hung"], slowest_ms=report["slowest_ms"])
    for one in failures:
        if one.how == "local":
            raise SubjectFailed("the clients have no port or descriptor left: nothing can be said")
        if one.how == "hung":
            continue
        if journal.in_service(one.port, one.connected, one.failed):
            count.in_service += 1
        else:
            count.lost[one.how] += 1
    return count


class Crowd:
    """`each` clients with a connection for each request, `keep` that stay on theirs."""

    def __init__(self, program, port, each, keep, patience, once=False):
        self.failures = []
        self.report = None
        self._told = []
        self._news = threading.Condition()
        self._ended = False
        self._patience = patience
        argv = [program, port, each, keep, patience] + (["once"] if once else [])
        self._process = processes.start(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tell(self):
        """(answered, failed, still under way), until now."""
        with self._news:
            before = len(self._told)
            if self._ended and self.report:  # everybody has asked once
                return self.report["answered"], self.report["failed"] + self.report["hung"], 0
        try:
            self._process.stdin.write("tell\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it has just ended
        with self._news:
            self._news.wait_for(lambda: len(self._told) > before or self._ended, 20)
            if len(self._told) > before:
                return self._told[-1]
            if not self._ended:
                raise SubjectFailed("the clients do not answer")
            if not self.report:
                raise SubjectFailed("the clients have died")
        return self.tell()

    def finish(self, journal):
        """No more requests; waits for those under way."""
        try:
            self._process.stdin.close()
        except OSError:
            pass  # what was to be asked last
        self._reader.join(self._patience + 30)
        if self._reader.is_alive() or self.report is None:
            processes.stop(self._process)
            raise SubjectFailed("the clients do not end" if self.report is None else "the clients' output does not end")
        self._process.wait()
        processes.stop(self._process)
        return judge(self.report, self.failures, journal)

    def _read(self):
        for line in self._process.stdout:
            words = line.split()
            if words[0] == "failed":
                self.failures.append(Failure(words[1], *map(int, words[2:])))
            elif words[0] == "told":
                with self._news:
                    self._told.append(tuple(map(int, words[1:])))
                    self._news.notify_all()
            else:
                self.report = json.loads(line)
        with self._news:
            self._ended = True
            self._news.notify_all()
