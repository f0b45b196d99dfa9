#!/usr/bin/env python3
"""Checks that includes go strictly downward: check_layers.py [FOLDER] or check_layers.py --self-test.

The tables below are the rule. A file belongs to a room (a folder of src/, or a rung of the public
headers); each room names what it may include beside itself and the standard library. What is not
public is declared in a detail namespace, and public headers define no namespace alias.
"""
import re
import sys
import tempfile
from pathlib import Path

# Public headers, lowest first; one may include those of its own rung and of the rungs below. A header below
# include/brood/ that is not named here is a value: standard library, Boost.System and Boost.JSON, nothing else.
RUNGS = ["values", "executor", "event", "stream", "channel", "child_process", "cluster", "http", "https", "everything"]
RUNG_OF = {
    "executor": "executor", "event": "event", "stream": "stream",
    "channel": "channel", "message_sender": "channel",
    "child_process": "child_process", "async_spawn": "child_process", "spawn_sync": "child_process",
    "exec": "child_process", "async_exec": "child_process", "pipe": "child_process",
    "cluster": "cluster", "http": "http", "https": "https",
}

# Rooms of src/: (rooms below it, highest rung of public headers, other things it may include).
ROOMS = {
    "values": ((), "values", ("os",)),
    "sys": ((), "values", ("os",)),
    "wire": (("values",), "values", ()),
    "policy": ((), "values", ()),
    "launch": (("values", "sys"), "values", ("os",)),
    "loop": (("sys",), "event", ("os", "Asio")),
    "ipc": (("loop", "wire", "values", "sys"), "channel", ("os", "Asio")),
    "process": (("ipc", "loop", "launch", "values", "sys"), "child_process", ("os", "Asio")),
    "cluster": (("process", "ipc", "loop", "wire", "policy", "sys"), "cluster", ("os", "Asio")),
    "http": (("sys",), "http", ("os", "Asio", "Beast")),
    "https": (("http",), "https", ("os", "Asio", "OpenSSL")),
    "asio": ((), "values", ("Asio",)),
}

# Folders that see what a user of the library sees.
PUBLIC_ONLY = ["tools", "examples", "bench", "tests/behaviour", "tests/actors", "tests/support", "tests/package",
               "tests/compile", "tests/parity"]

# Headers of the system that public headers bring for their types and constants.
PLAIN_C = {"sys/types.h", "sys/resource.h", "stdint.h", "stddef.h"}

# The namespaces that users see. Everything else is in a namespace with a `detail` in its name.
PUBLIC_NAMESPACES = {"brood", "brood::cluster", "brood::http", "brood::https", "brood::js", "js"}

NAMESPACE = re.compile(r"^(?:inline )?namespace ([\w:]+) (?:\{|= )")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def rung_of(path):
    """The rung of a public header, given below include/: 'brood/cluster/worker.hpp' -> 'cluster'."""
    parts = Path(path).with_suffix("").parts
    if parts == ("brood",):
        return "everything"
    if parts[1] == "detail":
        return "detail"
    return RUNG_OF.get(parts[1], "values")


