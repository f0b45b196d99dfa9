#!/usr/bin/env python3
"""Draws prose of the project at random, to be graded by somebody who has not seen the code.

usage: prose_sample.py [comments|docs|tests|messages] [--seed N] [--count N]

    comments   comment blocks of include/ and src/ (100)
    docs       sentences of README.md and docs/ (50)
    tests      names of tests (50)
    messages   every string of several words in include/ and src/
"""
import argparse
import random

import prose


def pieces(kind):
    if kind == "comments":
        return [(path, *piece) for path in prose.cpp_files("include", "src") for piece in prose.comment_blocks(path)]
    if kind == "docs":
        pages = [p for p in prose.files("README.md", "docs/*.md") if p.name not in ("interop.md", "parity.md")]
        return [(path, *piece) for path in pages for piece in prose.page_sentences(path)]
    if kind == "tests":
        return [(path, *piece) for path in prose.cpp_files("tests") for piece in prose.test_names(path)]
    return [(path, *piece) for path in prose.cpp_files("include", "src") for piece in prose.messages(path)]


def main():
    parser = argparse.ArgumentParser(description="prose of the project, drawn at random")
    parser.add_argument("kind", nargs="?", default="comments", choices=["comments", "docs", "tests", "messages"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int)
    given = parser.parse_args()
    everything = pieces(given.kind)
    count = given.count or {"comments": 100, "docs": 50, "tests": 50}.get(given.kind, len(everything))
    drawn = everything if count >= len(everything) else random.Random(given.seed).sample(everything, count)
    print(f"{len(drawn)} of {len(everything)}")
    for number, (path, line, text) in enumerate(drawn, 1):
        print(f"\n{number}. {path}:{line}\n{text}")


main()
