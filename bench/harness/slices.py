"""Subjects take turns in short slices.

A shared machine changes its speed by 4x within a minute. Subjects measured one after the other, each for long, would
mostly compare the minutes. Hence rounds: in each, every subject gets one slice, close in time to those of the others,
and only figures of the same round are set in relation. The order changes from round to round, so that no subject
always follows the same one or always comes first.
"""

import sys

from .subjects import SubjectFailed


def order(subjects, number):
    """Round `number`'s order: rotated by one a round, and every other round backwards."""
    shift = number % len(subjects)
    turned = subjects[shift:] + subjects[:shift]
    return turned[::-1] if number % 2 else turned


def start_all(subjects):
    for subject in subjects:
        if subject.ready:
            attempt(subject, subject.start)


def stop_all(subjects):
    for subject in subjects:
        subject.stop()


def attempt(subject, work):
    """Runs `work`; a subject that fails is told so and takes no further part, the others go on."""
    try:
        return work()
    except (SubjectFailed, OSError, ValueError) as error:
        subject.fail(error)
        return None


def take_turns(subjects, rounds, work, title, warm_up=True):
    """{name: [work(subject) or None, one a round]}, after one slice each that is not counted: caches, JIT, pools."""
    for subject in subjects:
        if subject.ready and warm_up:
            attempt(subject, lambda: work(subject))
    results = {subject.name: [None] * rounds for subject in subjects}
    for number in range(rounds):
        _progress(f"{title}: round {number + 1} of {rounds}")
        for subject in order(subjects, number):
            if subject.ready:
                results[subject.name][number] = attempt(subject, lambda: work(subject))
    _progress("")
    return results


def _progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
