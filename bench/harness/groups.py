"""Finds the groups: each bench/groups/NAME.py is one, and needs no registration.

Such a file has a docstring, whose first line is its description, and `run(context)`, a generator which yields a
Comparison as soon as it is measured; perhaps `TARGETS`, what must be built besides the programs of bench/.
"""

import importlib
import pkgutil

import groups as folder


def names():
    return sorted(module.name for module in pkgutil.iter_modules(folder.__path__))


def load(name):
    return importlib.import_module(f"groups.{name}")


def description(name):
    return (load(name).__doc__ or "").strip().splitlines()[0]


def targets(chosen):
    """The build targets that the chosen groups need."""
    return ["bench", *(target for name in chosen for target in getattr(load(name), "TARGETS", ()))]
