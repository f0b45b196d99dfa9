"""Figures, and how two subjects are set in relation: the median of the ratios of each round."""

from dataclasses import dataclass, field
from statistics import median

from .subjects import READY

HIGHER, LOWER = "higher", "lower"
OURS = "brood"


@dataclass(frozen=True)
class Goal:
    """A figure to reach, such as 'at most 1.15'."""

    at_least: float = None
    at_most: float = None

    def met(self, value):
        return value >= self.at_least if self.at_least is not None else value <= self.at_most

    def __str__(self):
        return f">= {self.at_least:.3g}" if self.at_least is not None else f"<= {self.at_most:.3g}"


@dataclass(frozen=True)
class Measure:
    group: str
    what: str
    unit: str
    better: str
    goals: dict = field(default_factory=dict)  # peer -> Goal for brood's figure divided by that peer's
    own_goal: Goal = None  # for brood's figure itself


@dataclass(frozen=True)
class Spread:
    median: float
    min: float
    max: float

    @staticmethod
    def of(values):
        return Spread(median(values), min(values), max(values)) if values else None


@dataclass
class Series:
    subject: str
    state: str
    note: str
    rounds: list  # a figure a round, None where there is none

    @property
    def runs(self):
        return [value for value in self.rounds if value is not None]

    @property
    def measured(self):
        return self.state == READY and bool(self.runs)

    @property
    def spread(self):
        return Spread.of(self.runs)


@dataclass(frozen=True)
class Ratio:
    peer: str
    spread: Spread
    goal: Goal


class Comparison:
    """One measure, all subjects. Takes the state of the subjects as they are now: a later failure is a later matter."""

    def __init__(self, measure, subjects, results, figure):
        """`figure` turns what one slice gave into the number of this measure."""
        self.measure = measure
        self.series = [
            Series(
                subject.name,
                subject.state,
                subject.note,
                [None if slice_ is None else figure(slice_) for slice_ in results.get(subject.name, [])],
            )
            for subject in subjects
        ]

    def ratios(self):
        ours = next((one for one in self.series if one.subject == OURS), None)
        if not ours or not ours.measured:
            return []
        return [
            Ratio(peer.subject, Spread.of(pairwise(ours.rounds, peer.rounds)), self.measure.goals.get(peer.subject))
            for peer in self.series
            if peer is not ours and peer.measured
        ]


def pairwise(ours, theirs):
    return [a / b for a, b in zip(ours, theirs) if a is not None and b]
