"""messages between a parent and its child: how soon, how quickly there and back, how many, how large

Each parent has a child of its own kind, in Node's json serialization; brood-advanced is brood in the other one. `epoll`
is the floor of the round trip: 150 bytes between two processes on a socketpair, with nothing around them. A message of
the small kind is 150 bytes on the wire. One way, the child sends bursts of a thousand, the next of which is asked for
before the last has come; the large message is a string.
"""

from harness import slices
from harness.peers import JAVASCRIPT
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure
from harness.subjects import LineSubject

FORKS = 5
LARGE_MB = 10

FIRST = Measure("ipc", "fork to the child's first message", "ms", LOWER, own_goals={"brood": Goal(at_most=3)})
ROUND_TRIP = Measure("ipc", "round trip of a message of 150 bytes", "us", LOWER, goals={"epoll": Goal(at_most=1.3)})
ONE_WAY = Measure(
    "ipc",
    "messages of 150 bytes, child to parent",
    "messages/s",
    HIGHER,
    goals={"bun": Goal(at_least=3), "node": Goal(at_least=10), "node26": Goal(at_least=10)},
)
LARGE = Measure(
    "ipc", f"round trip of a message of {LARGE_MB} MB", "ms", LOWER, goals={"bun": Goal(at_most=1 / 3)}
)


def messengers(context):
    program = str(context.build / "bench" / "ipc_brood")
    return [
        context.ours("brood", "ipc_brood"),
        LineSubject("brood-advanced", [program, "advanced"], context.scratch),
        *(context.script(name, "ipc.cjs") for name in JAVASCRIPT),
    ]


def subjects(context):
    return [*messengers(context), context.ours("epoll", "ipc_epoll")]


def run(context):
    everyone = subjects(context)
    *talkers, _ = everyone
    slices.start_all(everyone)
    try:
        yield measure(context, FIRST, talkers, f"fork {FORKS}", lambda count, ns: ns / count / 1e6)
        yield measure(context, ROUND_TRIP, everyone, f"ping {context.slice_seconds}", lambda count, ns: ns / count / 1e3)
        yield measure(context, ONE_WAY, talkers, f"flood {context.slice_seconds}", lambda count, ns: count * 1e9 / ns)
        yield measure(context, LARGE, talkers, f"large {context.slice_seconds}", lambda count, ns: ns / count / 1e6)
    finally:
        slices.stop_all(everyone)


def measure(context, what, subjects, command, figure):
    def work(subject):
        count, ns = map(int, subject.ask(command))
        return figure(count, ns)

    results = slices.take_turns(subjects, context.rounds, work, what.what)
    return Comparison(what, subjects, results, lambda value: value)
