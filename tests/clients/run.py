#!/usr/bin/env python3
"""Other people's clients against examples/hello_cluster and examples/static_server: is everybody served, and rightly?

Without names those that are usual on a developer's machine (curl, node) are tried; --all tries every one, and then one
that is not installed is a failure. All of it goes to 127.0.0.1, and none of it runs for more than a few seconds.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "bench"))  # for the ways to end processes

from harness import processes  # noqa: E402
from harness.workplace import workplace  # noqa: E402

SKIPPED = 77
WORKERS = 2
PATIENCE = 60  # seconds for one client
MEBIBYTE = 1024 * 1024
REQUESTS = 2000


class Wrong(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise Wrong(what)


def run(*argv, stdin=None):
    """What it has written; it must end well."""
    process = processes.start(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(stdin, timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise Wrong(f"{argv[0]} does not end") from error
    finally:
        processes.stop(process)
    told = err.decode(errors="replace").strip()[-500:]
    expect(process.returncode == 0, f"{' '.join(map(str, argv))}: exit code {process.returncode}: {told}")
    return out


class Service:
    """A server of the examples, on a port of its own, from when all workers listen."""

    def __init__(self, program, *arguments):
        argv = [program, "--port", 0, "--workers", WORKERS, *arguments]
        self.process = processes.start(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        left = WORKERS
        while left:
            line = self.process.stdout.readline().decode()
            expect(line, f"{program} has ended")
            told = re.match(r"worker \d+ listening .*:(\d+)$", line)
            left -= 1 if told else 0
        self.url = f"http://127.0.0.1:{told.group(1)}"


def make_site(folder):
    """What the static server serves: the pages of site/, and files of a size."""
    shutil.copytree(HERE / "site", folder)
    (folder / "large.bin").write_bytes(b"".join(number.to_bytes(8, "big") for number in range(MEBIBYTE // 8)))
    (folder / "small.txt").write_text("0123456789" * 10)


class Clients:
    """One method a client; it raises Wrong, or is content."""

    def __init__(self, hello, static, site):
        self.hello, self.static, self.site = hello, static, site

    def curl(self):
        one = run("curl", "-sS", "-w", "%{http_code} %{num_connects}\n", self.hello, self.hello).decode()
        expect(re.fullmatch(r"(hello from worker \d pid \d+\n200 [10]\n){2}", one), f"odd answers: {one!r}")
        expect(one.split()[-1] == "0", "the second request took another connection")
        old = run("curl", "-sS", "-0", "-o", "/dev/null", "-w", "%{http_code} %{http_version}", self.hello).decode()
        expect(old.startswith("200 1."), f"HTTP/1.0: {old}")
        body = b"x" * 900_000  # curl waits for 100 Continue before it sends so much
        posted = run("curl", "-sS", "--data-binary", "@-", "-w", "%{http_code}", self.hello, stdin=body)
        expect(posted.endswith(b"200"), f"POST: {posted!r}")
        chunks = run("curl", "-sS", "-T", "-", "-X", "POST", "-w", "%{http_code}", self.hello, stdin=body)
        expect(chunks.endswith(b"200"), f"POST in chunks: {chunks!r}")
        large = run("curl", "-sS", f"{self.static}/large.bin")
        expect(large == (self.site / "large.bin").read_bytes(), "the file is not what came")
        part = run("curl", "-sS", "-r", "8-15", f"{self.static}/large.bin")
        expect(part == (1).to_bytes(8, "big"), f"a range: {part!r}")
        many = run("curl", "-sS", "-Z", "-o", "/dev/null", "-w", "%{http_code}\n", f"{self.static}/large.bin?[1-40]")
        expect(many.split() == [b"200"] * 40, f"40 at once: {many!r}")

    def node(self):
        digest = hashlib.sha256((self.site / "large.bin").read_bytes()).hexdigest()
        told = json.loads(run("node", HERE / "fetch.mjs", self.hello, self.static))
        expect(told == {"workers": WORKERS, "digest": digest, "problems": []}, f"fetch: {told}")

    def wrk(self):
        for url, connections in ((self.hello, 32), (f"{self.static}/large.bin", 8)):
            summary = ROOT / "bench" / "load" / "summary.lua"
            told = json.loads(run("wrk", "-t1", f"-c{connections}", "-d1s", "-s", summary, url).splitlines()[-1])
            errors = {kind: told[kind] for kind in ("connect", "read", "write", "timeout", "status") if told[kind]}
            expect(told["requests"] > 0 and not errors, f"{url}: {told}")

    def ab(self):
        for url, count, size in ((f"{self.hello}/", REQUESTS, 0), (f"{self.static}/large.bin", 200, MEBIBYTE)):
            for keep_alive in ((), ("-k",)):
                # -l: the digits of a pid may differ.
                told = run("ab", "-q", "-l", *keep_alive, "-n", count, "-c", 16, url).decode()
                found = dict(re.findall(r"^([A-Z][^:\n]*): +(\d+)", told, re.MULTILINE))
                expect(found.get("Complete requests") == str(count), f"{url}: {told}")
                expect(found.get("Failed requests") == "0" and "Non-2xx responses" not in found, f"{url}: {told}")
                expect(int(found["HTML transferred"]) >= count * max(size, 1), f"{url}: too short: {told}")
                expect(not keep_alive or found.get("Keep-Alive requests") == str(count), f"{url}: {told}")

    def h2load(self):
        """It speaks HTTP/1.1, too; with -m it sends requests on without waiting for answers."""
        for url, count in ((f"{self.hello}/", REQUESTS), (f"{self.static}/large.bin", 200)):
            told = run("h2load", "--h1", "-n", count, "-c", 16, "-m", 8, url).decode()
            expect(f"{count} succeeded, 0 failed, 0 errored, 0 timeout" in told, f"{url}: {told}")
            expect(f"status codes: {count} 2xx" in told, f"{url}: {told}")

    def chromium(self):
        with tempfile.TemporaryDirectory(prefix="brood-chromium-") as profile:
            flags = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--virtual-time-budget=20000",
                     f"--user-data-dir={profile}"]  # fmt: skip
            if os.geteuid() == 0:
                flags.append("--no-sandbox")
            page = run("chromium", *flags, "--dump-dom", f"{self.static}/").decode(errors="replace")
        told = re.search(r'<pre id="told">(.*?)</pre>', page, re.DOTALL)
        expect(told and told.group(1) == "style, picture, data, range 206, 30 files", f"the page says: {page[-1000:]}")


USUAL = ("curl", "node")
ALL = (*USUAL, "wrk", "ab", "h2load", "chromium")


def attempt(clients, name, needed):
    """None: it is not installed. Else whether all was well."""
    if not shutil.which(name):
        print(f"{name:10}is not installed")
        return False if needed else None
    try:
        getattr(clients, name)()
    except Wrong as error:
        print(f"{name:10}FAILED: {error}")
        return False
    print(f"{name:10}is served well", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(prog="clients", description=__doc__.split("\n")[0])
    parser.add_argument("names", metavar="CLIENT", nargs="*", help=f"{', '.join(ALL)}; {' and '.join(USUAL)} by default")
    parser.add_argument("--all", action="store_true", help="all of them, and none may be missing")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "dev", help="build folder")
    chosen = parser.parse_args()
    names = ALL if chosen.all else chosen.names or USUAL
    if unknown := [name for name in names if name not in ALL]:
        parser.error(f"no client '{unknown[0]}'")
    examples = chosen.build / "examples"
    with workplace("clients") as scratch:
        site = scratch / "site"
        make_site(site)
        hello = Service(examples / "hello_cluster")
        static = Service(examples / "static_server", "--root", site)
        clients = Clients(hello.url, static.url, site)
        went = [attempt(clients, name, chosen.all) for name in names]
    if False in went:
        return 1
    return 0 if True in went else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
