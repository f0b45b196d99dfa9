"""What is treated badly: a server that is a primary and its workers, and brood's. Those of the peers: others.py."""

import os
import re
import signal
import time
from pathlib import Path

from harness import processes
from harness.servers import Server
from harness.subjects import SubjectFailed

WORKERS = 2
PATIENCE = 20.0  # seconds for whatever must come to pass
POLL = 0.01  # between two looks at processes of any make, whose workers are no children of ours: no event tells of them


class Target(Server):
    """A primary and its workers behind one port. `able` names the scenarios that make sense."""

    able = ("kill", "block", "reload", "stop")
    mark = b"NODE_UNIQUE_ID="  # in the environment of a worker, and not of a child that is about to become one

    def __init__(self, name, scheduling, command, scratch, missing=""):
        super().__init__(name, command, WORKERS, scratch, missing)
        self.scheduling = scheduling

    @property
    def primary(self):
        return self.process.pid

    def prepare(self, scenario):
        """Before it is started."""

    def worker_pids(self):
        found = []
        for pid in children_of(self.primary):
            try:
                if not self.mark or self.mark in Path(f"/proc/{pid}/environ").read_bytes():
                    found.append(pid)
            except OSError:
                pass  # it has just ended
        return found

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.primary}/fd"))

    def wait_until_whole(self):
        """All workers are there. That they listen, the clients will find out."""
        wait_for(lambda: len(self.worker_pids()) == WORKERS, f"{WORKERS} workers")

    def warm_up(self):
        """What is made once and then kept (slots, say) belongs to the baseline."""
        self.wait_until_whole()
        if "reload" in self.able:
            self.reload()

    def reload(self):
        """Returns what the server says of it. By default: SIGHUP, and new workers in place of all old ones."""
        old = set(self.worker_pids())
        os.kill(self.primary, signal.SIGHUP)
        wait_for(lambda: not old & set(self.worker_pids()) and len(self.worker_pids()) == WORKERS, "new workers")
        return f"{len(old)} replaced"

    def end(self):
        """Ends it as an operator does; returns what was wrong with that."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except Exception:  # noqa: BLE001 - whatever it is, it has not ended
            return ["does not end"]
        left = processes.orphans(self.process.pid)
        return [f"{len(left)} processes left"] if left else []


def children_of(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text(encoding="ascii").split())
    except OSError:
        pass
    return found


def wait_for(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise SubjectFailed(f"waited {patience:.0f} s for {what}")
        time.sleep(POLL)


class Brood(Target):
    able = ("kill", "block", "reload", "broken", "stop")
    def __init__(self, build, scheduling, scratch):
        self.patience_ms = 30_000  # with a new worker
        self.heartbeat_ms = 0
        self.program = build / "tests" / "actors" / "torture_server"
        self.worker = scratch / f"worker-{scheduling}"  # a link to it, or to something worse
        self.reloads = 0
        super().__init__("brood", scheduling, self._command, scratch)

    def _command(self, port):
        return [self.program, port, WORKERS, self.scheduling, self.worker, self.patience_ms, self.heartbeat_ms]

    def prepare(self, scenario):
        """Short times only where something shall come of them: a busy machine needs longer ones."""
        self.patience_ms = 3000 if scenario == "broken" else 30_000
        self.heartbeat_ms = 3000 if scenario == "stop" else 0

    def start(self):
        self.mend()
        self.reloads = 0
        super().start()
        got = re.search(r"^scheduling (\S+)", self.log.read_text(), re.M)
        if not got or got.group(1) != self.scheduling:
            raise NotAllowed(f"this system does not allow {self.scheduling}")

    def mend(self):
        self.worker.unlink(missing_ok=True)
        self.worker.symlink_to(self.program)

    def break_program(self, how):
        """From the next start on a worker is a program that..."""
        script = {"exits": "exit 3", "hangs": "exec sleep 1000",
                  "never gets ready": f'NEVER_READY=1 exec "{self.program}" "$@"'}[how]  # fmt: skip
        fresh = self.worker.with_suffix(".new")
        fresh.write_text(f"#!/bin/sh\n{script}\n")
        fresh.chmod(0o755)
        fresh.replace(self.worker)

    def verdict(self):
        """(replaced, kept, why)"""
        os.kill(self.primary, signal.SIGHUP)
        said = []

        def told():
            said[:] = re.findall(r"^reload (\d+) (\d+) (.*)\n", self.log.read_text(errors="replace"), re.M)
            return len(said) > self.reloads

        wait_for(told, "the verdict of a reload", 60)
        self.reloads += 1
        replaced, kept, why = said[-1]
        return int(replaced), int(kept), why

    def reload(self):
        replaced, kept, why = self.verdict()
        if why or kept or replaced != WORKERS:
            raise SubjectFailed(f"reload: {replaced} replaced, {kept} kept: {why}")
        return f"{replaced} replaced"


class NotAllowed(Exception):
    pass


SCHEDULINGS = ("kernel_round_robin", "kernel_least_loaded", "round_robin", "shared", "program")
