"""Prints a comparison for people."""

from statistics import median

from .results import HIGHER
from .subjects import FAILED

WIDTHS = (16, 12, 12, 12)


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}" if value >= 10 else f"{value:.3f}"


def show(comparison):
    measure = comparison.measure
    print(f"\n{measure.group}: {measure.what}   [{measure.unit}, {measure.better} is better]")
    print(_columns("", "median", "min", "max") + f"   {measure.ours} / peer, by round")
    ratios = {ratio.peer: ratio for ratio in comparison.ratios()}
    for series in comparison.series:
        print(_line(series, ratios.get(series.subject), measure).rstrip())


def _columns(name, *cells):
    first, *others = WIDTHS
    return f"  {name:<{first}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, others))


def _line(series, ratio, measure):
    if not series.measured:
        first, *rest = (series.note or "no figure").splitlines()
        text = f"  {series.subject:<{WIDTHS[0]}}{series.state}: {first}"
        return "\n".join([text] + [f"      | {line}" for line in rest]) if series.state == FAILED else text
    spread = series.spread
    text = _columns(series.subject, number(spread.median), number(spread.min), number(spread.max))
    if ratio:
        text += "   " + _ratio(ratio, measure.better)
    own_goal = measure.own_goals.get(series.subject)
    return text + (f"   {own_goal.verdict(series.runs)}" if own_goal else "")


def _ratio(ratio, better):
    spread = ratio.spread
    ahead = spread.median > 1 if better == HIGHER else spread.median < 1
    text = f"{spread.median:6.3f}x ({spread.min:.3f} .. {spread.max:.3f}) {'better' if ahead else 'worse '}"
    return text + (f"  {ratio.goal.verdict(ratio.rounds)}" if ratio.goal else "")


def show_goals(comparisons):
    """All goals once more, the missed ones by name: nobody should have to look for them."""
    judged = [(one.measure, *verdict) for one in comparisons for verdict in one.verdicts()]
    if not judged:
        return
    missed = [one for one in judged if one[3] and not one[2].met(median(one[3]))]
    unmeasured = [one for one in judged if not one[3]]
    print(f"\ngoals: {len(judged) - len(missed) - len(unmeasured)} met, {len(missed)} missed, "
          f"{len(unmeasured)} not measured")  # fmt: skip
    for measure, who, goal, values in missed:
        print(f"  missed: {measure.group}: {measure.what}: {who} {number(median(values))}, {goal.verdict(values)}")
