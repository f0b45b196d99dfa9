"""A subject is what gets measured: brood or a peer. This file knows its life, not what is measured on it."""

import os
import select
import subprocess
import time

from . import processes

READY, MISSING, FAILED, SKIPPED = "measured", "not installed", "failed", "skipped"
LAST_LINES = 15


class SubjectFailed(Exception):
    pass


class Subject:
    """`argv` is None when the peer is not installed; `name` appears in tables and JSON."""

    def __init__(self, name, argv, scratch, missing=""):
        self.name = name
        self.argv = argv
        self.state = READY if argv else MISSING
        self.note = "" if argv else missing
        self.log = scratch / f"{name}.log"
        self.process = None

    @property
    def ready(self):
        return self.state == READY

    def fail(self, why):
        """Out for the rest of the group. What it printed says more than we can."""
        self.stop()
        self.state = FAILED
        self.note = "\n".join([str(why)] + self.printed())

    def skip(self, why):
        self.state, self.note = SKIPPED, why
        self.stop()

    def printed(self):
        try:
            return self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        except OSError:
            return []

    def start(self):
        raise NotImplementedError

    def stop(self):
        if self.process:
            processes.stop(self.process)
            self.process = None


class LineSubject(Subject):
    """A long-lived process which answers each line on its stdin with one on its stdout.

    Its start-up is therefore never part of a figure.
    """

    def start(self):
        if not os.path.exists(self.argv[0]):
            raise SubjectFailed(f"not built: {self.argv[0]}")
        with open(self.log, "wb") as log:
            self.process = processes.start(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def ask(self, line, patience=60.0):
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise SubjectFailed(f"died before '{line}': {error}") from error
        answer = self._read_line(time.monotonic() + patience, line)
        if answer.startswith("error"):
            raise SubjectFailed(f"'{line}': {answer}")
        return answer.split()

    def _read_line(self, deadline, asked):
        """One answer to one question: the pipe never holds more than a line, so no buffering to care for."""
        pipe = self.process.stdout
        if not select.select([pipe], [], [], deadline - time.monotonic())[0]:
            raise SubjectFailed(f"no answer to '{asked}'")
        line = pipe.readline()
        if not line:
            raise SubjectFailed(f"died during '{asked}' ({self._how_it_ended()})")
        return line.decode().strip()

    def _how_it_ended(self):
        try:
            return f"exit status {self.process.wait(2)}"
        except subprocess.TimeoutExpired:
            return "still running, its stdout closed"
