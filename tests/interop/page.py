"""The table for people: docs/interop.md. And whose fault a red cell is."""

import re
import textwrap

from cells import BROOD, DIRECTIONS, SERIALIZATIONS, Cell, kinds_of

MARKS = {(True, True): "yes", (True, False): "down", (False, True): "up", (False, False): "no"}

INTRODUCTION = """# brood among its peers

{made}

*yes*: it works in both directions. *down*: only from the parent to the child; *up*: only from the child to the parent;
*no*: in neither. The number leads to the reason below the table. A message passes when what was sent comes back the
same (JSON: numbers, texts, nesting, 300 kB in one; advanced: also undefined, -0, BigInt, Date, RegExp, Map, Set, holes,
wrapped primitives, buffers, Errors, cycles, shared objects). A handle passes when the other process answers on it: it
must arrive as an object of the type that was sent, and what is read from it must be that process's pid. *Error, cause*
is an Error with a `cause`: Node 20 and later Nodes write its parts in different orders, and brood reads either. *native
TCP* and *native pipe* are `net.Native`: a bare handle (`socket._handle`) on TCP and on a Unix-domain socket. Scripts
start their child by `spawn` with an `'ipc'` stream, which is what Node's `fork()` does; Deno's `fork()` starts nothing
but Deno.

In the advanced serialization Bun (1.4) writes a format of its own engine, not Node's. Deno (2.9) writes a newer version
of Node's than any Node reads, so messages from Deno end a Node; brood reads it.

Where brood is one of the two, a red cell is the peer's limit if the peer fails with itself in the same place as well,
or with every Node in brood's stead; anything else is a bug of brood's, and fails the run.
"""


def is_node(name):
    return name.startswith("node")


class Verdicts:
    """Whose limit the red cells are."""

    def __init__(self, results, names, titles):
        self.results = results
        self.names = names
        self.titles = titles

    def _red(self, parent, child, cell, direction):
        outcome = self.results.get(Cell(parent, child, cell.serialization, cell.kind))
        return outcome is not None and not outcome.green(direction)

    def _fails_with_itself(self, name, cell, direction):
        return self._red(name, name, cell, direction)

    def _fails_with_every_node(self, name, cell, direction):
        """In the same role, with a Node in the other's stead."""
        nodes = [one for one in self.names if is_node(one)]
        return nodes and not is_node(name) and all(
            self._red(*(one if one == name else node for one in (cell.parent, cell.child)), cell, direction)
            for node in nodes
        )  # fmt: skip

    def of(self, cell, direction):
        """Whose limit it is, as text; None where it is brood's."""
        involved = list(dict.fromkeys((cell.parent, cell.child)))
        others = [name for name in involved if name != BROOD]
        limited = [name for name in others if self._fails_with_itself(name, cell, direction)]
        if limited:
            return " and ".join(f"{self.titles[name]} fails with itself" for name in limited)
        limited = [name for name in others if self._fails_with_every_node(name, cell, direction)]
        if limited:
            return " and ".join(f"{self.titles[name]} fails with every Node" for name in limited)
        if BROOD not in involved:
            return f"{self.titles[cell.parent]} and {self.titles[cell.child]} do not understand each other"
        return None

    def bugs(self):
        """The red cells that are brood's: (cell, direction, why)."""
        for cell, outcome in self.results.items():
            for direction in DIRECTIONS:
                if BROOD in (cell.parent, cell.child) and not outcome.green(direction):
                    if self.of(cell, direction) is None:
                        yield cell, direction, outcome.why[direction]


class Page:
    def __init__(self, results, names, titles):
        self.results = results
        self.names = names
        self.titles = titles
        self.verdicts = Verdicts(results, names, titles)

    def text(self):
        versions = ", ".join(self.titles[name] for name in self.names if name != BROOD)
        made = f"Made by `./dev test --interop`: every program as the parent of every other; the peers are {versions}."
        parts = [INTRODUCTION.format(made=textwrap.fill(made, 120))]
        pairs = [(parent, child) for parent in self.names for child in self.names]
        for title, chosen in (
            ("With brood", [pair for pair in pairs if BROOD in pair]),
            ("The peers among themselves", [pair for pair in pairs if BROOD not in pair]),
        ):
            for serialization in SERIALIZATIONS:
                parts.append(f"## {title}: {serialization}\n")
                parts.append(self._table(chosen, serialization))
        return "\n".join(parts)

    def _table(self, pairs, serialization):
        kinds = kinds_of(serialization)
        notes = {}
        lines = [f"| parent | child | {' | '.join(kinds)} |", "|---" * (len(kinds) + 2) + "|"]
        for parent, child in pairs:
            cells = [self._cell(Cell(parent, child, serialization, kind), notes) for kind in kinds]
            lines.append(f"| {self._short(parent)} | {self._short(child)} | {' | '.join(cells)} |")
        lines += [""] + [f"{number}. {text}" for text, number in notes.items()]
        return "\n".join(lines) + "\n"

    def _short(self, name):
        """Without what follows the major version."""
        return self.titles[name].split(".")[0] if is_node(name) else self.titles[name].split(" ")[0]

    def _cell(self, cell, notes):
        outcome = self.results[cell]
        mark = MARKS[outcome.green("down"), outcome.green("up")]
        numbers = []
        for direction in DIRECTIONS:
            if not outcome.green(direction):
                whose = self.verdicts.of(cell, direction) or "**brood's**"
                # What the two were about when it happened is in what the run prints; here it would be a note for each.
                why = re.sub(r", (?:parent|child): [^:]*", "", outcome.why[direction])
                number = notes.setdefault(f"{whose}: {why}", len(notes) + 1)
                numbers += [] if number in numbers else [number]
        return mark + (f" ({', '.join(map(str, numbers))})" if numbers else "")
