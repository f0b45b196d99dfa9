#!/usr/bin/env python3
"""brood, Node, Bun and Deno as each other's parents and children: does everything get across? docs/interop.md tells how
it is judged.

Without --write only the pairs are tried that brood is part of; then a red cell is a failure whoever's limit it is.
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench"))  # the peers are those of the benchmark, and so are the ways to end them

from cells import BROOD, DIRECTIONS, KINDS, SERIALIZATIONS, Cell, Runner, kinds_of  # noqa: E402
from harness.peers import FROM_NPM, Peers  # noqa: E402
from harness.workplace import workplace  # noqa: E402
from page import Page  # noqa: E402

SKIPPED = 77
TITLES = {"bun": "Bun", "deno": "Deno"}


def arguments():
    parser = argparse.ArgumentParser(prog="interop", description=__doc__.split("\n")[0])
    parser.add_argument("names", metavar="PEER", nargs="*", help=f"node, {', '.join(FROM_NPM)}; all from npm by default")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "dev", help="build folder")
    parser.add_argument("--fetch", action="store_true", help="first fetch the peers that come from npm")
    parser.add_argument("--write", type=Path, metavar="FILE", help="try the peers among themselves, too; write the table")
    parser.add_argument("--limit", type=float, default=20, metavar="SECONDS", help="for each cell")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="cells at a time")
    parser.add_argument("--only", metavar="KIND", help="just this kind")
    chosen = parser.parse_args()
    chosen.names = chosen.names or list(FROM_NPM)
    unknown = [name for name in chosen.names if name not in ("node", *FROM_NPM)]
    if unknown:
        parser.error(f"no peer '{unknown[0]}'")
    if chosen.only not in (None, *KINDS):
        parser.error(f"no kind '{chosen.only}' (there are: {', '.join(KINDS)})")
    if chosen.only and chosen.write:
        parser.error("a table of one kind is not to be written")
    return chosen


def cells(names, among_themselves, only):
    for parent in names:
        for child in names:
            if among_themselves or BROOD in (parent, child):
                for serialization in SERIALIZATIONS:
                    for kind in kinds_of(serialization):
                        if only in (None, kind):
                            yield Cell(parent, child, serialization, kind)


def run_all(runner, todo, jobs):
    def one(cell):
        outcome = runner.run(cell)
        for direction in DIRECTIONS:
            if not outcome.green(direction):
                who = f"{cell.parent} > {cell.child}, {cell.serialization}, {cell.kind}, {direction}"
                print(f"{who}: {outcome.why[direction]}", flush=True)
        return outcome

    with ThreadPoolExecutor(jobs) as pool:
        return dict(zip(todo, pool.map(one, todo)))


def conclude(chosen, names, titles, results):
    page = Page(results, names, titles)
    red = sum(not outcome.green(direction) for outcome in results.values() for direction in DIRECTIONS)
    print(f"{2 * len(results) - red} of {2 * len(results)} green")
    if not chosen.write:
        return 1 if red else 0
    chosen.write.write_text(page.text(), encoding="utf-8")
    bugs = list(page.verdicts.bugs())
    for cell, direction, why in bugs:
        print(f"interop: brood's: {cell}, {direction}: {why}", file=sys.stderr)
    return 1 if bugs else 0


def main():
    chosen = arguments()
    peers = Peers(ROOT / "build" / "peers")
    problems = peers.fetch([name for name in chosen.names if name in FROM_NPM]) if chosen.fetch else []
    for problem in problems:
        print(f"interop: {problem}", file=sys.stderr)
    missing = [name for name in chosen.names if not peers.find(name)]
    if missing:
        print(f"interop: not installed: {', '.join(missing)} ({peers.hint(missing[0])})", file=sys.stderr)
        return 1 if chosen.write else SKIPPED
    names = [BROOD, *chosen.names]
    titles = {BROOD: BROOD}
    titles.update({name: f"{TITLES.get(name, 'Node')} {peers.version(name)}" for name in chosen.names})
    with workplace("interop") as scratch:
        runner = Runner(peers, chosen.build.absolute(), scratch, chosen.limit)
        todo = list(cells(names, bool(chosen.write), chosen.only))
        print(f"{len(todo)} cells, two directions each: {', '.join(titles.values())}", flush=True)
        return conclude(chosen, names, titles, run_all(runner, todo, chosen.jobs))


if __name__ == "__main__":
    sys.exit(main())
