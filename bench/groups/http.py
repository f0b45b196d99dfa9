"""an HTTP server with two workers behind one port: CPU per request of all its processes, and requests/s"""

from harness import slices, wrk
from harness.context import ROOT
from harness.ports import free_port
from harness.results import HIGHER, LOWER, Comparison, Goal, Measure
from harness.servers import Server, check_same_length

TARGETS = ("hello_cluster",)
WORKERS = 2
FILES = ROOT / "bench" / "peers"
PEER_SCRIPT = FILES / "cluster.js"
NGINX_HELLO = r'return 200 "hello from worker 1 pid $pid\n";'

# what -> (request headers, goals for the CPU per request)
WORKLOADS = {
    "keep-alive": (
        (),
        {"nginx": Goal(at_most=1.15), "node26": Goal(at_most=1 / 3), "bun": Goal(at_most=1 / 3)},
    ),
    "connection per request": (
        ("Connection: close",),
        {"nginx": Goal(at_most=1.15), "node26": Goal(at_most=1 / 6), "bun": Goal(at_most=1 / 3)},
    ),
}


def subjects(context):
    hello = context.build / "examples" / "hello_cluster"

    def brood(scheduling):
        return lambda port: [hello, "--port", port, "--workers", WORKERS, "--scheduling", scheduling]

    def server(name, peer, command, workers=WORKERS):
        program = context.peers.find(peer)
        return Server(name, program and command(program), workers, context.scratch, context.peers.hint(peer))

    def cluster(program):
        return lambda port: [program, PEER_SCRIPT, port, WORKERS]

    def nginx(listen):
        return lambda program: lambda port: nginx_command(context.scratch, program, port, NGINX_HELLO, listen)

    return [
        Server("brood", brood("kernel_round_robin"), WORKERS, context.scratch),
        Server("brood-least_loaded", brood("kernel_least_loaded"), WORKERS, context.scratch),
        Server("brood-round_robin", brood("round_robin"), WORKERS, context.scratch),
        Server("brood-shared", brood("shared"), WORKERS, context.scratch),
        server("nginx", "nginx", nginx("")),
        server("nginx-reuseport", "nginx", nginx("reuseport")),
        server("haproxy", "haproxy", lambda program: lambda port: haproxy_command(context.scratch, program, port, hello)),
        server("node", "node", cluster),
        server("node26", "node26", cluster),
        server("bun", "bun", cluster),
        server("deno", "deno", deno_command, workers=0),  # a process with threads
    ]


def filled(scratch, template, port, words):
    """The template with its words filled in, as a file in a folder of the server's own."""
    folder = scratch / f"{template}-{port}"
    folder.mkdir()
    text = (FILES / template).read_text()
    for name, value in {"DIR": folder, "PORT": port, "WORKERS": WORKERS, **words}.items():
        text = text.replace(f"@{name}@", str(value))
    config = folder / template
    config.write_text(text)
    return config


def nginx_command(scratch, program, port, answer, listen="", settings=""):
    config = filled(scratch, "nginx.conf", port, {"LISTEN": listen, "SETTINGS": settings, "ANSWER": answer})
    return [program, "-e", "stderr", "-p", config.parent, "-c", config]


def haproxy_command(scratch, program, port, hello):
    """In front of servers of one worker each, one a core."""
    servers, programs = [], []
    for i in range(WORKERS):
        behind = free_port()
        servers.append(f"  server s{i} 127.0.0.1:{behind}")
        programs.append(f"program hello{i}\n  command {hello} --port {behind} --workers 1")
    config = filled(
        scratch, "haproxy.cfg", port, {"SERVERS": "\n".join(servers), "PROGRAMS": "\n".join(programs)}
    )
    return [program, "-W", "-db", "-f", config]


def deno_command(program):
    return lambda port: [
        "env", f"DENO_JOBS={WORKERS}", program, "serve", "--parallel", "--quiet", "--no-lock", "--no-config",
        "--allow-all", "--host", "127.0.0.1", "--port", port, FILES / "serve.mjs",
    ]  # fmt: skip


def run(context):
    yield from contest("http", context, subjects(context), WORKLOADS)


def contest(group, context, everyone, workloads):
    """All servers run all the time: idle ones cost nothing, and none is measured cold."""
    load = context.peers.find("wrk")
    if not load:
        for server in everyone:
            server.skip(f"needs wrk: {context.peers.hint('wrk')}")
    slices.start_all(everyone)
    check_same_length(everyone)
    try:
        for what, (headers, goals) in workloads.items():
            yield from workload(group, context, everyone, load, what, headers, goals)
    finally:
        slices.stop_all(everyone)


def workload(group, context, everyone, load, what, headers, goals):
    def work(server):
        before = server.cpu_ns()
        done = wrk.drive(load, server, context.slice_seconds, headers=headers)
        used = server.cpu_ns() - before
        return {"cpu_us": used / 1000 / done.requests, "rate": done.requests / done.seconds}

    cpu = Measure(group, f"{what}: CPU of all server processes per request", "us", LOWER, goals=goals)
    rate = Measure(group, f"{what}: requests per second", "requests/s", HIGHER)
    results = slices.take_turns(everyone, context.rounds, work, f"{group}, {what}")
    yield Comparison(cpu, everyone, results, lambda slice_: slice_["cpu_us"])
    yield Comparison(rate, everyone, results, lambda slice_: slice_["rate"])
