"""processes: how fast they start and end, and how long starting one holds the caller up

The rate is that of /bin/true with three pipes, one after the other. `posix_spawn` is the floor: bare system calls, no
event loop, nothing read. Boost.Process v1 and Python are used in their plain synchronous form.

Blocked is how long the caller can do nothing else for one start: the call, and for async_spawn (brood-async)
also what the loop does when the child is handed back. The stall is the longest gap of a 1 ms timer on the same loop while 200 children are
started at once, until all have ended; a subject that takes over 2 s to start them is stopped there, having shown its
gap. It takes gigabytes and seconds a slice, hence three rounds instead of ten.
"""

from harness import slices
from harness.machine import available_memory_mb
from harness.peers import JAVASCRIPT
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure

ASYNC = "brood-async"
HELD_MB = 2000
STALL_MB = 4000
SPARE_MB = 500
STALL_CHILDREN = 200
STALL_ROUNDS = 3
HAVE_NO_LOOP = ("posix_spawn", "boost-v1", "python")

RATE = Measure(
    "spawn",
    "spawn + exit of /bin/true, three pipes, sequential",
    "processes/s",
    HIGHER,
    goals={"posix_spawn": Goal(at_least=0.9), "node26": Goal(at_least=3)},
)
GROWTH = Measure(
    "spawn", f"caller blocked by one start, {HELD_MB} MB / 0 MB", "times", LOWER, own_goals={"brood": Goal(at_most=1.2)}
)
STALL = Measure(
    "spawn",
    f"longest gap of a 1 ms timer, {STALL_CHILDREN} children started at once, parent holds {STALL_MB} MB",
    "ms",
    LOWER,
    ours=ASYNC,
)


def blocked(megabytes):
    return Measure(
        "spawn",
        f"caller blocked by one start, parent holds {megabytes} MB",
        "us",
        LOWER,
        own_goals={ASYNC: Goal(at_most=30)},
    )


def subjects(context):
    return [
        context.ours("brood", "spawn_brood"),
        context.ours(ASYNC, "spawn_brood_async"),
        context.ours("posix_spawn", "spawn_posix"),
        context.library("libuv", "spawn_libuv"),
        context.library("boost-v1", "spawn_boost_v1"),
        context.library("boost-v2", "spawn_boost_v2"),
        context.script("python", "spawn.py"),
        *(context.script(name, "spawn.cjs") for name in JAVASCRIPT),
    ]


def run(context):
    everyone = subjects(context)
    slices.start_all(everyone)
    try:
        yield rate(context, everyone)
        yield from loop_blocked(context, everyone)
        yield stall(context, [subject for subject in everyone if subject.name not in HAVE_NO_LOOP])
    finally:
        slices.stop_all(everyone)


def rate(context, everyone):
    def work(subject):
        count, elapsed_ns = map(int, subject.ask(f"run {context.slice_seconds}"))
        return count * 1e9 / elapsed_ns

    results = slices.take_turns(everyone, context.rounds, work, RATE.what)
    return Comparison(RATE, everyone, results, lambda figure: figure)


def loop_blocked(context, everyone):
    skip_without_memory(everyone, HELD_MB)

    def median_us(subject, megabytes):
        hold(subject, megabytes)
        _, median_ns = map(int, subject.ask(f"block {context.slice_seconds / 2}"))
        return median_ns / 1000

    def work(subject):
        figures = {megabytes: median_us(subject, megabytes) for megabytes in (0, HELD_MB)}
        hold(subject, 0)
        return figures

    results = slices.take_turns(everyone, context.rounds, work, blocked(HELD_MB).what)
    yield Comparison(blocked(0), everyone, results, lambda figures: figures[0])
    yield Comparison(blocked(HELD_MB), everyone, results, lambda figures: figures[HELD_MB])
    yield Comparison(GROWTH, everyone, results, lambda figures: figures[HELD_MB] / figures[0])


def stall(context, everyone):
    skip_without_memory(everyone, STALL_MB)

    def work(subject):
        hold(subject, STALL_MB)
        _, gap_ns = map(int, subject.ask(f"stall {STALL_CHILDREN}", patience=120))
        hold(subject, 0)
        return gap_ns / 1e6

    results = slices.take_turns(everyone, 1 if context.quick else STALL_ROUNDS, work, STALL.what, warm_up=False)
    return Comparison(STALL, everyone, results, lambda figure: figure)


def hold(subject, megabytes):
    """Only one subject holds memory at a time, so that a small machine will do."""
    subject.ask(f"hold {megabytes}", patience=120)


def skip_without_memory(everyone, megabytes):
    if available_memory_mb() < megabytes + SPARE_MB:
        for subject in everyone:
            if subject.ready:
                subject.skip(f"needs {megabytes + SPARE_MB} MB of free memory")
