#!/usr/bin/env python3
"""Every C++ block of the documentation must stand, as it is but for its indentation, in a compiled example."""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent


def lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def stands_in(block, source):
    return any(source[i : i + len(block)] == block for i in range(len(source) - len(block) + 1))


examples = [lines(path.read_text()) for path in sorted(root.glob("examples/*.cpp"))]
missing = 0
for page in sorted([root / "README.md", *root.glob("docs/**/*.md")]):
    text = page.read_text()
    for match in re.finditer(r"^```cpp\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        if not any(stands_in(lines(match.group(1)), source) for source in examples):
            at = text.count("\n", 0, match.start()) + 1
            print(f"{page.relative_to(root)}:{at}: this block stands in no file of examples/")
            missing += 1
sys.exit(1 if missing else 0)
