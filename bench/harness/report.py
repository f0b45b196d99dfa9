"""The machine-readable form of a run: {"rows": [...], "ratios": [...], "machine": {...}}."""

import json


def document(comparisons, machine):
    return {
        "machine": machine,
        "rows": [row for one in comparisons for row in _rows(one)],
        "ratios": [ratio for one in comparisons for ratio in _ratios(one)],
    }


def write(path, comparisons, machine):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document(comparisons, machine), file, indent=1)
        file.write("\n")


def _rows(comparison):
    measure = comparison.measure
    for series in comparison.series:
        spread = series.spread if series.measured else None
        yield {
            "group": measure.group,
            "what": measure.what,
            "subject": series.subject,
            "unit": measure.unit,
            "better": measure.better,
            "state": series.state,
            "note": series.note,
            "median": spread and spread.median,
            "min": spread and spread.min,
            "max": spread and spread.max,
            "runs": series.runs,
            **_judged(measure.own_goals.get(series.subject), spread),
        }


def _ratios(comparison):
    for ratio in comparison.ratios():
        yield {
            "group": comparison.measure.group,
            "what": comparison.measure.what,
            "subject": comparison.measure.ours,
            "peer": ratio.peer,
            "better": comparison.measure.better,
            "median": ratio.spread.median,
            "min": ratio.spread.min,
            "max": ratio.spread.max,
            **_judged(ratio.goal, ratio.spread),
        }


def _judged(goal, spread):
    return {"goal": goal and str(goal), "met": goal.met(spread.median) if goal and spread else None}
