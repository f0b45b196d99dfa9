#!/usr/bin/env python3
"""Tests of the benchmark's own machinery: python3 bench/harness_test.py"""

import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True

from harness import cpu, groups, machine, processes, report, slices  # noqa: E402
from harness.context import Context  # noqa: E402
from harness.peers import FROM_NPM, JAVASCRIPT, LIBRARIES, MEASURED, Peers  # noqa: E402
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure, pairwise  # noqa: E402
from harness.subjects import FAILED, MISSING, READY, LineSubject, Subject, SubjectFailed  # noqa: E402


class Fake(Subject):
    """Gives the figures it was made with, one a slice; a text among them is a failure."""

    def __init__(self, name, figures, argv=("fake",)):
        super().__init__(name, argv, Path("/nonexistent"), "how to get it")
        self.figures = iter(figures)

    def measure(self):
        figure = next(self.figures)
        if isinstance(figure, str):
            raise SubjectFailed(figure)
        return figure


def compare(subjects, rounds, measure):
    results = slices.take_turns(subjects, rounds, Fake.measure, "test")
    return Comparison(measure, subjects, results, lambda figure: figure)


class Pairing(unittest.TestCase):
    measure = Measure("g", "w", "x/s", HIGHER, goals={"peer": Goal(at_least=0.9)})

    def test_only_figures_of_one_round_are_compared(self):
        # The machine gets ten times slower after the first round; the ratio does not notice.
        ours = Fake("brood", [0, 200, 20, 20])
        peer = Fake("peer", [0, 100, 10, 10])
        comparison = compare([ours, peer], 3, self.measure)
        (ratio,) = comparison.ratios()
        self.assertEqual((ratio.spread.median, ratio.spread.min, ratio.spread.max), (2, 2, 2))
        self.assertEqual(comparison.series[0].spread.median, 20)

    def test_a_round_without_one_of_the_two_gives_no_ratio(self):
        self.assertEqual(pairwise([10, None, 30], [5, 5, None]), [2])

    def test_every_subject_is_first_and_last_at_some_time(self):
        orders = [slices.order(["a", "b", "c"], number) for number in range(6)]
        self.assertEqual({order[0] for order in orders}, {"a", "b", "c"})
        self.assertEqual({order[-1] for order in orders}, {"a", "b", "c"})

    def test_one_that_fails_leaves_the_others_alone(self):
        subjects = [Fake("brood", [1, 1, 1, 1]), Fake("peer", [1, 1, "out of luck"]), Fake("absent", [], None)]
        comparison = compare(subjects, 3, self.measure)
        states = [series.state for series in comparison.series]
        self.assertEqual(states[1:], [FAILED, MISSING])
        self.assertIn("out of luck", comparison.series[1].note)
        self.assertEqual(comparison.series[0].runs, [1, 1, 1])
        self.assertEqual(comparison.ratios(), [])

    def test_the_document(self):
        subjects = [Fake("brood", [0, 4, 6]), Fake("peer", [0, 5, 5]), Fake("absent", [], None)]
        comparison = compare(subjects, 2, self.measure)
        document = report.document([comparison], {"cores": 2})
        self.assertEqual([row["subject"] for row in document["rows"]], ["brood", "peer", "absent"])
        self.assertEqual(document["rows"][0]["runs"], [4, 6])
        self.assertEqual(document["rows"][0]["median"], 5)
        self.assertIsNone(document["rows"][2]["median"])
        (ratio,) = document["ratios"]
        self.assertEqual((ratio["subject"], ratio["peer"], ratio["median"], ratio["met"]), ("brood", "peer", 1, True))

    def test_another_way_of_ours_is_no_peer_and_may_have_a_goal_and_be_the_one_compared(self):
        measure = Measure(
            "g", "w", "us", LOWER, goals={"absent": Goal(at_most=1), "peer": Goal(at_most=0.4)},
            own_goals={"brood-async": Goal(at_most=3)}, ours="brood-async",
        )  # fmt: skip
        subjects = [Fake("brood", [0, 9, 9]), Fake("brood-async", [0, 2, 4]), Fake("peer", [0, 8, 8])]
        comparison = compare([*subjects, Fake("absent", [], None)], 2, measure)
        (ratio,) = comparison.ratios()
        self.assertEqual((ratio.peer, ratio.rounds), ("peer", [0.25, 0.5]))
        verdicts = {who: goal.verdict(values) if values else None for who, goal, values in comparison.verdicts()}
        self.assertEqual(
            verdicts,
            {
                "brood-async": "goal <= 3: met (in 1 of 2 rounds)",
                "brood-async / peer": "goal <= 0.4: met (in 1 of 2 rounds)",
                "brood-async / absent": None,
            },
        )
        rows = report.document([comparison], {})["rows"]
        self.assertEqual([(row["goal"], row["met"]) for row in rows[:2]], [(None, None), ("<= 3", True)])

    def test_goals(self):
        self.assertTrue(Goal(at_most=1.2).met(1.2))
        self.assertFalse(Goal(at_most=1.2).met(1.3))
        self.assertEqual(str(Goal(at_least=3)), ">= 3")
        self.assertEqual(Measure("g", "w", "us", LOWER).goals, {})


