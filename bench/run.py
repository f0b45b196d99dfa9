#!/usr/bin/env python3
"""brood's benchmark: brood and its peers side by side, in turn, on this machine.

Only ratios mean anything on a shared machine: see bench/harness/slices.py for how they are taken.
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # measuring leaves nothing behind in the source tree

from harness import groups, machine, report, table  # noqa: E402
from harness.context import ROOT, Context  # noqa: E402
from harness.peers import Peers  # noqa: E402
from harness.subjects import FAILED  # noqa: E402
from harness.workplace import workplace  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n")[0])
    parser.add_argument("groups", metavar="GROUP", nargs="*", help=f"of {', '.join(groups.names())}; all by default")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="build folder (release preset)")
    parser.add_argument("--quick", action="store_true", help="3 short rounds instead of 10: to try it, not to quote it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--peers", action="store_true", help="first fetch the peers that come from npm")
    parser.add_argument("--list", action="store_true", help="list the groups and leave")
    parser.add_argument("--targets", action="store_true", help="print what must be built for the groups, and leave")
    chosen = parser.parse_args()
    unknown = [name for name in chosen.groups if name not in groups.names()]
    if unknown:
        parser.error(f"no group '{unknown[0]}' (there are: {', '.join(groups.names())})")
    if chosen.json and not chosen.json.absolute().parent.is_dir():
        parser.error(f"--json: no folder {chosen.json.absolute().parent}")
    return chosen


def measure(names, context):
    comparisons = []
    for name in names:
        for comparison in groups.load(name).run(context):
            table.show(comparison)
            sys.stdout.flush()
            comparisons.append(comparison)
    return comparisons


def show_machine(facts):
    versions = ", ".join(f"{name} {version or 'not installed'}" for name, version in facts["versions"].items())
    print(f"{facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}, {facts['date']}\n{versions}")


def main():
    chosen = arguments()
    if chosen.list:
        for name in groups.names():
            print(f"{name:<12}{groups.description(name)}")
        return 0
    if chosen.targets:
        print(*groups.targets(chosen.groups or groups.names()))
        return 0
    peers = Peers(ROOT / "build" / "peers")
    problems = peers.fetch() if chosen.peers else []
    for problem in problems:
        print(f"bench: {problem}", file=sys.stderr)
    with workplace("bench") as scratch:
        facts = machine.describe(peers, chosen.build)
        show_machine(facts)
        context = Context(chosen.build.absolute(), scratch, peers, chosen.quick)
        comparisons = measure(chosen.groups or groups.names(), context)
        table.show_goals(comparisons)
        if chosen.quick:
            print("\n--quick: too few and too short rounds for figures to quote")
        if chosen.json:
            report.write(chosen.json, comparisons, facts)
        failed = any(series.state == FAILED for one in comparisons for series in one.series)
        return 1 if failed or problems else 0


if __name__ == "__main__":
    sys.exit(main())
