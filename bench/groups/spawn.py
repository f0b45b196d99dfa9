"""processes: how fast they start and end, and how long starting one keeps the caller"""

from harness import slices
from harness.context import ROOT
from harness.machine import available_memory_mb
from harness.peers import JAVASCRIPT
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure
from harness.subjects import LineSubject

PEER_SCRIPT = ROOT / "bench" / "peers" / "spawn.cjs"
HELD_MB = 2000
SPARE_MB = 500

RATE = Measure(
    "spawn",
    "spawn + exit of /bin/true, three pipes, sequential",
    "processes/s",
    HIGHER,
    goals={"posix_spawn": Goal(at_least=0.9), "node26": Goal(at_least=3)},
)


def blocked(megabytes):
    return Measure("spawn", f"caller blocked by spawn, parent holds {megabytes} MB", "us", LOWER)


GROWTH = Measure(
    "spawn", f"caller blocked by spawn, {HELD_MB} MB / 0 MB", "times", LOWER, own_goal=Goal(at_most=1.2)
)


def subjects(context):
    def built(name, program):
        return LineSubject(name, [str(context.build / "bench" / program)], context.scratch)

    def script(name):
        return LineSubject(name, context.peers.running(name, PEER_SCRIPT), context.scratch, context.peers.hint(name))

    return [built("brood", "spawn_brood"), built("posix_spawn", "spawn_posix"), *map(script, JAVASCRIPT)]


def run(context):
    everyone = subjects(context)
    slices.start_all(everyone)
    try:
        yield rate(context, everyone)
        yield from loop_blocked(context, everyone)
    finally:
        slices.stop_all(everyone)


def rate(context, everyone):
    def work(subject):
        count, elapsed_ns = map(int, subject.ask(f"run {context.slice_seconds}"))
        return count * 1e9 / elapsed_ns

    results = slices.take_turns(everyone, context.rounds, work, RATE.what)
    return Comparison(RATE, everyone, results, lambda figure: figure)


def loop_blocked(context, everyone):
    """Only one subject holds memory at a time, so that a small machine will do."""
    if available_memory_mb() < HELD_MB + SPARE_MB:
        for subject in everyone:
            if subject.ready:
                subject.skip(f"needs {HELD_MB + SPARE_MB} MB of free memory")

    def median_us(subject, megabytes):
        subject.ask(f"hold {megabytes}")
        _, median_ns = map(int, subject.ask(f"block {context.slice_seconds / 2}"))
        return median_ns / 1000

    def work(subject):
        figures = {megabytes: median_us(subject, megabytes) for megabytes in (0, HELD_MB)}
        subject.ask("hold 0")
        return figures

    results = slices.take_turns(everyone, context.rounds, work, blocked(HELD_MB).what)
    yield Comparison(blocked(0), everyone, results, lambda figures: figures[0])
    yield Comparison(blocked(HELD_MB), everyone, results, lambda figures: figures[HELD_MB])
    yield Comparison(GROWTH, everyone, results, lambda figures: figures[HELD_MB] / figures[0])
