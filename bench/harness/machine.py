"""What the figures were taken on. Without it a figure is a rumour."""

import datetime
import os
import platform


def describe(peers, build):
    return {
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "load_before": round(os.getloadavg()[0], 2),
        "versions": {**peers.versions(), **_libraries(build)},
    }


def available_memory_mb():
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) // 1024
    return 0


def proportional_set_mb(pid):
    """PSS: a page that n processes share counts an nth."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _libraries(build):
    """The libraries that the peers in C++ were built with, as CMake found them."""
    try:
        told = (build / "bench" / "libraries.txt").read_text(encoding="utf-8")
    except OSError:
        return {}
    return dict(line.split() for line in told.splitlines())


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()
