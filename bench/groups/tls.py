"""HTTPS with two workers, TLS 1.3: CPU per request of all its processes, per connection kept and per handshake

The same certificate, and the same cipher and curve, since all of them leave the choice to OpenSSL and wrk. wrk resumes
no session, so each of its connections is a handshake in full.
"""

import shutil
import subprocess

from groups.http import WORKERS, contest, nginx_command
from harness.results import Goal
from harness.servers import Server

TARGETS = ("https_server",)
AS_NGINX = {"nginx": Goal(at_most=1.25)}
WORKLOADS = {"keep-alive": ((), AS_NGINX), "handshake": (("Connection: close",), AS_NGINX)}


def subjects(context):
    certificate, key = context.scratch / "cert.pem", context.scratch / "key.pem"
    openssl, nginx = shutil.which("openssl"), context.peers.find("nginx")
    if openssl:
        make_certificate(openssl, certificate, key)

    def server(name, command, there, hint):
        why = hint if openssl else "apt install openssl"
        return Server(name, command if openssl and there else None, WORKERS, context.scratch, why, scheme="https")

    def brood(port):
        program = context.build / "examples" / "https_server"
        return [program, "--port", port, "--workers", WORKERS, "--cert", certificate, "--key", key]

    def listens(listen):
        answer = r'return 200 "hello from worker 1\n";'
        settings = f"ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;"
        return lambda port: nginx_command(context.scratch, nginx, port, answer, listen, settings)

    hint = context.peers.hint("nginx")
    return [
        server("brood", brood, True, ""),
        server("nginx", listens("ssl"), nginx, hint),
        server("nginx-reuseport", listens("ssl reuseport"), nginx, hint),
    ]


def make_certificate(openssl, certificate, key):
    argv = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-keyout", key, "-out", certificate]  # fmt: skip
    subprocess.run(argv, check=True, capture_output=True, timeout=20)
    key.chmod(0o644)  # a server that drops root must read it


def run(context):
    yield from contest("tls", context, subjects(context), WORKLOADS)
