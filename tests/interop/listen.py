#!/usr/bin/env python3
"""The same listen() in a Node worker of a Node primary, in a brood worker of a brood primary, and in each under the
other: does the same come of it?

What is asked for, and where brood differs on purpose, is in listen_table.py. Everything else that differs is a failure.
brood's schedulings are compared with Node's: `shared` with SCHED_NONE, the others with SCHED_RR.
"""

import argparse
import json
import os
import re
import stat
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))  # the peers are those of the benchmark, and so are the ways to end them

from harness.peers import FROM_NPM, Peers  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.workplace import workplace  # noqa: E402
from listen_clients import answer_of, backlogs, hold_for_stranger, is_open  # noqa: E402
from listen_cluster import BROOD, Cluster, Failed, Programs, Side  # noqa: E402
from listen_table import ROWS  # noqa: E402

SKIPPED = 77
AS_NODE = {"rr": ("kernel_round_robin", "round_robin"), "none": ("shared",)}
NO_DESCRIPTOR = {"nothing": 900, "negative": -1}


def mode_of(path):
    """Which bits it is exactly differs from Node to Node; to connect one needs to write."""
    try:
        return "for all" if os.stat(path).st_mode & stat.S_IWOTH else "for the owner"
    except OSError:
        return "no file"


class Play:
    """One row in one cluster: what comes of it, a line each."""

    def __init__(self, cluster, row, number):
        self.cluster = cluster
        self.row = row
        self.folder = cluster.folder / str(number)
        self.folder.mkdir()
        self.port = free_port()
        self.chosen = []
        self.lines = []
        self.open = {}  # (worker, as) -> the call that made it

    def run(self):
        row, second = self.row, self.row.second or self.row.first
        stranger = hold_for_stranger(self.actual(row.stranger), self.folder) if row.stranger else None
        try:
            self.listen(1, "a", row.first)
            other = (1, "b") if row.same_worker else (2, "a")
            self.listen(*other, second)
            if row.to_the_end:
                self.close(1, "a")
                self.close(*other)
                self.lines.append("then " + ("open" if is_open(self.actual(row.first)) else "refused"))
        finally:
            if stranger:
                stranger.close()
            for worker, name in list(self.open):
                self.close(worker, name)
        return self.lines

    def actual(self, call):
        """The call with what its names stand for."""
        real = dict(call)
        if real.get("port") == "P":
            real["port"] = self.port
        if "path" in real:
            real["path"] = real["path"].replace("DIR", str(self.folder))
        if "fd" in real:
            what = real["fd"]
            real["fd"] = NO_DESCRIPTOR[what] if what in NO_DESCRIPTOR else self.cluster.held[what].fileno()
        return {name: value for name, value in real.items() if value is not None}

    def listen(self, worker, name, call):
        del self.cluster.heard[:]
        told = self.cluster.ask(worker, op="listen", **{"as": name}, **self.actual(call))
        where = self.plain(told["at"]) if "at" in told else f"fails with {told.get('code')}"
        events = [f"{e['type']} {self.plain(e['host'] + ':' + str(e['port']))}" for e in self.cluster.heard]
        self.lines.append(f"{worker}: {where}" + (f", told as {', '.join(events)}" if events else ""))
        if "at" in told:
            self.open[worker, name] = self.bound(call, told["at"])
            self.probe()
        elif worker == 2 and self.open:
            self.probe()

    def bound(self, call, at):
        """Where it can be reached."""
        real = self.actual(call)
        if call["form"] == "path":
            return {"form": "path", "path": os.path.join(self.cluster.folder, real["path"])}
        if "fd" in call:
            where = self.cluster.held[call["fd"]].getsockname()
            if isinstance(where, str):
                return {"form": "path", "path": where}
            real["host"] = where[0]
        return {**real, "form": "udp" if call["form"] == "udp" else "tcp", "port": int(at.rpartition(":")[2])}

    def probe(self):
        """Who answers, at each of the places where somebody listens; then who does when the other one is gone."""
        self.lines += self.answers()
        places = list(self.open)
        if len(places) < 2 or self.row.same_worker:
            return
        alike = len({json.dumps(call, sort_keys=True) for call in self.open.values()}) == 1
        if not alike:
            return
        # Both have the same place: each serves it alone as well. Worker 1 has shown that already.
        self.close(1, "a")
        self.lines += ["without 1: " + line.strip() for line in self.answers()]

    def answers(self):
        lines = []
        for call in {json.dumps(call, sort_keys=True): call for call in self.open.values()}.values():
            workers = {worker for (worker, _), mine in self.open.items() if mine == call}
            # Where whoever is first may get all, it is not known beforehand who is heard.
            anybody = len(workers) > 1 and (call["form"] == "udp" or self.cluster.scheduling in ("shared", "none"))
            lines += [f"  {line}" for line in answer_of(call, set() if anybody else workers)]
            lines += [f"  backlog {one}" for one in backlogs(call)]
            if call["form"] == "path":
                lines.append("  " + mode_of(call["path"]))
        return [self.plain(line) for line in lines]

    def close(self, worker, name):
        self.open.pop((worker, name), None)
        self.cluster.ask(worker, op="close", **{"as": name})

    def plain(self, text):
        """Without what differs from run to run."""
        text = text.replace(str(self.folder), "DIR").replace(str(self.cluster.folder), "HERE")

        def name(found):
            port = int(found.group(1))
            if port in (self.port, 0):
                return ":P" if port else ":0"
            if port not in self.chosen:
                self.chosen.append(port)
            return ":" + "QRST"[self.chosen.index(port)]

        return re.sub(r":(\d+)$", name, text)


