"""an HTTP server with two workers behind one port: CPU per request of all its processes, and requests/s"""

from harness import slices, wrk
from harness.context import ROOT
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure
from harness.servers import Server, check_same_length

TARGETS = ("hello_cluster",)
WORKERS = 2
PEER_SCRIPT = ROOT / "bench" / "peers" / "cluster.js"
NGINX_TEMPLATE = ROOT / "bench" / "peers" / "nginx.conf"

# what -> (request headers, goals for the CPU per request)
WORKLOADS = {
    "keep-alive": ((), {"nginx": Goal(at_most=1.15), "node26": Goal(at_most=1 / 3)}),
    "connection per request": (
        ("Connection: close",),
        {"nginx": Goal(at_most=1.15), "node26": Goal(at_most=1 / 6)},
    ),
}


def subjects(context):
    def brood(scheduling):
        program = context.build / "examples" / "hello_cluster"
        return lambda port: [program, "--port", port, "--workers", WORKERS, "--scheduling", scheduling]

    def server(name, peer, command):
        program = context.peers.find(peer)
        return Server(name, program and command(program), WORKERS, context.scratch, context.peers.hint(peer))

    def node(program):
        return lambda port: [program, PEER_SCRIPT, port, WORKERS]

    def nginx(reuseport):
        return lambda program: lambda port: nginx_command(context.scratch, program, port, reuseport)

    return [
        Server("brood", brood("kernel_round_robin"), WORKERS, context.scratch),
        Server("brood-least_loaded", brood("kernel_least_loaded"), WORKERS, context.scratch),
        Server("brood-round_robin", brood("round_robin"), WORKERS, context.scratch),
        Server("brood-shared", brood("shared"), WORKERS, context.scratch),
        server("nginx", "nginx", nginx("")),
        server("nginx-reuseport", "nginx", nginx("reuseport")),
        server("node", "node", node),
        server("node26", "node26", node),
    ]


def nginx_command(scratch, program, port, reuseport):
    folder = scratch / f"nginx-{port}"
    folder.mkdir()
    filled = NGINX_TEMPLATE.read_text()
    for name, value in {"DIR": folder, "PORT": port, "WORKERS": WORKERS, "REUSEPORT": reuseport}.items():
        filled = filled.replace(f"@{name}@", str(value))
    config = folder / "nginx.conf"
    config.write_text(filled)
    return [program, "-e", "stderr", "-p", folder, "-c", config]


def run(context):
    """All servers run all the time: idle ones cost nothing, and none is measured cold."""
    everyone = subjects(context)
    load = context.peers.find("wrk")
    if not load:
        for server in everyone:
            server.skip(f"needs wrk: {context.peers.hint('wrk')}")
    slices.start_all(everyone)
    check_same_length(everyone)
    try:
        for what, (headers, goals) in WORKLOADS.items():
            yield from workload(context, everyone, load, what, headers, goals)
    finally:
        slices.stop_all(everyone)


def workload(context, everyone, load, what, headers, goals):
    def work(server):
        before = server.cpu_ns()
        done = wrk.drive(load, server.port, context.slice_seconds, headers=headers)
        used = server.cpu_ns() - before
        return {"cpu_us": used / 1000 / done.requests, "rate": done.requests / done.seconds}

    cpu = Measure("http", f"{what}: CPU of all server processes per request", "us", LOWER, goals=goals)
    rate = Measure("http", f"{what}: requests per second", "requests/s", HIGHER)
    results = slices.take_turns(everyone, context.rounds, work, f"http, {what}")
    yield Comparison(cpu, everyone, results, lambda slice_: slice_["cpu_us"])
    yield Comparison(rate, everyone, results, lambda slice_: slice_["rate"])
