#!/usr/bin/env python3
"""Tests of how it is judged what clients met, and of the look at who serves them: python3 tests/torture/run_test.py"""

import os
import signal
import socket
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "bench"))

from crowd import Count, Failure, judge  # noqa: E402
from harness.subjects import SubjectFailed  # noqa: E402
from scenarios import Outcome, verdict  # noqa: E402
from witness import Journal, connections, may_look  # noqa: E402

REPORT = {"requests": 10, "answered": 8, "failed": 2, "hung": 0, "slowest_ms": 7}


def journal(*deaths):
    made = Journal(8000)
    made.deaths = [(when, frozenset(ports)) for when, ports in deaths]
    return made


class Judging(unittest.TestCase):
    def lost(self, failure, *deaths):
        return judge(REPORT, [failure], journal(*deaths)).lost.total()

    def test_who_was_served_by_a_worker_that_died_may_fail(self):
        self.assertEqual(self.lost(Failure("reset", 40000, 100, 300, 0), (200, {40000, 40001})), 0)

    def test_others_may_not(self):
        self.assertEqual(self.lost(Failure("reset", 40000, 100, 300, 0), (200, {40001})), 1, "another client's")
        self.assertEqual(self.lost(Failure("reset", 40000, 250, 300, 0), (200, {40000})), 1, "an earlier connection")
        self.assertEqual(self.lost(Failure("cut", 40000, 100, 150, 5), (200, {40000})), 1, "before that death")
        self.assertEqual(self.lost(Failure("refused", 0, 100, 300, 0), (200, {40000})), 1)
        self.assertEqual(self.lost(Failure("odd", 40000, 100, 300, 90)), 1)

    def test_who_hangs_is_never_excused(self):
        count = judge({**REPORT, "hung": 1}, [Failure("hung", 40000, 100, 300, 0)], journal((200, {40000})))
        self.assertEqual((count.hung, count.in_service, count.lost.total()), (1, 0, 0))

    def test_clients_at_their_own_limits_prove_nothing(self):
        with self.assertRaises(SubjectFailed):
            judge(REPORT, [Failure("local", 0, 100, 100, 0)], journal())

    def test_what_is_bad(self):
        good = Outcome("kill", "brood", "shared", Count(5, 4, in_service=1), before=9, after=9)
        self.assertEqual(verdict(good), [])
        for worse in (Count(5, 4, hung=1), Count(5, 3, lost={"reset": 2})):
            self.assertEqual(len(verdict(Outcome("kill", "brood", "shared", worse, before=9, after=9))), 1)
        self.assertEqual(len(verdict(Outcome("kill", "brood", "shared", before=9, after=10))), 1)


@unittest.skipUnless(may_look(), "this system does not allow it")
class Looking(unittest.TestCase):
    """At a process that has accepted one of two connections."""

    SERVER = (
        "import socket, sys\n"
        "s = socket.create_server(('127.0.0.1', 0))\n"
        "print(s.getsockname()[1], flush=True)\n"
        "c = s.accept()\n"
        "print(flush=True)\n"
        "sys.stdin.read()\n"  # until we end
    )

    def setUp(self):
        self.server = subprocess.Popen(
            [sys.executable, "-c", self.SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.port = int(self.server.stdout.readline())
        self.first = socket.create_connection(("127.0.0.1", self.port))
        self.second = socket.create_connection(("127.0.0.1", self.port))
        self.server.stdout.readline()

    def tearDown(self):
        self.server.kill()
        self.server.wait()
        self.server.stdin.close()
        self.server.stdout.close()
        self.first.close()
        self.second.close()

    def test_what_is_accepted_is_seen_and_what_waits_is_not(self):
        self.assertEqual(connections(self.server.pid, self.port), {self.first.getsockname()[1]})
        self.assertEqual(connections(self.server.pid, 1), set(), "another port")

    def test_a_death_is_noted_before_anybody_can_meet_it(self):
        before = time.monotonic_ns()
        noted = Journal(self.port)
        noted.kill(self.server.pid)
        self.first.recv(1)
        accepted, waiting = self.first.getsockname()[1], self.second.getsockname()[1]
        self.assertEqual(self.server.wait(), -signal.SIGKILL)
        self.assertTrue(noted.in_service(accepted, before, time.monotonic_ns()))
        self.assertFalse(noted.in_service(waiting, before, time.monotonic_ns()))
        self.assertFalse(noted.hold(self.server.pid), "it has gone")
        self.assertEqual(noted.count, 1)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    unittest.main()
