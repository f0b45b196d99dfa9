"""Whose connection was it? A worker that is to die is stopped first, for a moment, and its descriptors are looked at:
the connections among them are those that it serves, and that die with it. Nothing else may be lost.

What it has not accepted is still in a queue of the kernel, or the primary's, and is not among them. So this holds for
every server, and needs nothing of it.
"""

import ctypes
import os
import signal
import socket
import time

PIDFD_GETFD = 438  # the same on every architecture
_libc = ctypes.CDLL(None, use_errno=True)


class Journal:
    """What was done to workers, and when: (monotonic ns, ports of the clients that the worker was serving)."""

    def __init__(self, port):
        self.port = port
        self.deaths = []
        self.count = 0

    def hold(self, pid):
        """Stops the worker; it serves no one from here on. False: it has ended."""
        if not _send(pid, signal.SIGSTOP) or not _wait_until_stopped(pid):
            return False
        self.deaths.append((time.monotonic_ns(), frozenset(connections(pid, self.port))))
        return True

    def kill(self, pid):
        if self.hold(pid) and _send(pid, signal.SIGKILL):
            self.count += 1

    def in_service(self, port, connected, failed):
        """Whether a worker had this client's connection when it died."""
        return any(connected <= when <= failed and port in ports for when, ports in self.deaths)


def _send(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


def _wait_until_stopped(pid, patience=5.0):
    """Its parent alone is told of that (waitpid(2)), and we are not: we look."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                state = file.read().rpartition(")")[2].split()[0]
        except OSError:
            return False
        if state in "ZX":
            return False
        if state == "T":
            return True
        time.sleep(0.0002)
    return False


def connections(pid, port):
    """The clients' ports of all connections at `port` that the process has a descriptor of."""
    found = set()
    try:
        pidfd = os.pidfd_open(pid)
    except OSError:
        return found
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            if os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                found |= _client_of(pidfd, int(name), port)
    except OSError:
        pass  # it ends
    finally:
        os.close(pidfd)
    return found


def _client_of(pidfd, number, port):
    copy = _libc.syscall(PIDFD_GETFD, pidfd, number, 0)
    if copy < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    with socket.socket(fileno=copy) as mine:
        if mine.family not in (socket.AF_INET, socket.AF_INET6) or mine.getsockname()[1] != port:
            return set()
        try:
            return {mine.getpeername()[1]}
        except OSError:
            return set()  # it listens, or its client has gone


def may_look():
    """Whether this system lets us see the descriptors of processes that we have started."""
    pidfd = os.pidfd_open(os.getpid())
    copy = _libc.syscall(PIDFD_GETFD, pidfd, pidfd, 0)
    if copy >= 0:
        os.close(copy)
    os.close(pidfd)
    return copy >= 0
