"""unmodified Node http workers under a brood primary and under Node's own: CPU per request of all their processes"""

from pathlib import Path

from harness import slices, wrk
from harness.context import ROOT
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure
from harness.servers import Server, check_same_length

TARGETS = ("node_cluster",)
WORKERS = 2
SCRIPT = ROOT / "bench" / "peers" / "cluster.js"


def version_of(context):
    return "node26" if context.peers.find("node26") else "node"


def subjects(context):
    version = version_of(context)
    node = context.peers.find(version)

    def brood(scheduling):
        # The workers are run by whatever `node` is in PATH.
        path = f"PATH={Path(node).parent}:/usr/bin:/bin" if node else ""
        program = context.build / "examples" / "node_cluster"
        return lambda port: ["env", path, program, "--workers", WORKERS, "--scheduling", scheduling, SCRIPT, port]

    def own(policy):
        return lambda port: ["env", f"NODE_CLUSTER_SCHED_POLICY={policy}", node, SCRIPT, port, WORKERS]

    def server(name, command):
        return Server(name, command if node else None, WORKERS, context.scratch, context.peers.hint(version))

    return [
        server("brood", brood("kernel_round_robin")),
        server("brood-round_robin", brood("round_robin")),
        server("brood-shared", brood("shared")),
        server(f"{version}-rr", own("rr")),
        server(f"{version}-none", own("none")),
    ]


def run(context):
    everyone, reference = subjects(context), f"{version_of(context)}-rr"
    load = context.peers.find("wrk")
    if not load:
        for server in everyone:
            server.skip(f"needs wrk: {context.peers.hint('wrk')}")
    slices.start_all(everyone)
    check_same_length(everyone)

    def work(server):
        before = server.cpu_ns()
        done = wrk.drive(load, server, context.slice_seconds, headers=("Connection: close",))
        used = server.cpu_ns() - before
        return {"cpu_us": used / 1000 / done.requests, "rate": done.requests / done.seconds}

    try:
        results = slices.take_turns(everyone, context.rounds, work, "nodeworkers")
        what = "connection per request"
        cpu = Measure("nodeworkers", f"{what}: CPU of all processes per request", "us", LOWER,
                      goals={reference: Goal(at_most=0.4)})  # fmt: skip
        rate = Measure("nodeworkers", f"{what}: requests per second", "requests/s", HIGHER)
        yield Comparison(cpu, everyone, results, lambda slice_: slice_["cpu_us"])
        yield Comparison(rate, everyone, results, lambda slice_: slice_["rate"])
    finally:
        slices.stop_all(everyone)
