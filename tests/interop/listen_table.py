"""What is asked of the workers in listen.py: the same call of listen() or bind() in each of two workers, of one after
the other, and what may differ from Node.

A call is written in Node's words. P is a free port, the same throughout a row; DIR a folder of its own; a descriptor is
named by what it is (listen.py, DESCRIPTORS).
"""

from dataclasses import dataclass

P = "P"


def tcp(port=P, host=None, **options):
    return {"form": "tcp", "port": port, "host": host, **options}


def unix(path="DIR/sock", **options):
    return {"form": "path", "path": path, **options}


def inherited(what):
    return {"form": "fd", "fd": what}


def udp(port=P, host="127.0.0.1", **options):
    return {"form": "udp", "port": port, "host": host, "family": 6 if ":" in host else 4, **options}


@dataclass(frozen=True)
class Differs:
    """Where brood does something else on purpose. What comes out is what Node makes of this row, or of another one,
    with some words replaced."""

    why: str
    replace: tuple = ()  # of (Node's words, brood's)
    as_row: str = None
    outcome: tuple = None  # or nothing of Node's: these lines
    by_version: bool = False  # some Nodes do as brood does
    primary: str = None  # whom it is about; None is anybody
    worker: str = None
    policy: str = None
    scheduling: str = None


@dataclass(frozen=True)
class Row:
    name: str
    first: dict  # what worker 1 asks for
    second: dict = None  # what worker 2 does, if not the same
    stranger: dict = None  # what somebody else holds before
    same_worker: bool = False  # worker 1 asks for the second as well
    to_the_end: bool = False  # what becomes of a client that comes when nobody listens any more counts, too
    differs: tuple = ()


BROOD = "brood"


def both_fail(code):
    return (f"1: fails with {code}", f"2: fails with {code}")


NO_SUCH_PORT = Differs("the type of a port has no such value", replace=(("ERR_SOCKET_BAD_PORT", "no such call"),),
                       worker=BROOD)  # fmt: skip
FOR_ALL = Differs("Node forgets it under SCHED_NONE", replace=(("for the owner", "for all"),),
                  primary=BROOD, policy="none")  # fmt: skip
KEPT = ("backlog 511", "backlog 128")
BACKLOG = "what makes no sense is the default, not the most there is"

