"""What a group is given: where the programs are, and how long and how often to measure."""

from dataclasses import dataclass
from pathlib import Path

from .peers import Peers
from .subjects import LineSubject

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Context:
    build: Path  # holds bench/ and examples/
    scratch: Path  # a fresh folder, removed at the end
    peers: Peers
    quick: bool

    @property
    def rounds(self):
        return 3 if self.quick else 10

    @property
    def slice_seconds(self):
        return 0.3 if self.quick else 1.0

    def ours(self, name, program, *arguments):
        """A program of bench/, built with brood: that it is missing is a failure."""
        return LineSubject(name, [str(self.build / "bench" / program), *map(str, arguments)], self.scratch)

    def library(self, name, program, *arguments):
        """A program of bench/peers/, which is only built where the library is installed."""
        path = self.build / "bench" / program
        argv = [str(path), *map(str, arguments)] if path.exists() else None
        return LineSubject(name, argv, self.scratch, self.peers.hint(name))

    def script(self, name, script, *arguments):
        """A script of bench/peers/, run by the peer `name`."""
        argv = self.peers.running(name, ROOT / "bench" / "peers" / script, *arguments)
        return LineSubject(name, argv, self.scratch, self.peers.hint(name))
