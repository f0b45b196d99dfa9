"""The outcomes, for people and for machines."""

COLUMNS = (("scenario", 10), ("server", 9), ("scheduling", 20), ("requests", 10), ("answered", 10), ("in service", 12),
           ("lost", 9), ("hung", 7), ("slowest", 9), ("descriptors", 13))  # fmt: skip


def head():
    return (
        "in service: failed with the worker that had the connection, which is allowed. descriptors: of the primary, "
        "before and after\n\n" + row([name for name, _ in COLUMNS]) + "  what"
    )


def row(cells):
    text = ""
    for index, (cell, (_, width)) in enumerate(zip(cells, COLUMNS)):
        text += f"{cell:<{width}}" if index < 3 else f"{cell:>{width}}"
    return text


def line(one):
    names = [one.scenario, one.server, one.scheduling]
    if one.skipped:
        return row(names) + f"  {one.skipped}"
    count = one.count
    cells = [f"{count.requests:,}", f"{count.answered:,}", f"{count.in_service:,}", f"{count.lost.total():,}",
             f"{count.hung:,}", f"{count.slowest_ms:,} ms", f"{one.before} / {one.after}"]  # fmt: skip
    text = row(names + cells) + f"  {one.note}: {'good' if one.good else 'BAD'}"
    return "\n".join([text] + [f"    {problem}" for problem in one.problems])


def document(outcomes, machine):
    return {"machine": machine, "rows": [_row_of(one) for one in outcomes]}


def _row_of(one):
    told = {**vars(one), "count": {**vars(one.count), "lost": dict(one.count.lost)}}
    return {**told, "good": one.good}