ROWS = [
    # A port, on any address
    Row("port", tcp()),
    Row("port 0", tcp(0)),
    Row("no port", {"form": "tcp"}),
    Row("port, ipv6Only", tcp(ipv6Only=True), differs=(
        Differs("Node 20 forgets ipv6Only where there is no host", as_row="::, ipv6Only",
                replace=(("told as 6 ::", "told as 4 0.0.0.0"),), primary=BROOD, worker=BROOD, by_version=True),
        Differs("Node 20 forgets ipv6Only where there is no host", as_row="::, ipv6Only",
                replace=(("told as 6 ::", "told as 4 0.0.0.0"),), worker=BROOD, policy="none", by_version=True),
    )),
    Row("port, backlog 3", tcp(backlog=3)),
    Row("port, exclusive", tcp(exclusive=True)),
    Row("port 0, exclusive", tcp(0, exclusive=True)),
    Row("port, nobody left", tcp(), to_the_end=True),
    Row("port 65536", tcp(65536), differs=(NO_SUCH_PORT,)),
    Row("port -1", tcp(-1), differs=(NO_SUCH_PORT,)),
    # An address
    Row("127.0.0.1", tcp(host="127.0.0.1")),
    Row("127.0.0.1, port 0", tcp(0, "127.0.0.1")),
    Row("127.0.0.2", tcp(host="127.0.0.2")),
    Row("0.0.0.0", tcp(host="0.0.0.0")),
    Row("0.0.0.0, port 0", tcp(0, "0.0.0.0")),
    Row("::1", tcp(host="::1")),
    Row("::1, port 0", tcp(0, "::1")),
    Row("::", tcp(host="::")),
    Row("::, ipv6Only", tcp(host="::", ipv6Only=True)),
    Row("::, port 0, ipv6Only", tcp(0, "::", ipv6Only=True)),
    Row("::1, ipv6Only", tcp(host="::1", ipv6Only=True)),
    Row("127.0.0.1, ipv6Only", tcp(host="127.0.0.1", ipv6Only=True)),
    Row("127.0.0.1, backlog 1", tcp(host="127.0.0.1", backlog=1)),
    Row("127.0.0.1, backlog 0", tcp(host="127.0.0.1", backlog=0)),
    Row("127.0.0.1, backlog -5", tcp(host="127.0.0.1", backlog=-5), differs=(
        Differs(BACKLOG, as_row="127.0.0.1", primary=BROOD, worker=BROOD),
        Differs(BACKLOG, as_row="127.0.0.1", primary=BROOD, scheduling="round_robin"),
        Differs(BACKLOG, as_row="127.0.0.1", worker=BROOD, policy="none"),
    )),
    Row("127.0.0.1, exclusive", tcp(host="127.0.0.1", exclusive=True)),
    Row("127.0.0.1, port 0, exclusive", tcp(0, "127.0.0.1", exclusive=True)),
    Row("::1, exclusive", tcp(host="::1", exclusive=True)),
    Row("::, exclusive, ipv6Only", tcp(host="::", exclusive=True, ipv6Only=True)),
    Row("an address of another machine", tcp(host="192.0.2.1")),
    Row("an address of another machine, exclusive", tcp(host="192.0.2.1", exclusive=True)),
    # One beside the other
    Row("127.0.0.1 and ::1", tcp(host="127.0.0.1"), tcp(host="::1")),
    Row("127.0.0.1 and 127.0.0.2", tcp(host="127.0.0.1"), tcp(host="127.0.0.2")),
    Row("0.0.0.0 and ::", tcp(host="0.0.0.0"), tcp(host="::")),
    Row(":: and 0.0.0.0", tcp(host="::"), tcp(host="0.0.0.0")),
    Row("::, ipv6Only, and 0.0.0.0", tcp(host="::", ipv6Only=True), tcp(host="0.0.0.0")),
    Row("port and 127.0.0.1", tcp(), tcp(host="127.0.0.1")),
    Row("127.0.0.1 and exclusive", tcp(host="127.0.0.1"), tcp(host="127.0.0.1", exclusive=True)),
    Row("exclusive and 127.0.0.1", tcp(host="127.0.0.1", exclusive=True), tcp(host="127.0.0.1")),
    Row("127.0.0.1 twice", tcp(host="127.0.0.1"), same_worker=True, differs=(
        Differs("from Node 22 on the primary gives no answer under SCHED_NONE",
                outcome=("1: 127.0.0.1:P, told as 4 127.0.0.1:P", "  127.0.0.1: 1", "  backlog 511",
                         "1: fails with EADDRINUSE"), policy="none", by_version=True),
    )),
    Row("127.0.0.1, port 0, twice", tcp(0, "127.0.0.1"), same_worker=True),
    # Somebody else is there
    Row("127.0.0.1, in use", tcp(host="127.0.0.1"), stranger=tcp(host="127.0.0.1")),
    Row("::1, in use", tcp(host="::1"), stranger=tcp(host="::1")),
    Row("port, in use at 127.0.0.1", tcp(), stranger=tcp(host="127.0.0.1")),
    Row("port, in use at 0.0.0.0", tcp(), stranger=tcp(host="0.0.0.0")),
    Row("port, in use at ::1", tcp(), stranger=tcp(host="::1")),
    Row("127.0.0.1, exclusive, in use", tcp(host="127.0.0.1", exclusive=True), stranger=tcp(host="127.0.0.1")),
    # Unix paths
    Row("path", unix()),
    Row("path, nobody left", unix(), to_the_end=True),
    Row("path, readableAll", unix(readableAll=True)),
    Row("path, writableAll", unix(writableAll=True), differs=(FOR_ALL,)),
    Row("path, both", unix(readableAll=True, writableAll=True), differs=(FOR_ALL,)),
    Row("path, exclusive", unix(exclusive=True)),
    Row("path, relative", unix("relative.sock"), differs=(
        Differs("it is told by its whole name", replace=((": relative.sock", ": HERE/relative.sock"),), worker=BROOD),
    )),
    Row("path, in use", unix(), stranger=unix()),
    Row("path, left behind", unix(), stranger={"form": "left behind"}, differs=(
        Differs("a service must come up again by itself", as_row="path", primary=BROOD),
    )),
    Row("path of a file", unix(), stranger={"form": "file"}),
    Row("path in no directory", unix("DIR/no/sock"), differs=(
        Differs("the errno of the system; Node has made it that of another one's", replace=(("EACCES", "ENOENT"),),
                primary=BROOD),
    )),
    Row("path of 120 bytes", unix("DIR/" + "x" * 120), differs=(
        Differs("Node cuts it short, or says EINVAL", outcome=both_fail("ENAMETOOLONG"), primary=BROOD),
    )),
    Row("path of nothing", unix(""), differs=(
        Differs("Node throws", replace=(("ERR_INVALID_ARG_VALUE", "EINVAL"),), worker=BROOD),
    )),
    # Descriptors of the primary's
    Row("fd of TCP", inherited("tcp"), differs=(
        Differs("what listens keeps its queue", replace=(KEPT,), primary=BROOD, policy="rr"),
        Differs("what listens keeps its queue", replace=(KEPT,), worker=BROOD, policy="none"),
    )),
    Row("fd of TCP that does not listen", inherited("bound")),
    Row("fd of a path", inherited("unix"), differs=(
        Differs("Node's worker does not know the path", replace=((": ?", ": HERE/fd.sock"),), worker=BROOD,
                policy="none"),
    )),
    Row("fd of UDP", inherited("udp")),
    Row("fd of a file", inherited("file")),
    Row("fd of nothing", inherited("nothing"), differs=(
        Differs("it is said what is wrong with it", replace=(("EINVAL", "EBADF"),), primary=BROOD),
    )),
    Row("fd -1", inherited("negative"), differs=(
        Differs("Node throws", replace=(("ERR_INVALID_ARG_VALUE", "EBADF"),), worker=BROOD),
    )),
    # UDP
    Row("UDP 127.0.0.1", udp()),
    Row("UDP 127.0.0.1, port 0", udp(0)),
    Row("UDP 0.0.0.0", udp(host="0.0.0.0")),
    Row("UDP ::1", udp(host="::1")),
    Row("UDP ::1, port 0", udp(0, "::1")),
    Row("UDP ::", udp(host="::")),
    Row("UDP ::, ipv6Only, and 0.0.0.0", udp(host="::", ipv6Only=True), udp(host="0.0.0.0")),
    Row("UDP :: and 0.0.0.0", udp(host="::"), udp(host="0.0.0.0")),
    Row("UDP 127.0.0.1, exclusive", udp(exclusive=True)),
    Row("UDP 127.0.0.1, port 0, exclusive", udp(0, exclusive=True)),
    Row("UDP ::1, exclusive", udp(host="::1", exclusive=True)),
    Row("UDP 127.0.0.1, reuseAddr, exclusive", udp(exclusive=True, reuseAddr=True)),
    Row("UDP 127.0.0.1, in use", udp(), stranger=udp()),
    Row("UDP ::1, in use", udp(host="::1"), stranger=udp(host="::1")),
    Row("UDP an address of another machine", udp(host="192.0.2.1")),
    Row("UDP 127.0.0.1 twice", udp(), same_worker=True),
    Row("UDP port 65536", udp(65536), differs=(
        Differs("Node makes it 0; the type of a port has no such value", outcome=both_fail("no such call"),
                worker=BROOD),
        Differs("it is no port", outcome=both_fail("EINVAL"), primary=BROOD),
    )),
    Row("UDP fd of UDP", {"form": "udp", "family": 4, "fd": "datagrams"}, differs=(
        Differs("bind_udp takes no descriptor: the primary adopts it", outcome=both_fail("no such call"), worker=BROOD),
    )),
]
