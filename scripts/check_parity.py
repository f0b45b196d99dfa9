#!/usr/bin/env python3
"""Each test that docs/parity.md names is there."""

import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
declaration = re.compile(r"^TEST(?:_[PF])?\((\w+),\s*(\w+)\)", re.MULTILINE)
tests = {
    f"{suite}.{name}"
    for file in (root / "tests").rglob("*_test.cpp")
    for suite, name in declaration.findall(file.read_text())
}
named = set(re.findall(r"`(\w+\.\w+)`", (root / "docs" / "parity.md").read_text()))
missing = sorted(named - tests)
for name in missing:
    print(f"docs/parity.md names {name}, which is no test")
if not named:
    print("docs/parity.md names no tests at all")
sys.exit(1 if missing or not named else 0)
