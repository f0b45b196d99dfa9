"""Starts processes and ends them, each by its own pid, with everything they have started."""

import ctypes
import os
import signal
import subprocess
import time
from collections import namedtuple

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)
_running = []

# A pid alone may be taken again by a stranger; together with its start time it is one process for ever.
Identity = namedtuple("Identity", "pid started")


def _die_with_the_benchmark():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(argv, **options):
    """subprocess.Popen in a session of its own, so that Ctrl-C reaches the benchmark only, which then stops it."""
    process = subprocess.Popen(
        [str(word) for word in argv], start_new_session=True, preexec_fn=_die_with_the_benchmark, **options
    )
    _running.append(process)
    return process


def _stat_fields(pid):
    """The fields of /proc/PID/stat from the third on (the second, the name, may hold spaces), or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _living():
    """(pid, parent, session, start time) of every process that is not a zombie."""
    for name in os.listdir("/proc"):
        fields = _stat_fields(name) if name.isdigit() else None
        if fields and fields[0] not in "ZX":
            yield int(name), int(fields[1]), int(fields[3]), int(fields[19])


def tree(root):
    """The identities of `root` and of all its living descendants."""
    children, started = {}, {}
    for pid, parent, _, start_time in _living():
        children.setdefault(parent, []).append(pid)
        started[pid] = start_time
    found, open_ends = [], [root]
    while open_ends:
        pid = open_ends.pop()
        if pid in started:
            found.append(Identity(pid, started[pid]))
        open_ends += children.get(pid, [])
    return found


def orphans(session):
    """Who is left of a session whose leader has ended: workers that outlived their primary."""
    members = [Identity(pid, start_time) for pid, _, of, start_time in _living() if of == session]
    taken_again = any(one.pid == session for one in members)
    return [] if taken_again else members


def alive(identity):
    fields = _stat_fields(identity.pid)
    return bool(fields) and fields[0] not in "ZX" and int(fields[19]) == identity.started


def stop(process, patience=5.0):
    """Asks `process` to end, waits, then kills it and whatever it left behind."""
    if process.stdin:
        try:
            process.stdin.close()
        except OSError:
            pass
    family = []
    if process.poll() is None:
        family = tree(process.pid)
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            family = tree(process.pid)
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()
    _end_leftovers(set(family) | set(orphans(process.pid)), patience=1.0)
    if process in _running:
        _running.remove(process)


def _end_leftovers(family, patience):
    _wait_for_end(family, patience)
    for one in family:
        if alive(one):
            os.kill(one.pid, signal.SIGKILL)
    _wait_for_end(family, 5.0)  # a signal is sent at once, but not obeyed at once


def _wait_for_end(family, patience):
    deadline = time.monotonic() + patience
    while any(alive(one) for one in family) and time.monotonic() < deadline:
        time.sleep(0.01)


def stop_all():
    for process in list(_running):
        stop(process)
