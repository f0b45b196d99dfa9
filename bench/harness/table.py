"""Prints a comparison for people."""

from .results import HIGHER, OURS
from .subjects import FAILED

WIDTHS = (16, 12, 12, 12)


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}" if value >= 10 else f"{value:.3f}"


def show(comparison):
    measure = comparison.measure
    print(f"\n{measure.group}: {measure.what}   [{measure.unit}, {measure.better} is better]")
    print(_columns("", "median", "min", "max") + "   brood / peer, by round")
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
    if ratio and ratio.spread:
        text += "   " + _ratio(ratio, measure.better)
    if series.subject == OURS and measure.own_goal:
        text += "   " + _verdict(measure.own_goal, spread.median)
    return text


def _ratio(ratio, better):
    spread = ratio.spread
    ahead = spread.median > 1 if better == HIGHER else spread.median < 1
    text = f"{spread.median:6.3f}x ({spread.min:.3f} .. {spread.max:.3f}) {'better' if ahead else 'worse '}"
    return text + (f"  {_verdict(ratio.goal, spread.median)}" if ratio.goal else "")


def _verdict(goal, value):
    return f"goal {goal}: {'reached' if goal.met(value) else 'MISSED'}"
