#!/usr/bin/env python3
"""The cases of cases.json, sent to another server: does it answer as the table says, and is each difference explained?

What is compared is the statuses of its answers and what becomes of the connection. --show prints them for all cases.
"""

import argparse
import json
import os
import re
import socket
import sys
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "bench"))  # the peers are those of the benchmark, and so are the ways to end them

from harness import processes  # noqa: E402
from harness.peers import Peers  # noqa: E402
from harness.workplace import workplace  # noqa: E402

SKIPPED = 77
PATIENCE = 10  # seconds, for a server that does nothing
HEAD = re.compile(rb"HTTP/1\.[01] (\d{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")
WAITS = "waits"  # for more, where others have answered
PAGE = ROOT / "docs" / "http.md"


def as_bytes(told):
    """A text, or pieces of it, of which one may be told as how many times what."""
    pieces = [told] if isinstance(told, str) else told
    texts = (piece if isinstance(piece, str) else piece["of"] * piece["times"] for piece in pieces)
    return "".join(texts).encode()


def answers(received, to_head):
    """(status, body) of each answer in it, as far as they can be made out. An answer to HEAD has no body."""
    found = []
    while received:
        head = HEAD.match(received)
        if not head:
            found.append(("bare", received))  # as HTTP/0.9 has it: no head at all
            break
        status, fields = int(head.group(1)), head.group(2)
        received = received[head.end() :]
        body, received = split_body(fields, received) if status != 100 and not to_head else (b"", received)
        to_head = False
        found.append((str(status), body))
    return found


def split_body(fields, rest):
    length = re.search(rb"^content-length: *(\d+)", fields, re.IGNORECASE | re.MULTILINE)
    if length:
        size = int(length.group(1))
        return rest[:size], rest[size:]
    if not re.search(rb"^transfer-encoding: *chunked", fields, re.IGNORECASE | re.MULTILINE):
        return rest, b""
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        size = int(size or b"0", 16)
        body, rest = body + rest[:size], rest[size + 2 :]
        if size == 0:
            return body, rest


def outcome(received, case):
    """Such as '200 400 closes'. That the probe was answered is told by 'stays', and not as one more 200."""
    found = answers(received, case["send"][:5] == "HEAD ")
    statuses = [status for status, _ in found]
    if case["then"] == "ends":
        return " ".join([*statuses, "ends"])
    stays = bool(found) and found[-1][1].startswith(b"/probe")
    return " ".join([*statuses[:-1], "stays"] if stays else [*statuses, "closes"])


def ask(port, case, probe, patience):
    """All that the server sends, up to its end. A reset is an end, too: it is what closing does to a rude client."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as client:
        try:
            client.sendall(as_bytes(case["send"]) + (b"" if case["then"] == "ends" else as_bytes(probe["send"])))
            if case["then"] == "ends":
                client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has closed already; what it said is there to be read
        try:
            while piece := client.recv(65536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
        except TimeoutError:
            return received, WAITS
    return received, outcome(received, case)


def of_brood(case, probe):
    """What the table says of brood, in the words of outcome()."""
    answer = as_bytes(case["answer"])
    return outcome(answer + (as_bytes(probe["answer"]) if case["then"] == "stays" else b""), case)


def skip(why):
    print(why)
    raise SystemExit(SKIPPED)


def start(peer, scratch, wanted):
    peers = Peers(ROOT / "build" / "peers")
    program = peers.find(peer)
    if not program:
        skip(f"{peer} is not installed")
    version = peers.version(peer)
    if not f"{version}.".startswith(f"{wanted}."):
        skip(f"{peer} is {version}, the table is about {wanted}")
    # Both can be given a socket that listens: clients may come at once, and nobody need ask whether it serves by now.
    with socket.create_server(("127.0.0.1", 0)) as listens:
        fd, port = listens.fileno(), listens.getsockname()[1]
        argv, variables = [program, HERE / "node_server.js", fd], {}
        if peer == "nginx":
            config = scratch / "nginx.conf"
            text = (HERE / "nginx.conf").read_text()
            config.write_text(text.replace("@DIR@", str(scratch)).replace("@PORT@", str(port)))
            argv, variables = [program, "-e", "stderr", "-p", scratch, "-c", config], {"NGINX": f"{fd};"}
        processes.start(argv, pass_fds=(fd,), env={**os.environ, **variables})
    return port


def check(peer, port, table, show):
    """What is not as the table says, a line each."""
    problems = []
    for case in table["cases"]:
        ours = of_brood(case, table["probe"])
        expected = case.get(peer, ours)
        # Where it is to wait it is not given long for it.
        received, told = ask(port, case, table["probe"], 1 if expected == WAITS else PATIENCE)
        if show:
            print(f"{case['name']:36}{ours:24}{told}")
        if told != expected:
            problems.append(f"{case['name']}: {told}, not {expected}: {received[:300]!r}")
    return problems


def unexplained(table):
    """Differences without a reason, and reasons the documentation does not have."""
    page = " ".join(PAGE.read_text().split())
    problems = []
    for case in table["cases"]:
        differs = [peer for peer in ("node", "nginx") if peer in case]
        if bool(differs) != ("why" in case) or case.get("why", "") not in ("", *table["differences"]):
            problems.append(f"{case['name']}: a difference without a reason, or a reason without a difference")
        if any(case[peer] == of_brood(case, table["probe"]) for peer in differs):
            problems.append(f"{case['name']}: is told as a difference, and is none")
    used = {case.get("why") for case in table["cases"]}
    for name, reason in table["differences"].items():
        if name not in used:
            problems.append(f"no case has the difference {name}")
        if reason not in page:
            problems.append(f"docs/http.md does not say: {reason}")
    return problems


def main():
    parser = argparse.ArgumentParser(prog="compare", description=__doc__.split("\n")[0])
    parser.add_argument("peer", choices=("node", "nginx"))
    parser.add_argument("--show", action="store_true", help="print what it answers to each case")
    chosen = parser.parse_args()
    table = json.loads((HERE / "cases.json").read_text())
    problems = unexplained(table)
    with workplace("conformance") as scratch:
        port = start(chosen.peer, scratch, table["versions"][chosen.peer])
        problems += check(chosen.peer, port, table, chosen.show)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(table['cases'])} cases, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
