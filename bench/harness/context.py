"""What a group is given: where the programs are, and how long and how often to measure."""

from dataclasses import dataclass
from pathlib import Path

from .peers import Peers

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
