"""Prints a comparison for people."""

from statistics import median

from .results import HIGHER
from .subjects import FAILED

WIDTHS = (16, 12, 12, 12)


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}" if value >= 10 else f"{value:.3f}"


def ratio(value):
    """Three digits after the point, and never a bare 0.000."""
    return f"{value:.3f}" if value >= 0.01 else f"{value:.1g}"


def show(comparison):
    measure = comparison.measure
    print(f"\n{measure.group}: {measure.what}   [{measure.unit}, {measure.better} is better]")
    print(_columns("", "median", "min", "max") + f"   {measure.ours} / peer, by round")
    ratios = {one.peer: one for one in comparison.ratios()}
    for series in comparison.series:
        print(_line(series, ratios.get(series.subject), measure).rstrip())


def _columns(name, *cells):
    first, *others = WIDTHS
    return f"  {name:<{first}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, others))


def _line(series, compared, measure):
    if not series.measured:
        first, *rest = (series.note or "no figure").splitlines()
        text = f"  {series.subject:<{WIDTHS[0]}}{series.state}: {first}"
        return "\n".join([text] + [f"      | {line}" for line in rest]) if series.state == FAILED else text
    spread = series.spread
    text = _columns(series.subject, number(spread.median), number(spread.min), number(spread.max))
    if compared:
        text += "   " + _ratio(compared, measure.better)
    own_goal = measure.own_goals.get(series.subject)
    return text + (f"   {own_goal.verdict(series.runs)}" if own_goal else "")


def _ratio(one, better):
    spread = one.spread
    ahead = spread.median > 1 if better == HIGHER else spread.median < 1
    numbers = f"{ratio(spread.median):>6}x ({ratio(spread.min)} .. {ratio(spread.max)})"
    text = f"{numbers} {'better' if ahead else 'worse'}"
    return text + (f"  {one.goal.verdict(one.rounds)}" if one.goal else "")


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
