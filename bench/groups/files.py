"""a file of 1 MiB, sent by an HTTP server with two workers: CPU per request of all its processes, and requests/s"""

from groups.http import WORKERS, contest, nginx_command
from harness.results import Goal
from harness.servers import Server

TARGETS = ("static_server",)
SIZE = 1024 * 1024
LINE = b"a line of a file of one mebibyte\n"
WORKLOADS = {"keep-alive, 1 MiB": ((), {"nginx": Goal(at_most=1.25)})}


def subjects(context):
    root = context.scratch / "files"
    root.mkdir(exist_ok=True)
    (root / "file.txt").write_bytes((LINE * (SIZE // len(LINE) + 1))[:SIZE])
    nginx = context.peers.find("nginx")

    def server(name, command, there, hint):
        how = {"path": "/file.txt", "begins": LINE}
        return Server(name, command if there else None, WORKERS, context.scratch, hint, **how)

    def brood(port):
        program = context.build / "examples" / "static_server"
        return [program, "--port", port, "--workers", WORKERS, "--root", root]

    def listens(listen):
        settings = "sendfile on; tcp_nopush on;"
        return lambda port: nginx_command(context.scratch, nginx, port, f"root {root};", listen, settings)

    hint = context.peers.hint("nginx")
    return [
        server("brood", brood, True, ""),
        server("nginx", listens(""), nginx, hint),
        server("nginx-reuseport", listens("reuseport"), nginx, hint),
    ]


def run(context):
    yield from contest("files", context, subjects(context), WORKLOADS)
