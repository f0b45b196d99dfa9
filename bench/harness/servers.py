"""Subjects that are HTTP servers: a primary and workers behind one port."""

import http.client
import ssl
import subprocess
import time
from statistics import fmean

from . import cpu, processes
from .ports import free_port
from .subjects import Subject, SubjectFailed

START_SECONDS = 20
SETTLE_SECONDS = 0.05


class Server(Subject):
    """`command(port)` gives the argv of one that serves 127.0.0.1:port with `workers` processes. What it answers at
    `path` begins with `begins`."""

    def __init__(
        self, name, command, workers, scratch, missing="", scheme="http", path="/", begins=b"hello from worker "
    ):
        super().__init__(name, [name] if command else None, scratch, missing)
        self.command = command
        self.workers = workers
        self.scheme, self.path, self.begins = scheme, path, begins
        self.port = None
        self.body_length = None

    def start(self):
        self.port = free_port()
        self.argv = self.command(self.port)
        with open(self.log, "wb") as log:
            self.process = processes.start(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait_for_workers()
        self.body_length = self._check_answer()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}{self.path}"

    def cpu_ns(self):
        """Of the primary and all workers. The last connections' closing belongs to them too, hence the pause."""
        time.sleep(SETTLE_SECONDS)
        return cpu.tree_ns(self.process.pid)

    def _wait_for_workers(self):
        """Until it answers and all its processes are there: one worker of two would be another contest."""
        deadline = time.monotonic() + START_SECONDS
        why = "no answer yet"
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise SubjectFailed(f"ended at once with exit status {self.process.returncode}")
            try:
                self._get()
                if len(processes.tree(self.process.pid)) > self.workers:
                    return
                why = f"fewer than {self.workers} workers"
            except (OSError, http.client.HTTPException) as error:
                why = error
            time.sleep(0.02)
        raise SubjectFailed(f"not ready after {START_SECONDS} s: {why}")

    def _get(self):
        connection = self._connection()
        try:
            connection.request("GET", self.path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _connection(self):
        if self.scheme == "http":
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        # Its certificate is nobody's business here.
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=ssl._create_unverified_context())

    def _check_answer(self):
        """All must do the same work: one status, one text, the same length but for the digits of a pid."""
        status, body = self._get()
        if status != 200 or not body.startswith(self.begins):
            raise SubjectFailed(f"answers {status} {body[:60]!r}")
        return len(body)


def check_same_length(servers, tolerance=2):
    """Fails the servers whose body is longer or shorter than the others' by more than a pid's digits."""
    ready = [server for server in servers if server.ready]
    middle = fmean(server.body_length for server in ready) if ready else 0
    for server in ready:
        if abs(server.body_length - middle) > tolerance:
            server.fail(f"a body of {server.body_length} bytes; the others send {middle:.0f}")
