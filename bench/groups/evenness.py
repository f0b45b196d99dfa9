"""how evenly connections are spread over eight workers, and what that is worth where every tenth is heavy

First the busiest worker's number of connections divided by the least busy one's. Then a stream of connections at a fixed
rate, far from what the machine could do, of which one in ten keeps its worker's processor busy for 20 ms: how long the
light ones take, and how much more than the others the busiest worker does. A rule that sees who is busy sends them
elsewhere; one that goes by turns does not.
"""

from statistics import fmean, quantiles

from harness import cpu, processes, slices
from harness.connections import Mixture, latencies, shares
from harness.context import ROOT
from harness.results import LOWER, Comparison, Goal, Measure
from harness.servers import Server

TARGETS = ("hello_cluster",)
WORKERS = 8
AT_ONCE = 64
PEERS = ROOT / "bench" / "peers"
EVEN = Goal(at_most=1.0005)
EVENNESS = "busiest worker / least busy, {:,} connections"


def brood(context, name, program, *arguments):
    return Server(name, lambda port: [program, *map(str, arguments), "--port", port], WORKERS, context.scratch)


def node(context, policy, script):
    program = context.peers.find("node")
    command = program and (
        lambda port: ["env", f"NODE_CLUSTER_SCHED_POLICY={policy}", program, PEERS / script, port, WORKERS]
    )
    return Server(f"node-{policy}", command, WORKERS, context.scratch, context.peers.hint("node"))


def equal_ones(context):
    program = context.build / "examples" / "hello_cluster"
    ours = [
        brood(context, "brood" if name == "kernel_round_robin" else f"brood-{name}", program, "--workers", WORKERS,
              "--scheduling", name)
        for name in ("kernel_round_robin", "round_robin", "kernel_least_loaded", "shared")
    ]  # fmt: skip
    return [*ours, *(node(context, policy, "cluster.js") for policy in ("rr", "none"))]


def unequal_ones(context):
    """Turns are the reference here, brood's own among them."""
    program = context.build / "bench" / "uneven_brood"
    names = {
        "brood": "kernel_least_loaded",
        "brood-least_connections": "least_connections",
        "brood-queue": "queue",
        "brood-shared": "shared",
        "kernel_round_robin": "kernel_round_robin",
        "round_robin": "round_robin",
    }
    ours = [brood(context, name, program, rule, WORKERS) for name, rule in names.items()]
    return [*ours, *(node(context, policy, "uneven.js") for policy in ("rr", "none"))]


def subjects(context):
    return equal_ones(context) + unequal_ones(context)


def run(context):
    yield from spread_evenly(context)
    yield from spread_by_load(context)


def spread_evenly(context):
    everyone = equal_ones(context)
    connections = 2_000 if context.quick else 100_000

    def work(server):
        counted = shares(server.port, connections, AT_ONCE)
        return max(counted.values()) / min(counted.values()) if len(counted) == WORKERS else float("inf")

    slices.start_all(everyone)
    try:
        results = slices.take_turns(everyone, 1, work, "evenness", warm_up=False)
        goals = {"brood": EVEN, "brood-round_robin": EVEN}
        measure = Measure("evenness", EVENNESS.format(connections), "x", LOWER, own_goals=goals)
        yield Comparison(measure, everyone, results, lambda ratio: ratio)
    finally:
        slices.stop_all(everyone)


def spread_by_load(context):
    everyone = unequal_ones(context)
    mixture = Mixture(rate=300, seconds=2 if context.quick else 10, heavy_share=0.1)

    def work(server):
        workers = [one.pid for one in processes.tree(server.process.pid) if one.pid != server.process.pid]
        before = {pid: cpu.own_ns(pid) for pid in workers}
        took = latencies(server.port, mixture)
        used = [cpu.own_ns(pid) - before[pid] for pid in workers]
        return {"p99": quantiles(took, n=100)[98] * 1000, "busiest": max(used) / fmean(used)}

    slices.start_all(everyone)
    try:
        rounds = 1 if context.quick else 5
        results = slices.take_turns(everyone, rounds, work, "evenness, every tenth heavy", warm_up=not context.quick)
        what = "every tenth connection heavy"
        p99 = Measure("evenness", f"{what}: p99 latency of the others", "ms", LOWER)
        busiest = Measure("evenness", f"{what}: CPU of the busiest worker / mean", "x", LOWER)
        yield Comparison(p99, everyone, results, lambda slice_: slice_["p99"])
        yield Comparison(busiest, everyone, results, lambda slice_: slice_["busiest"])
    finally:
        slices.stop_all(everyone)