class PeersThatAreNotThere(unittest.TestCase):
    def test_they_are_rows_and_not_crashes(self):
        with tempfile.TemporaryDirectory() as folder:
            peers = Peers(Path(folder))
            for name in FROM_NPM:
                subject = LineSubject(name, peers.running(name, "x.cjs"), Path(folder), peers.hint(name))
                self.assertEqual((subject.state, subject.note), (MISSING, "--peers fetches it with npm"))
            versions = peers.versions()
            self.assertTrue(all(versions[name] is None for name in MEASURED))
            self.assertIn("python", versions)

    def test_no_group_needs_any_of_them(self):
        with tempfile.TemporaryDirectory() as folder:
            nothing = Path(folder)
            context = Context(nothing, nothing, Peers(nothing), quick=True)
            for name in groups.names():
                states = {one.name: one.state for one in groups.load(name).subjects(context)}
                if name != "nodeworkers":  # there, brood's own workers are Node's
                    self.assertEqual(states["brood"], READY, "ours fails when it is not built; it is not left out")
                for absent in {"node26", "bun", "deno", *LIBRARIES} & states.keys():
                    self.assertEqual(states[absent], MISSING)

    def test_every_javascript_peer_is_told_how_to_run_a_script(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in JAVASCRIPT:
                program = Path(folder) / "program"
                program.touch()
                peers = Peers(Path(folder))
                peers.find = lambda _: str(program)
                argv = peers.running(name, Path("x.cjs"), 1, "two")
                self.assertEqual((argv[0], argv[-3:]), (str(program), ["x.cjs", "1", "two"]))


SPIN = "import time\nwhile time.process_time() < {}: pass\n"


class RealProcesses(unittest.TestCase):
    def shell(self, script):
        process = processes.start(["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(processes.stop, process)
        return process

    def test_cpu_of_children_counts_whether_they_live_or_not(self):
        living = SPIN.format(0.2) + "print('spun', flush=True)\ntime.sleep(60)"
        process = self.shell(f'python3 -c "{SPIN.format(0.2)}"; python3 -c "{living}" & wait')
        self.assertEqual(process.stdout.readline(), b"spun\n")
        self.assertAlmostEqual(cpu.tree_ns(process.pid) / 1e9, 0.4, delta=0.15)

    def test_own_cpu_leaves_children_out_and_stands_still_at_rest(self):
        process = self.shell(f'python3 -c "{SPIN.format(0.2)}"; echo done; read line')
        process.stdout.readline()
        time.sleep(0.05)  # until it waits for the line
        before = cpu.own_ns(process.pid)
        self.assertLess(before, 0.15e9)
        time.sleep(0.1)
        self.assertEqual(cpu.own_ns(process.pid), before)

    def test_memory_is_seen(self):
        script = "held = b'1' * (50 << 20); print('held', flush=True); input()"
        process = processes.start([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(processes.stop, process)
        process.stdout.readline()
        self.assertTrue(50 < machine.proportional_set_mb(process.pid) < 80)

    def test_stop_ends_orphans_too(self):
        process = self.shell("sleep 600 & echo $!; exit 0")
        orphan = int(process.stdout.readline())
        process.wait()
        processes.stop(process)
        self.assertEqual(processes.tree(orphan), [])

    def test_stop_ends_one_that_ignores_sigterm(self):
        process = self.shell("trap '' TERM; echo ready; while :; do sleep 600; done")
        process.stdout.readline()
        family = processes.tree(process.pid)
        processes.stop(process, patience=0.1)
        self.assertFalse(any(processes.alive(one) for one in family))

    def test_what_a_dying_subject_wrote_is_shown(self):
        with tempfile.TemporaryDirectory() as folder:
            subject = LineSubject("brood", ["/bin/sh", "-c", "read line; echo oh no >&2; exit 3"], Path(folder))
            subject.start()
            slices.attempt(subject, lambda: subject.ask("run 1"))
            self.assertEqual(subject.state, FAILED)
            self.assertIn("exit status 3", subject.note)
            self.assertIn("oh no", subject.note)


if __name__ == "__main__":
    unittest.main()
