#!/usr/bin/env python3
"""Tests of how the table is judged: python3 tests/interop/run_test.py"""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "bench"))

from cells import BROOD, DIRECTIONS, SERIALIZATIONS, Cell, Outcome, _judge, kinds_of  # noqa: E402
from listen import Side, compare, sides  # noqa: E402
from listen_table import Differs, Row  # noqa: E402
from page import Page, Verdicts  # noqa: E402

NAMES = [BROOD, "node20", "node26", "bun"]
TITLES = {BROOD: BROOD, "node20": "Node 20.1.0", "node26": "Node 26.2.0", "bun": "Bun 1.4.5"}


def table(*red):
    """All green but for those: (parent, child, kind, direction), in json."""
    results = {
        Cell(parent, child, form, kind): Outcome(dict.fromkeys(DIRECTIONS))
        for parent in NAMES for child in NAMES for form in SERIALIZATIONS for kind in kinds_of(form)
    }  # fmt: skip
    for parent, child, kind, direction in red:
        results[Cell(parent, child, "json", kind)].why[direction] = f"no {kind}"
    return results


class Verdict(unittest.TestCase):
    def of(self, parent, child, *red):
        cell = Cell(parent, child, "json", "dgram")
        return Verdicts(table(*((*pair, "dgram", "down") for pair in red)), NAMES, TITLES).of(cell, "down")

    def test_a_peer_that_fails_with_itself(self):
        self.assertEqual(self.of(BROOD, "bun", (BROOD, "bun"), ("bun", "bun")), "Bun 1.4.5 fails with itself")

    def test_a_peer_that_fails_with_every_node(self):
        red = [(BROOD, "bun"), ("node20", "bun"), ("node26", "bun")]
        self.assertEqual(self.of(BROOD, "bun", *red), "Bun 1.4.5 fails with every Node")
        self.assertIsNone(self.of(BROOD, "bun", *red[:2]), "one Node that can do it shows that it can be done")

    def test_the_other_role_does_not_count(self):
        self.assertIsNone(self.of(BROOD, "bun", (BROOD, "bun"), ("bun", "node20"), ("bun", "node26")))

    def test_brood_with_itself_or_with_a_node(self):
        self.assertIsNone(self.of(BROOD, BROOD, (BROOD, BROOD)))
        self.assertIsNone(self.of("node20", BROOD, ("node20", BROOD)))

    def test_two_peers(self):
        self.assertIn("do not understand each other", self.of("node20", "node26", ("node20", "node26")))

    def test_what_fails_the_run(self):
        bugs = Verdicts(table((BROOD, "node20", "dgram", "up"), ("bun", "bun", "dgram", "up")), NAMES, TITLES).bugs()
        self.assertEqual([(cell.child, direction) for cell, direction, _ in bugs], [("node20", "up")])


class WhatThePageSays(unittest.TestCase):
    def test_marks_and_reasons(self):
        text = Page(table((BROOD, "bun", "dgram", "up"), ("bun", "bun", "dgram", "up")), NAMES, TITLES).text()
        self.assertIn("| brood | Bun | yes | yes | yes | down (1) | yes |", text)
        self.assertIn("\n1. Bun 1.4.5 fails with itself: no dgram\n", text)
        self.assertIn("| Node 20 | Bun | yes | yes | yes | yes | yes |", text)


class Judging(unittest.TestCase):
    def test_what_was_told_and_what_was_not(self):
        went = [{"at": "parent: giving"}, {"direction": "down", "why": None}]
        told = _judge(DIRECTIONS, [*went, {"at": "child: giving"}], "no answer in 5 s", "")
        self.assertEqual(told, {"down": None, "up": "no answer in 5 s, child: giving"})

    def test_a_crash_is_told_with_its_reason(self):
        lines = [{"direction": "down", "why": "the child ended: exit code 1"}, {"end": "exit code 1"}]
        told = _judge(("down",), lines, "", "\x1b[31mfile.js:1\n  throw it\nTypeError: no such thing\n  at /a/b/file.js")
        self.assertEqual(told, {"down": "the child ended: exit code 1: TypeError: no such thing"})

    def test_a_child_that_does_not_go_is_not_green(self):
        told = _judge(("up",), [{"direction": "up", "why": None}, {"at": "the end"}], "no answer in 5 s", "")
        self.assertEqual(told, {"up": "no answer in 5 s, the end"})


class ListeningTable(unittest.TestCase):
    """What counts as a difference: listen.py."""

    def red(self, row, changed=None, lines=("other",)):
        results = {side: {row.name: ["as Node"]} for _, side in sides(["node"])}
        if changed:
            results[changed] = {row.name: list(lines)}
        return [str(side) for _, side, _, _ in compare([row], results, ["node"])]

    def test_all_alike(self):
        self.assertEqual(self.red(Row("r", {})), [])

    def test_a_difference_nobody_explains(self):
        for side in (Side(BROOD, BROOD, "round_robin"), Side(BROOD, "node", "shared"), Side("node", BROOD, "rr")):
            self.assertEqual(self.red(Row("r", {}), side), [str(side)])

    def test_an_explained_one(self):
        row = Row("r", {}, differs=(Differs("why", replace=(("Node", "brood"),), primary="node", policy="rr"),))
        side = Side("node", BROOD, "rr")
        self.assertEqual(self.red(row, side, ["as brood"]), [])
        self.assertEqual(self.red(row, side), [str(side)], "it differs in another way")
        self.assertEqual(self.red(row), [str(side)], "it does not differ")
        unneeded = Row("r", {}, differs=(Differs("why", outcome=("as Node",), primary="node"),))
        self.assertEqual(self.red(unneeded), ["why"], "there is nothing to explain")

    def test_who_was_not_allowed_is_left_out(self):
        results = {side: {"r": ["as Node"]} for _, side in sides(["node"])}
        results[Side(BROOD, BROOD, "kernel_round_robin")] = None
        self.assertEqual(list(compare([Row("r", {})], results, ["node"])), [])


if __name__ == "__main__":
    unittest.main()