def run_side(side, programs, scratch, rows):
    """row name -> lines. What breaks a cluster is the outcome of the row that broke it; the next one gets a new one."""
    outcomes, cluster = {}, None
    try:
        for number, row in enumerate(rows):
            if cluster is None:
                cluster = Cluster(side, programs, Path(tempfile.mkdtemp(dir=scratch)))
                if side.primary == BROOD and cluster.scheduling != side.scheduling:
                    return None  # the kernel does not allow it here
            try:
                outcomes[row.name] = Play(cluster, row, number).run()
            except (Failed, OSError) as error:
                cluster.close()
                outcomes[row.name] = [f"{error}", *cluster.last_stderr()]
                cluster = None
    finally:
        if cluster:
            cluster.close()
    return outcomes


def sides(nodes):
    for node in nodes:
        for policy, ours in AS_NODE.items():
            yield policy, Side(node, node, policy)
            yield policy, Side(node, BROOD, policy)
            for scheduling in ours:
                yield policy, Side(BROOD, node, scheduling)
    for policy, ours in AS_NODE.items():
        for scheduling in ours:
            yield policy, Side(BROOD, BROOD, scheduling)


def exception_for(row, side, policy):
    for one in row.differs:
        wanted = (one.primary, one.worker, one.policy, one.scheduling)
        if all(a in (None, b) for a, b in zip(wanted, (side.primary, side.worker, policy, side.scheduling))):
            return one
    return None


def expected_of(row, exception, node_s):
    """What brood makes of it. `node_s` has the outcomes of all rows with Node alone."""
    if exception is None:
        return node_s[row.name]
    if exception.outcome is not None:
        return list(exception.outcome)
    lines = []
    for line in node_s[exception.as_row or row.name]:
        for theirs, ours in exception.replace:
            line = line.replace(theirs, ours)
        lines.append(line)
    return lines


def compare(rows, results, nodes):
    """The differences nobody has explained, as (row, side, lines, expected lines); and the explanations that explain
    nothing."""
    unneeded = {(row.name, one): row for row in rows for one in row.differs}
    for policy, side in sides(nodes):
        got = results[side]
        if got is None or (side.primary == side.worker and side.primary != BROOD):
            continue
        node = next(one for one in (side.primary, side.worker, nodes[0]) if one != BROOD)
        node_s = results[Side(node, node, policy)]
        for row in rows:
            exception = exception_for(row, side, policy)
            expected = expected_of(row, exception, node_s)
            if got[row.name] != expected:
                yield row, side, got[row.name], expected
            if exception and (exception.by_version or expected != node_s[row.name] or got[row.name] != expected):
                unneeded.pop((row.name, exception), None)
    for (_, exception), row in unneeded.items():
        yield row, exception.why, ["the same as Node"], ["a difference"]


def show(rows, results, wanted):
    for row in rows:
        print(f"## {row.name}")
        for side, got in results.items():
            if got is not None and wanted in str(side):
                print(f"{side}:", *got[row.name], sep="\n    ")


def arguments():
    parser = argparse.ArgumentParser(prog="listen", description=__doc__.split("\n")[0])
    parser.add_argument("nodes", metavar="NODE", nargs="*", help="node (the default), node20, node22, ...")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "dev", help="build folder")
    parser.add_argument("--only", metavar="TEXT", default="", help="just the rows with this in their name")
    parser.add_argument("--show", metavar="TEXT", nargs="?", const="", help="print what comes of it, of those sides")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="clusters at a time")
    chosen = parser.parse_args()
    chosen.nodes = chosen.nodes or ["node"]
    unknown = [name for name in chosen.nodes if name not in ("node", *FROM_NPM) or not name.startswith("node")]
    if unknown:
        parser.error(f"no Node '{unknown[0]}'")
    return chosen


def main():
    chosen = arguments()
    peers = Peers(ROOT / "build" / "peers")
    missing = [name for name in chosen.nodes if not peers.find(name)]
    if missing:
        print(f"listen: not installed: {', '.join(missing)} ({peers.hint(missing[0])})", file=sys.stderr)
        return SKIPPED
    rows = [row for row in ROWS if chosen.only in row.name]
    others = {one.as_row for row in rows for one in row.differs}
    rows = [row for row in ROWS if row in rows or row.name in others]
    with workplace("listen") as scratch:
        programs = Programs(peers, chosen.build.absolute())
        todo = [side for _, side in sides(chosen.nodes)]
        with ThreadPoolExecutor(chosen.jobs) as pool:
            made = pool.map(lambda side: run_side(side, programs, scratch, rows), todo)
            results = dict(zip(todo, made))
        if chosen.show is not None:
            show(rows, results, chosen.show)
        red = list(compare(rows, results, chosen.nodes))
        for row, side, got, expected in red:
            print(f"{row.name}: {side}:", *got, sep="\n    ")
            print("  instead of:", *expected, sep="\n    ")
        left_out = ", ".join(str(side) for side, got in results.items() if got is None)
        played = len(rows) * sum(got is not None for got in results.values())
        print(f"{len(rows)} rows, {played} cells, {len(red)} unexplained")
        if left_out:
            print(f"the kernel does not allow: {left_out}")
        return 1 if red else 0


if __name__ == "__main__":
    sys.exit(main())
