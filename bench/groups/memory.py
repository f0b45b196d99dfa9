"""memory of a worker of an HTTP server that has served a while: PSS, its own and its share of what it shares

Of all workers of a server the mean; the primary's beside it. It does not swing as times do, hence three rounds.
"""

from statistics import fmean

from harness import processes, slices, wrk
from harness.context import ROOT
from harness.machine import proportional_set_mb
from harness.results import LOWER, Comparison, Goal, Measure
from harness.servers import Server
from harness.subjects import SubjectFailed

from .http import NGINX_HELLO, nginx_command

TARGETS = ("hello_cluster",)
WORKERS = 2
ROUNDS = 3
SCRIPT = ROOT / "bench" / "peers" / "cluster.js"

WORKER = Measure("memory", "a worker of a hello server (PSS)", "MB", LOWER, own_goals={"brood": Goal(at_most=2)})
PRIMARY = Measure("memory", "the primary of two workers (PSS)", "MB", LOWER)


def subjects(context):
    def server(name, peer, command):
        program = context.peers.find(peer)
        return Server(name, program and command(program), WORKERS, context.scratch, context.peers.hint(peer))

    def script(program):
        return lambda port: [program, SCRIPT, port, WORKERS]

    def brood(scheduling):
        program = context.build / "examples" / "hello_cluster"
        return lambda port: [program, "--port", port, "--workers", WORKERS, "--scheduling", scheduling]

    def nginx(program):
        return lambda port: nginx_command(context.scratch, program, port, NGINX_HELLO)

    return [
        Server("brood", brood("kernel_round_robin"), WORKERS, context.scratch),
        Server("brood-round_robin", brood("round_robin"), WORKERS, context.scratch),
        server("nginx", "nginx", nginx),
        server("node", "node", script),
        server("node26", "node26", script),
        server("bun", "bun", script),
    ]


def run(context):
    everyone = subjects(context)
    load = context.peers.find("wrk")
    if not load:
        for server in everyone:
            server.skip(f"needs wrk: {context.peers.hint('wrk')}")
    slices.start_all(everyone)

    def work(server):
        wrk.drive(load, server, context.slice_seconds)
        primary, *workers = processes.tree(server.process.pid)
        # nginx's are two, and so are all others'; a helper beside them would make the mean another thing.
        if len(workers) != WORKERS:
            raise SubjectFailed(f"{len(workers)} processes below the primary instead of {WORKERS}")
        return fmean(proportional_set_mb(one.pid) for one in workers), proportional_set_mb(primary.pid)

    try:
        rounds = 1 if context.quick else ROUNDS
        results = slices.take_turns(everyone, rounds, work, "memory", warm_up=False)
        yield Comparison(WORKER, everyone, results, lambda figures: figures[0])
        yield Comparison(PRIMARY, everyone, results, lambda figures: figures[1])
    finally:
        slices.stop_all(everyone)
