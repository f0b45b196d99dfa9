"""One cell of the table: two programs, a parent and its child, and what they hand to each other."""

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from harness import processes

HERE = Path(__file__).resolve().parent
BROOD = "brood"
SERIALIZATIONS = ("json", "advanced")
DIRECTIONS = ("down", "up")  # the parent gives, the child gives
KINDS = (
    "message", "Error, cause", "net.Socket", "net.Server", "dgram", "Unix socket", "Unix server", "native TCP",
    "native pipe",
)  # fmt: skip
CAUSE = "Error, cause"


def kinds_of(serialization):
    """JSON has no errors."""
    return [kind for kind in KINDS if serialization == "advanced" or kind != CAUSE]


@dataclass(frozen=True)
class Cell:
    parent: str
    child: str
    serialization: str
    kind: str


@dataclass
class Outcome:
    """Why it went wrong, by direction; None where it went well."""

    why: dict = field(default_factory=dict)

    def green(self, direction):
        return self.why[direction] is None


class Runner:
    def __init__(self, peers, build, scratch, limit):
        self.peers = peers
        self.build = build
        self.scratch = scratch
        self.limit = limit  # seconds

    def program(self, name, *arguments):
        if name == BROOD:
            return [str(self.build / "tests" / "actors" / "interop_peer"), *arguments]
        return self.peers.running(name, HERE / "peer.cjs", *arguments)

    def run(self, cell):
        outcome = Outcome(self._converse(cell, DIRECTIONS))
        if not outcome.green("down"):  # it may have taken the channel along
            outcome.why["up"] = self._converse(cell, ("up",))["up"]
        return outcome

    def _converse(self, cell, directions):
        child = self.program(cell.child, "child")
        argv = self.program(cell.parent, "parent", cell.kind, cell.serialization, ",".join(directions), *child)
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            out, err = Path(folder) / "out", Path(folder) / "err"
            with out.open("w") as stdout, err.open("w") as stderr:
                process = processes.start(
                    argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                    env={**os.environ, "BROOD_INTEROP_VALUES": str(HERE / "values.json")},
                )  # fmt: skip
            try:
                process.wait(self.limit)
                end = f"the parent ended with {process.returncode}"
            except subprocess.TimeoutExpired:
                end = f"no answer in {self.limit:g} s"
            finally:
                processes.stop(process, patience=0.1)
            return _judge(directions, _lines(out), end, err.read_text(errors="replace"))


def _lines(path):
    for line in path.read_text(errors="replace").splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict):
            yield told


def _judge(directions, lines, end, errors):
    """What came of each direction, by what the two have told."""
    went, last, over = {}, "nothing", False
    for line in lines:
        last = line.get("at", last)
        over = over or "end" in line
        if "direction" in line:
            went[line["direction"]] = line["why"]
    reason = _reason(errors)
    for direction in directions:
        if direction not in went:
            went[direction] = f"{end}, {last}" + (f": {reason}" if reason else "")
        elif went[direction] and "ended" in went[direction] and reason:
            went[direction] += f": {reason}"
    if not over and went[directions[-1]] is None:
        went[directions[-1]] = f"{end}, {last}"
    return {direction: why and _anonymous(why) for direction, why in went.items()}


def _reason(errors):
    """The line of a crash report that says what it is about."""
    lines = [line.strip() for line in errors.splitlines() if re.search(r"error|assert|panic|fatal", line, re.IGNORECASE)]
    telling = [line for line in lines if re.match(r"(Uncaught )?\w*(Error|error)\b.*: ", line)]
    return (telling or lines or [""])[0][:160]


def _anonymous(text):
    """In one line, and without what differs from run to run."""
    text = " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())
    text = re.sub(r"(pid |socket\.)\d+", r"\1N", text)
    return re.sub(r"(?:/[\w.+@-]+)+/([\w.+@-]+)", r"\1", text)
