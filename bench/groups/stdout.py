"""a child's stdout to its parent: 2 GB in writes of 1 MB, from its start until it has ended

`bare` is the floor: a blocking read loop on a pipe of 1 MiB, which counts bytes and does nothing else. It reads 64 KiB
at a time, as the others do: more at once is slower, since it leaves the cache. Everybody counts what comes, and fails
if it is not all.

Node, Bun and libuv do not give the child a pipe but one end of a UNIX socket pair, which costs less per byte where the
kernel charges pipes page by page. The second table is the CPU of parent and child together, runtime threads included:
on a machine that others use, a rate also tells how many threads share the work.
"""

from harness import cpu, slices
from harness.peers import JAVASCRIPT
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure
from harness.subjects import SubjectFailed

MIB = 1024 * 1024
MIB_A_SECOND = 2000  # how much a slice of a second asks for

RATE = Measure(
    "stdout",
    "a child's stdout to the parent, in writes of 1 MB",
    "MB/s",
    HIGHER,
    goals={"bare": Goal(at_least=0.85), **{name: Goal(at_least=2) for name in ("node26", "bun", "deno")}},
)
CPU = Measure("stdout", "the same: CPU of parent and child", "ms/GB", LOWER)


def subjects(context):
    writer = context.build / "bench" / "stdout_writer"
    return [
        context.ours("brood", "stdout_brood", writer),
        context.ours("bare", "stdout_bare", writer),
        context.library("libuv", "stdout_libuv", writer),
        context.library("boost-v1", "stdout_boost_v1", writer),
        context.library("boost-v2", "stdout_boost_v2", writer),
        context.script("python", "stdout.py", writer),
        *(context.script(name, "stdout.cjs", writer) for name in JAVASCRIPT),
    ]


def run(context):
    everyone = subjects(context)
    amount = int(MIB_A_SECOND * context.slice_seconds)

    def work(subject):
        before = cpu.tree_ns(subject.process.pid)
        came, elapsed_ns = map(int, subject.ask(f"read {amount}"))
        used = cpu.tree_ns(subject.process.pid) - before
        if came != amount * MIB:
            raise SubjectFailed(f"{came} bytes came of {amount * MIB}")
        return {"rate": came / elapsed_ns * 1000, "cpu": used * 1000 / came}

    slices.start_all(everyone)
    try:
        results = slices.take_turns(everyone, context.rounds, work, RATE.what)
        yield Comparison(RATE, everyone, results, lambda figures: figures["rate"])
        yield Comparison(CPU, everyone, results, lambda figures: figures["cpu"])
    finally:
        slices.stop_all(everyone)
