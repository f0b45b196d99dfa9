"""1,000 idle children with three pipes each: the parent's memory, and its CPU at rest

The children are cat, waiting for input. Memory is the parent's PSS: what it has for itself, and its share of what it
shares with others. CPU is the parent's own while nothing happens, over some seconds. Neither swings as times do, hence
three rounds instead of ten; one subject has its children at a time.
"""

import resource
import time

from harness import cpu, slices
from harness.machine import available_memory_mb, proportional_set_mb
from harness.peers import JAVASCRIPT
from harness.results import LOWER, Comparison, Goal, Measure
from harness.subjects import SubjectFailed

CHILDREN = 1000
ROUNDS = 3
SETTLE_SECONDS = 0.5
DESCRIPTORS = CHILDREN * 4 + 200  # three pipes and, for brood, a pidfd; and what a runtime has for itself
FREE_MB = 1500

MEMORY = Measure(
    "idle",
    f"memory of the parent (PSS) of {CHILDREN:,} idle children",
    "MB",
    LOWER,
    own_goals={"brood": Goal(at_most=20)},
)
REST = Measure(
    "idle", f"CPU of the parent at rest, {CHILDREN:,} idle children", "us/s", LOWER, own_goals={"brood": Goal(at_most=0)}
)


def subjects(context):
    return [context.ours("brood", "idle_brood"), *(context.script(name, "idle.cjs") for name in JAVASCRIPT)]


def run(context):
    everyone = subjects(context)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    why_not = shortage(before[1])
    for subject in everyone:
        if why_not and subject.ready:
            subject.skip(why_not)
    if not why_not:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], DESCRIPTORS), before[1]))  # subjects inherit it
    try:
        slices.start_all(everyone)
        results = slices.take_turns(
            everyone, 1 if context.quick else ROUNDS, lambda one: work(one, context.slice_seconds * 3), MEMORY.what,
            warm_up=False,
        )  # fmt: skip
    finally:
        slices.stop_all(everyone)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    yield Comparison(MEMORY, everyone, results, lambda figures: figures[0])
    yield Comparison(REST, everyone, results, lambda figures: figures[1])


def shortage(most_descriptors):
    if most_descriptors != resource.RLIM_INFINITY and most_descriptors < DESCRIPTORS:
        return f"needs {DESCRIPTORS} descriptors; the limit is {most_descriptors}"
    if available_memory_mb() < FREE_MB:
        return f"needs {FREE_MB} MB of free memory"
    return ""


def work(subject, seconds):
    all_of_them(subject, f"supervise {CHILDREN}")
    time.sleep(SETTLE_SECONDS)
    memory = proportional_set_mb(subject.process.pid)
    before = cpu.own_ns(subject.process.pid)
    time.sleep(seconds)
    used = cpu.own_ns(subject.process.pid) - before
    all_of_them(subject, "release 0")
    return memory, used / 1000 / seconds


def all_of_them(subject, question):
    (count,) = map(int, subject.ask(question))
    if count != CHILDREN:
        raise SubjectFailed(f"'{question}': {count} of {CHILDREN}")
