"""What is done to a server while it is used. Each scenario is a function that gets a `Stage` and says in a few words
what has happened."""

import random
import time
from dataclasses import dataclass, field

from crowd import Count, Crowd
from harness.subjects import SubjectFailed
from targets import POLL, WORKERS, NotAllowed, Target, wait_for
from witness import Journal, connections

KEEP = EACH = 64
WAITING = 1000  # connections for each worker, one of which stands still
PAUSE = 0.05  # seconds between two deaths
HUNG_AFTER = 20  # seconds without an answer; more than the kernel takes to try again after a queue was full


@dataclass
class Outcome:
    scenario: str
    server: str
    scheduling: str
    count: Count = field(default_factory=Count)
    before: int = 0  # descriptors of the primary
    after: int = 0
    note: str = ""
    problems: list = field(default_factory=list)
    skipped: str = ""

    @property
    def good(self):
        return bool(self.skipped) or not self.problems


class Stage:
    def __init__(self, target: Target, client, seconds):
        self.target = target
        self.client = client
        self.seconds = seconds
        self.journal = Journal(target.port)
        self.crowd = None
        self.total = Count()  # of crowds that have come and gone
        self.problems = []

    def crowd_comes(self, each=EACH, keep=KEEP, once=False):
        self.crowd = Crowd(self.client, self.target.port, each, keep, HUNG_AFTER, once)

    def wait_for_answers(self, more=EACH + KEEP):
        """It is served, now."""
        wanted = self.crowd.tell()[0] + more
        wait_for(lambda: self.crowd.tell()[0] >= wanted, f"{more} answers")

    def one_worker(self):
        self.target.wait_until_whole()
        return random.choice(self.target.worker_pids())

    def one_that_serves(self):
        """For one that has just been started it may be early to be missed by anybody."""
        serving = []

        def all_serve():
            serving[:] = [pid for pid in self.target.worker_pids() if connections(pid, self.target.port)]
            return len(serving) == WORKERS

        wait_for(all_serve, f"{WORKERS} workers with connections")
        return random.choice(serving)


def kill(stage):
    """a random worker is killed each 50 ms"""
    stage.crowd_comes()
    started = time.monotonic()
    while time.monotonic() < started + stage.seconds:
        pids = stage.target.worker_pids()
        if pids:
            stage.journal.kill(random.choice(pids))
        next_one = started + PAUSE * (1 + (time.monotonic() - started) // PAUSE)
        time.sleep(max(0.0, next_one - time.monotonic()))  # the pace is the scenario, nothing is waited for
    stage.target.wait_until_whole()
    stage.wait_for_answers()
    return f"{stage.journal.count} killed"


def block(stage):
    """a worker stands still, 1,000 connections for each worker come, then it is killed"""
    rounds = max(1, round(stage.seconds / 6))
    waiting = []
    for _ in range(rounds):
        victim = stage.one_worker()
        stage.journal.hold(victim)
        stage.crowd_comes(WORKERS * WAITING, 0, once=True)
        waiting.append(until_nothing_moves(stage.crowd))
        stage.journal.kill(victim)
        add(stage.total, stage.crowd.finish(stage.journal))
        stage.crowd = None
    return f"{rounds} killed, {min(waiting)} to {max(waiting)} waited"


def until_nothing_moves(crowd, still=0.5):
    """How many requests are under way when for a while none was answered any more."""
    moved, before = time.monotonic(), None
    while time.monotonic() < moved + still:
        told = crowd.tell()
        if told != before:
            moved, before = time.monotonic(), told
        time.sleep(POLL)
    return before[2]


def reload(stage):
    """reload after reload"""
    count = max(1, round(stage.seconds * 100 / 60))
    stage.crowd_comes()
    stage.wait_for_answers()
    for _ in range(count):
        stage.target.reload()
    stage.wait_for_answers()
    return f"{count} reloads"


def broken(stage):
    """reloads into a program that exits, hangs, or never gets ready"""
    stage.crowd_comes()
    stage.wait_for_answers()
    target, old, said = stage.target, set(stage.target.worker_pids()), []
    for how in ("exits", "hangs", "never gets ready"):
        target.break_program(how)
        replaced, kept, why = target.verdict()
        if replaced or kept != WORKERS or not why:
            stage.problems.append(f"{how}: {replaced} replaced, {kept} kept, '{why}'")
        if set(target.worker_pids()) != old:
            stage.problems.append(f"{how}: the workers are not those from before")
        said.append(why)
        stage.wait_for_answers()
    target.mend()
    target.reload()
    stage.wait_for_answers()
    return f"{len(said)} refused: " + "; ".join(said)


def stop(stage):
    """a worker is stopped, and nobody wakes it up"""
    stage.crowd_comes()
    stage.wait_for_answers()
    rounds = max(1, round(stage.seconds / 20))
    for _ in range(rounds):
        victim = stage.one_that_serves()
        stage.journal.hold(victim)
        try:
            wait_for(lambda v=victim: v not in stage.target.worker_pids(), "its end", HUNG_AFTER + 5)
        except SubjectFailed as error:
            stage.problems.append(f"the stopped worker: {error}")
            stage.journal.kill(victim)  # nobody else does
        stage.target.wait_until_whole()
    stage.wait_for_answers()
    return f"{rounds} stopped"


ALL = {one.__name__: one for one in (kill, block, reload, broken, stop)}


def add(total, more):
    total.requests += more.requests
    total.answered += more.answered
    total.in_service += more.in_service
    total.lost += more.lost
    total.hung += more.hung
    total.slowest_ms = max(total.slowest_ms, more.slowest_ms)


def play(name, target, client, seconds):
    outcome = Outcome(name, target.name, target.scheduling)
    if not target.ready:
        outcome.skipped = f"{target.state}: {target.note}"
        return outcome
    try:
        target.prepare(name)
        target.start()
        target.warm_up()
        outcome.before = target.descriptors()
        act(ALL[name], Stage(target, client, seconds), outcome)
    except NotAllowed as error:
        outcome.skipped = str(error)
    except (SubjectFailed, OSError) as error:
        outcome.problems += [str(error), *(f"| {line}" for line in target.printed())]
    finally:
        target.stop()
    return outcome


def act(scenario, stage, outcome):
    try:
        outcome.note = scenario(stage)
    finally:
        outcome.problems += stage.problems
        if stage.crowd:
            outcome.count = stage.crowd.finish(stage.journal)
        else:
            outcome.count = stage.total
        outcome.after = settled_descriptors(stage.target, outcome.before)
        outcome.problems += verdict(outcome)
    outcome.problems += stage.target.end()


def settled_descriptors(target, wanted):
    try:
        wait_for(lambda: target.descriptors() <= wanted, "descriptors", 5)
    except SubjectFailed:
        pass
    return target.descriptors()


def verdict(outcome):
    count, problems = outcome.count, []
    if count.lost:
        problems.append("lost: " + ", ".join(f"{n} {how}" for how, n in sorted(count.lost.items())))
    if count.hung:
        problems.append(f"{count.hung} hung")
    if outcome.after > outcome.before:
        problems.append(f"{outcome.after - outcome.before} descriptors of the primary too many")
    return problems
