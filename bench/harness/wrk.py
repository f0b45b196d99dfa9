"""wrk, the load generator: one slice of load, and what came of it."""

import json
import subprocess
from dataclasses import dataclass

from . import processes
from .context import ROOT
from .subjects import SubjectFailed

SUMMARY = ROOT / "bench" / "load" / "summary.lua"
ALLOWED_ERRORS = 0.001  # of the requests: a stall of the machine may time a few out, a server may not drop them


@dataclass(frozen=True)
class Load:
    requests: int
    seconds: float


def drive(wrk, server, seconds, connections=64, headers=()):
    """wrk knows whole seconds only."""
    argv = [wrk, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", SUMMARY]
    for header in headers:
        argv += ["-H", header]
    process = processes.start([*argv, server.url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output = process.communicate(timeout=seconds + 30)[0].decode(errors="replace")
    except subprocess.TimeoutExpired as error:
        raise SubjectFailed("wrk does not end") from error
    finally:
        processes.stop(process)
    return _understand(output)


def _understand(output):
    last = output.strip().splitlines()[-1:] or [""]
    try:
        told = json.loads(last[0])
    except ValueError as error:
        raise SubjectFailed(f"wrk: {output.strip()[-300:]}") from error
    errors = {kind: told[kind] for kind in ("connect", "read", "write", "timeout", "status") if told[kind]}
    if not told["requests"] or sum(errors.values()) > ALLOWED_ERRORS * told["requests"]:
        raise SubjectFailed(f"{told['requests']} requests, errors: {errors or 'none'}")
    return Load(told["requests"], told["microseconds"] / 1e6)