class Tree:
    def __init__(self, root):
        self.root = Path(root)

    def files(self, *folders):
        for folder in folders:
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in (".hpp", ".cpp", ".h", ".ipp"):
                    yield path

    def includes(self, path):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match[1] == '"', match[2]

    def target(self, path, quoted, name):
        """What an include names: ('public', rung), ('room', name), ('other', what) or ('std', '')."""
        if name == "brood.hpp" or name.startswith("brood/"):
            return "public", rung_of(name)
        candidates = [self.root / "src" / name] + ([path.parent / name] if quoted else [])
        for candidate in candidates:
            candidate = Path(candidate).resolve()
            source = (self.root / "src").resolve()
            if candidate.is_file() and candidate.is_relative_to(source):
                return "room", candidate.relative_to(source).parts[0]
        if quoted and name.split("/")[0] in ROOMS:
            return "room", name.split("/")[0]
        # Who links brood::http alone needs no OpenSSL, so what brings it in is told apart from the rest of Asio.
        for prefix, what in (("openssl/", "OpenSSL"), ("boost/asio/ssl", "OpenSSL"), ("boost/asio", "Asio"), ("boost/beast", "Beast"), ("boost/system", "System"),
                             ("boost/json", "JSON"), ("boost/", "Boost")):
            if name.startswith(prefix):
                return "other", what
        if name.endswith(".h") and not quoted and name not in PLAIN_C:
            return "other", "os"
        return "std", ""

    def check_public(self):
        for path in self.files("include"):
            rung = rung_of(path.relative_to(self.root / "include"))
            who = "a public header of details" if rung == "detail" else f"a public header of {rung}"
            highest = "executor" if rung == "detail" else rung
            others = ("System", "JSON") if rung == "values" else ("System", "JSON", "Asio", "Beast", "Boost", "os")
            if rung == "https":
                others += ("OpenSSL",)
            for number, quoted, name in self.includes(path):
                kind, what = self.target(path, quoted, name)
                bad = (kind == "room"
                       or kind == "public" and what != "detail" and RUNGS.index(what) > RUNGS.index(highest)
                       or kind == "other" and what not in others)
                if bad:
                    yield path, number, who, name

    def check_rooms(self):
        for path in self.files("src"):
            parts = path.relative_to(self.root / "src").parts
            room = parts[0] if len(parts) > 1 else "values"
            if room not in ROOMS:
                yield path, 1, f"src/{room} is not in the table of scripts/check_layers.py", None
                continue
            below, highest, others = ROOMS[room]
            for number, quoted, name in self.includes(path):
                kind, what = self.target(path, quoted, name)
                bad = (kind == "room" and what != room and what not in below
                       or kind == "public" and what != "detail" and RUNGS.index(what) > RUNGS.index(highest)
                       or kind == "public" and what == "detail" and "Asio" not in others
                       or kind == "other" and what not in others + ("System", "JSON"))
                if bad and not (kind == "other" and what == "Boost" and "Asio" in others):
                    yield path, number, f"src/{room}", name

    def check_users(self):
        for folder in PUBLIC_ONLY:
            for path in self.files(folder):
                for number, quoted, name in self.includes(path):
                    if self.target(path, quoted, name)[0] == "room":
                        yield path, number, folder, name

    def check_namespaces(self):
        """Nested ones are looked at in public headers only: there the first one is `namespace brood`."""
        for path in self.files("include", "src"):
            public = path.is_relative_to(self.root / "include") and rung_of(path.relative_to(self.root / "include")) != "detail"
            outer = None
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                match = NAMESPACE.match(line)
                if not match:
                    continue
                name, alias = match[1], "=" in line
                if alias and public:
                    yield path, number, f"a public header must not define the namespace alias {name}", None
                if alias or outer and not public:
                    continue
                outer = outer or name
                if name not in PUBLIC_NAMESPACES and "detail" not in name.split("::"):
                    yield path, number, f"{name} is neither a public namespace nor in a detail namespace", None

    def complaints(self):
        for check in (self.check_public, self.check_rooms, self.check_users, self.check_namespaces):
            for path, number, who, name in check():
                place = f"{path.relative_to(self.root)}:{number}"
                yield f"{place}: {who} must not include {name}" if name else f"{place}: {who}"


