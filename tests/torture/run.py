#!/usr/bin/env python3
"""Servers that are treated badly while they are used: is a request lost, does a client hang, is something left behind?

A request may fail if the worker that had its connection was killed. Every other must be answered.
"""

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))  # the peers are those of the benchmark, and so are the ways to end them

import table  # noqa: E402
from harness import machine  # noqa: E402
from harness.peers import Peers  # noqa: E402
from harness.workplace import workplace  # noqa: E402
from others import PEERS  # noqa: E402
from scenarios import ALL, play  # noqa: E402
from targets import SCHEDULINGS, Brood  # noqa: E402
from witness import may_look  # noqa: E402

SKIPPED = 77


def arguments():
    parser = argparse.ArgumentParser(prog="torture", description=__doc__.split("\n")[0])
    parser.add_argument("scenarios", metavar="SCENARIO", nargs="*", help="; ".join(
        f"{name}: {one.__doc__}" for name, one in ALL.items()))  # fmt: skip
    parser.add_argument("--scheduling", metavar="NAME", nargs="+", help=f"of {', '.join(SCHEDULINGS)}; all by default")
    parser.add_argument("--seconds", type=float, default=60, metavar="N",
                        help="for each scenario (60); the number of reloads goes by it too: 100 a minute")  # fmt: skip
    parser.add_argument("--against", choices=sorted(PEERS), help="this server instead of brood's")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "dev", help="build folder")
    chosen = parser.parse_args()
    known = PEERS[chosen.against][1] if chosen.against else SCHEDULINGS
    for name in chosen.scenarios:
        if name not in ALL:
            parser.error(f"no scenario '{name}' (there are: {', '.join(ALL)})")
    for name in chosen.scheduling or ():
        if name not in known:
            parser.error(f"no scheduling '{name}' (there are: {', '.join(known)})")
    chosen.scheduling = chosen.scheduling or known
    chosen.scenarios = chosen.scenarios or list(ALL)
    if chosen.json and not chosen.json.absolute().parent.is_dir():
        parser.error(f"--json: no folder {chosen.json.absolute().parent}")
    return chosen


def target_of(chosen, scheduling, scratch, peers):
    if not chosen.against:
        return Brood(chosen.build.absolute(), scheduling, scratch)
    return PEERS[chosen.against][0](peers, scheduling, scratch)


def run_all(chosen, scratch, peers):
    client = chosen.build.absolute() / "tests" / "actors" / "torture_client"
    outcomes = []
    print(table.head(), flush=True)
    for scenario in chosen.scenarios:
        for scheduling in chosen.scheduling:
            target = target_of(chosen, scheduling, scratch, peers)
            if scenario not in target.able:
                continue
            outcomes.append(play(scenario, target, client, chosen.seconds))
            print(table.line(outcomes[-1]), flush=True)
    return outcomes


def main():
    chosen = arguments()
    if not may_look():
        print("torture: this system does not let us look at the descriptors of other processes", file=sys.stderr)
        return SKIPPED
    with workplace("torture") as scratch:
        peers = Peers(ROOT / "build" / "peers")
        outcomes = run_all(chosen, scratch, peers)
        if chosen.json:
            told = table.document(outcomes, machine.describe(peers, chosen.build))
            chosen.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        if all(one.skipped for one in outcomes):
            return SKIPPED
        return 0 if all(one.good for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
