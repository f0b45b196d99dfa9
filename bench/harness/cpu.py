"""CPU time of a process and of everything below it, in nanoseconds.

/proc/PID/stat counts ticks of 10 ms, which is coarse for a slice of a second. The kernel also offers a CPU clock for
every process: nanoseconds, all threads, those that ended included. Ticks are the fallback, and all there is for
processes which came and went between two samples: their time is found in the parent that waited for them.
"""

import os
import time

from . import processes

NS_PER_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
CPUCLOCK_SCHED = 2  # what clock_getcpuclockid(3) puts into the low bits of a process's clock id


def _ticks(pid):
    """(own, children waited for) in ticks."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    utime, stime, cutime, cstime = map(int, fields[11:15])
    return utime + stime, cutime + cstime


def own_ns(pid, ticks=0):
    """Of the one process, its children left out."""
    try:
        return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED)
    except OSError:
        return ticks * NS_PER_TICK


def tree_ns(root):
    """Only grows, as long as every ended process was waited for inside the tree."""
    total = 0
    for pid, _ in processes.tree(root):
        own, waited_for = _ticks(pid)
        total += own_ns(pid, own) + waited_for * NS_PER_TICK
    return total
