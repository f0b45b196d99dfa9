"""messages between a parent and its child: how soon, how quickly there and back, how many, how large

Each parent has a child of its own kind, in Node's json serialization; brood-advanced is brood in the other one, and
brood-node brood with a Node child. `epoll` is the floor of the round trip: 150 bytes between two processes on a
socketpair, with nothing around them; boost-json that of many messages: their lines parsed by one process that has them
already. A message of the small kind is 150 bytes on the wire. One way, the child sends bursts of a thousand, the next of
which is asked for before the last has come; the large message is a string.

The time per MiB is that of one size after the other, several times over in each round: of each size the median counts.
What malloc has it keeps then, or the largest size would tell how dear fresh memory is on the machine.
"""

from statistics import median

from harness import slices
from harness.context import ROOT
from harness.peers import JAVASCRIPT
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure

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
SOCKETS = Measure("ipc", "listening sockets handed to the child", "sockets/s", HIGHER)
EVEN = Measure(
    "ipc",
    "time per MiB, child to parent: the dearest of five sizes of message, 1 KiB to 256 MiB, to the cheapest",
    "times",
    LOWER,
    own_goals={"brood": Goal(at_most=1.5)},
)
SIZES = [1 << 10, 64 << 10, 1 << 20, 16 << 20, 256 << 20]  # on the wire
PASSES = 5
PER_MIB = Measure("ipc", "messages of 1 KiB, child to parent: time per MiB", "ms", LOWER)
HANDS_OVER = {"node", "node26"}  # the others know no handles


def messengers(context):
    return [
        context.ours("brood", "ipc_brood"),
        context.ours("brood-advanced", "ipc_brood", "advanced"),
        context.ours("brood-node", "ipc_brood", "json", ROOT / "bench" / "peers" / "ipc.cjs"),
        *(context.script(name, "ipc.cjs") for name in JAVASCRIPT),
    ]


def subjects(context):
    return [*messengers(context), context.ours("epoll", "ipc_epoll"), context.ours("boost-json", "ipc_json")]


def run(context):
    everyone = subjects(context)
    *talkers, epoll, boost_json = everyone
    slices.start_all(everyone)
    try:
        yield measure(context, FIRST, talkers, f"fork {FORKS}", lambda count, ns: ns / count / 1e6)
        pingers = [*talkers, epoll]
        yield measure(context, ROUND_TRIP, pingers, f"ping {context.slice_seconds}", lambda count, ns: ns / count / 1e3)
        yield measure(context, ONE_WAY, talkers, f"flood {context.slice_seconds}", lambda count, ns: count * 1e9 / ns)
        yield measure(context, LARGE, talkers, f"large {context.slice_seconds}", lambda count, ns: ns / count / 1e6)
        senders = [*talkers, boost_json]
        yield measure(context, PER_MIB, senders, f"bulk {SIZES[0]}", lambda mib, ns: ns / mib / 1e6)
        givers = [one for one in talkers if one.name.startswith("brood") or one.name in HANDS_OVER]
        yield measure(context, SOCKETS, givers, f"sockets {context.slice_seconds}", lambda count, ns: count * 1e9 / ns)
        results = slices.take_turns(talkers[:1], context.rounds, dearest_to_cheapest, EVEN.what)
        yield Comparison(EVEN, talkers[:1], results, lambda value: value)
    finally:
        slices.stop_all(everyone)


def dearest_to_cheapest(subject):
    costs = {size: [] for size in SIZES}
    for _ in range(PASSES):
        for size, cost in costs.items():
            mib, ns = map(int, subject.ask(f"bulk {size}"))
            cost.append(ns / mib)
    medians = list(map(median, costs.values()))
    return max(medians) / min(medians)


def measure(context, what, subjects, command, figure):
    def work(subject):
        count, ns = map(int, subject.ask(command))
        return figure(count, ns)

    results = slices.take_turns(subjects, context.rounds, work, what.what)
    return Comparison(what, subjects, results, lambda value: value)
