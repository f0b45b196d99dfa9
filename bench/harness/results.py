"""Figures, and how two subjects are set in relation: the median of the ratios of each round."""

from dataclasses import dataclass, field
from statistics import median

from .subjects import READY

HIGHER, LOWER = "higher", "lower"
OURS = "brood"


def is_ours(name):
    """brood, and its other ways to do the same: brood-async."""
    return name.partition("-")[0] == OURS


@dataclass(frozen=True)
class Goal:
    """A figure to reach, such as 'at most 1.15'."""

    at_least: float = None
    at_most: float = None

    def met(self, value):
        return value >= self.at_least if self.at_least is not None else value <= self.at_most

    def verdict(self, values):
        """Judged by the median, as all figures are; that it was not so in every round is told too."""
        told = "met" if self.met(median(values)) else "MISSED"
        times = sum(map(self.met, values))
        doubt = f" (in {times} of {len(values)} rounds)" if 0 < times < len(values) else ""
        return f"goal {self}: {told}{doubt}"

    def __str__(self):
        return f">= {self.at_least:.3g}" if self.at_least is not None else f"<= {self.at_most:.3g}"


@dataclass(frozen=True)
class Measure:
    group: str
    what: str
    unit: str
    better: str
    goals: dict = field(default_factory=dict)  # peer -> Goal for our figure divided by that peer's
    own_goals: dict = field(default_factory=dict)  # one of ours -> Goal for its figure itself
    ours: str = OURS  # whose figures are set in relation to the peers'


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
    rounds: list
    goal: Goal

    @property
    def spread(self):
        return Spread.of(self.rounds)


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
        """Of the rounds in which both have a figure; none for a peer without one."""
        ours = next((one for one in self.series if one.subject == self.measure.ours), None)
        if not ours or not ours.measured:
            return []
        ratios = [
            Ratio(peer.subject, pairwise(ours.rounds, peer.rounds), self.measure.goals.get(peer.subject))
            for peer in self.series
            if peer.measured and not is_ours(peer.subject)
        ]
        return [ratio for ratio in ratios if ratio.rounds]

    def verdicts(self):
        """(who or what, Goal, figures by round) of every goal; no figures where a side of it was not measured."""
        series = {one.subject: one for one in self.series}
        for name, goal in self.measure.own_goals.items():
            yield name, goal, series[name].runs if name in series and series[name].measured else []
        ratios = {ratio.peer: ratio.rounds for ratio in self.ratios()}
        for peer, goal in self.measure.goals.items():
            yield f"{self.measure.ours} / {peer}", goal, ratios.get(peer, [])


def pairwise(ours, theirs):
    return [a / b for a, b in zip(ours, theirs) if a is not None and b]
