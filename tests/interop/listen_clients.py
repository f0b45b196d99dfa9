"""Clients and strangers for listen.py: who answers where, how long the queues are, and sockets that are in the way."""

import errno
import socket
import struct
from pathlib import Path

PATIENCE = 5  # seconds
ATTEMPTS = 40


def _families(call):
    """(name, family, address) of the ways to reach it: both loopbacks where it is on any address."""
    host = call.get("host")
    if call["form"] == "path":
        return [("path", socket.AF_UNIX, call["path"])]
    if host not in (None, "::", "0.0.0.0"):
        return [(host, socket.AF_INET6 if ":" in host else socket.AF_INET, (host, call["port"]))]
    return [
        ("127.0.0.1", socket.AF_INET, ("127.0.0.1", call["port"])),
        ("::1", socket.AF_INET6, ("::1", call["port"])),
    ]


def _connect(family, address):
    client = socket.socket(family)
    client.settimeout(PATIENCE)
    try:
        client.connect(address)
    except OSError:
        client.close()
        raise
    return client


def _ask_stream(family, address):
    with _connect(family, address) as client:
        text = b""
        while not text.endswith(b"\n"):
            got = client.recv(64)
            if not got:
                break
            text += got
    return text.decode().removeprefix("worker ").strip() or "nobody"


def _ask_datagram(family, address):
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE)
        client.connect(address)
        client.send(b"who?")
        return client.recv(64).decode().removeprefix("worker ").strip()


def answer_of(call, wanted):
    """A line for each way to reach it: who answers. Asks until each of `wanted` has; of nobody in particular it says
    only that somebody did."""
    ask = _ask_datagram if call["form"] == "udp" else _ask_stream
    for name, family, address in _families(call):
        seen = set()
        try:
            for _ in range(ATTEMPTS):
                seen.add(ask(family, address))
                if {str(worker) for worker in wanted} <= seen:
                    break
            who = " and ".join(sorted(seen)) if wanted else "somebody"
        except TimeoutError:
            who = "nobody in time"
        except OSError as error:
            # Without a number it is Python's own: the path is too long for an address.
            who = f"nobody, {errno.errorcode[error.errno] if error.errno else 'ENAMETOOLONG'}"
        yield f"{name}: {who}"


def is_open(call):
    """Whether one can connect, be it that nobody answers."""
    _, family, address = _families(call)[0]
    try:
        _connect(family, address).close()
        return True
    except (ConnectionRefusedError, FileNotFoundError):
        return False


class Stranger:
    def __init__(self, *sockets):
        self.sockets = sockets

    def close(self):
        for one in self.sockets:
            one.close()


def hold_for_stranger(call, folder):
    """Takes the place, as another program would."""
    if call["form"] == "file":
        Path(folder / "sock").write_text("precious")
        return Stranger()
    if call["form"] in ("path", "left behind"):
        taken = socket.socket(socket.AF_UNIX)
        taken.bind(str(folder / "sock"))
        taken.listen()
        if call["form"] == "left behind":
            taken.close()
        return Stranger(taken)
    family = socket.AF_INET6 if ":" in call["host"] else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_DGRAM if call["form"] == "udp" else socket.SOCK_STREAM)
    if call["form"] == "tcp":
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind((call["host"], call["port"]))
    if call["form"] == "tcp":
        taken.listen()
    return Stranger(taken)


# ---- how many connections may wait: the kernel tells it over netlink (sock_diag(7)), and nowhere else

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_DUMP_REQUEST = 0x301
_NLMSG_DONE = 3
_LISTEN = 10


def backlogs(call):
    """Of the sockets that listen at this port; each number once."""
    if call["form"] != "tcp":
        return []
    found = set()
    for family in (socket.AF_INET, socket.AF_INET6):
        found |= _backlogs_of(family, call["port"])
    return sorted(found)


def _backlogs_of(family, port):
    # struct inet_diag_req_v2: family, protocol, extensions, padding, states, then a socket's id (48 bytes).
    request = struct.pack("=BBBBI48x", family, socket.IPPROTO_TCP, 0, 0, 1 << _LISTEN)
    header = struct.pack("=IHHII", 16 + len(request), _SOCK_DIAG_BY_FAMILY, _NLM_F_DUMP_REQUEST, 1, 0)
    found = set()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as kernel:
        kernel.send(header + request)
        while True:
            data = kernel.recv(1 << 16)
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind != _SOCK_DIAG_BY_FAMILY:  # the end, or an error
                    return found
                # struct inet_diag_msg: four bytes, the id (its source port first, in network order), then expires,
                # rqueue and wqueue; of a listening socket the last is the limit of its queue.
                (source_port,) = struct.unpack_from("!H", data, 16 + 4)
                (limit,) = struct.unpack_from("=I", data, 16 + 4 + 48 + 8)
                if source_port == port:
                    found.add(limit)
                data = data[(length + 3) & ~3 :]