def self_test():
    good = {
        "include/brood.hpp": ["brood/http.hpp", "brood/cluster.hpp"],
        "include/brood/error.hpp": ["string", "boost/system/error_code.hpp", "sys/types.h"],
        "include/brood/event.hpp": ["brood/error.hpp", "brood/detail/waiters.hpp", "boost/asio/async_result.hpp"],
        "include/brood/detail/waiters.hpp": ["boost/asio/any_completion_handler.hpp"],
        "include/brood/cluster/worker.hpp": ["brood/child_process.hpp", "brood/cluster/settings.hpp"],
        "src/sys/pidfd.hpp": ["unistd.h", "brood/error.hpp"],
        "src/wire/frames.hpp": ["brood/message.hpp", "vector"],
        "src/launch/plan.cpp": ["launch/plan.hpp", "sys/pidfd.hpp"],
        "src/loop/reaper.cpp": ["sys/pidfd.hpp", "brood/event.hpp", "boost/asio/io_context.hpp", "sys/wait.h"],
        "src/http/stream.cpp": ["sys/calls.hpp", "brood/http.hpp", "boost/beast/http.hpp"],
        "include/brood/https/upgrade.hpp": ["boost/asio/ssl/stream.hpp", "brood/http/response.hpp"],
        "src/https/session.cpp": ["openssl/ssl.h", "http/stream.hpp", "brood/https.hpp"],
        "src/cluster/primary.cpp": ["policy/scheduler.hpp", "process/launcher.hpp", "brood/cluster.hpp"],
        "tests/unit/wire/frames_test.cpp": ["wire/frames.hpp"],
        "tests/behaviour/spawn_test.cpp": ["brood.hpp", "support/run.hpp"],
    }
    bad = {
        "include/brood/signals.hpp": ["boost/asio/io_context.hpp", "brood/event.hpp", "sys/pidfd.hpp", "unistd.h"],
        "include/brood/channel.hpp": ["brood/child_process.hpp"],
        "include/brood/detail/low.hpp": ["brood/stream.hpp"],
        "src/wire/a.hpp": ["sys/pidfd.hpp", "boost/asio/buffer.hpp", "unistd.h"],
        "src/policy/a.cpp": ["wire/frames.hpp", "brood/event.hpp"],
        "src/launch/a.cpp": ["boost/asio/io_context.hpp", "loop/reaper.hpp"],
        "src/process/a.cpp": ["cluster/primary.hpp", "wire/frames.hpp"],
        "src/http/a.cpp": ["loop/reaper.hpp", "openssl/ssl.h", "boost/asio/ssl/stream.hpp", "brood/https.hpp"],
        "src/https/a.cpp": ["cluster/primary.hpp"],
        "include/brood/http/tls.hpp": ["openssl/ssl.h", "brood/https/server_tls.hpp"],
        "examples/a.cpp": ["sys/pidfd.hpp"],
        "tests/behaviour/a_test.cpp": ["wire/frames.hpp"],
        "src/attic/a.cpp": ["string"],
    }
    bad_namespaces = {
        "include/brood/names.hpp": ["namespace asio = boost::asio;", "namespace brood::ipc {"],
        "src/wire/names.cpp": ["namespace brood::wire {"],
    }

    def write(root, tree):
        for name, includes in tree.items():
            path = Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [f'#include "{i}"' if i.split("/")[0] in ROOMS and i.endswith(".hpp") else f"#include <{i}>"
                     for i in includes]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def write_lines(root, tree):
        for name, lines in tree.items():
            (Path(root) / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    with tempfile.TemporaryDirectory() as root:
        write(root, good)
        write_lines(root, {"src/wire/frames_names.cpp": ["namespace brood::detail::wire {", "namespace json = boost::json;"],
                           "include/brood/names.hpp": ["namespace brood {", "namespace detail::ipc {", "namespace js {"]})
        found = list(Tree(root).complaints())
        if found:
            print("self test: complains about a good tree:", *found, sep="\n  ")
            return 1
        write(root, bad)
        write_lines(root, bad_namespaces)
        found = list(Tree(root).complaints())
        places = {line.split(": ")[0] for line in found}
        expected = {f"{name}:{number}" for name, lines in (bad | bad_namespaces).items()
                    for number in range(1, len(lines) + 1)}
        if places != expected:
            print("self test: missed:", sorted(expected - places), "wrongly found:", sorted(places - expected))
            return 1
        if "src/wire/a.hpp:1: src/wire must not include sys/pidfd.hpp" not in found:
            print("self test: unclear message:", *found, sep="\n  ")
            return 1
    print(f"self test: all {len(expected)} bad lines found")
    return 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    if len(arguments) > 1 or any(a.startswith("-") for a in arguments):
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    if not (root / "include").is_dir():
        print(f"check_layers.py: no folder include/ in {root}", file=sys.stderr)
        return 2
    found = list(Tree(root).complaints())
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
