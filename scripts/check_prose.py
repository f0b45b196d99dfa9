#!/usr/bin/env python3
"""Finds phrases that CONTRIBUTING.md, section "Language", replaces by plain English.

It looks at the comments and messages of the folders that have been rewritten by that section, and grows with them.
usage: check_prose.py [--self-test]
"""
import re
import sys

import prose

# (what is wrong, what to write)
RULES = [
    (r"\b[Ww]ho(?:ever|m)?\b", "name the subject: the worker, the caller, the process"),
    (r"\b[Ss]hall\b", "must, may or will"),
    (r"\b(?:tells?|told(?! to\b)|telling)\b", "reports, returns, logs, notifies or announces"),
    (r"(?:^|[.:;] )What (?!happens|if)[^?.]*(?:\.|$)", "name the subject"),
    (r"\b(?:gives?|gave|given) back\b", "returns or releases"),
    (r"\b(?:lets?|letting) go of\b", "closes or releases"),
    (r"\bhands? on\b|\bbears\b|\btakes? in\b|\bcomes? to be\b|\bas ever\b", "a verb of the field"),
    (r"\bunless (?:told|called)\b", "by default"),
    (r"(?<![Tt]here )\bis no (?!longer\b|more than\b|less than\b|need\b|different\b)\w+", "is not a, or is not"),
    (r"\b(?:except|only|but|also) where\b|(?:^|\. )Where\b(?! to\b)", "if, or when"),
    (r"\bof ours\b|\bon its way out\b", "say what it is"),
    (r"\b(?:patience|verdict|milestone|farewell)\b", "the name in the code: timeout, result, one-shot event"),
]
FOLDERS = ("include", "src", "examples")
PAGES = tuple(str(p) for p in prose.files("README.md", "docs/*.md", "bench/README.md") if p.name not in ("interop.md", "parity.md"))


def faults(text):
    for pattern, advice in RULES:
        for found in re.finditer(pattern, text, re.MULTILINE):
            yield " ".join(found[0].split()), advice


def check(path, pieces):
    count = 0
    for number, text in pieces:
        for phrase, advice in faults(prose.without_code(text)):
            count += 1
            print(f"{path}:{number}: '{phrase}': {advice}")
    return count


def self_test():
    bad = ["Who only answers", "it shall end", "the primary tells it", "What waits is sent.", "a size that is no number",
           "Where it cannot be known", "gives back memory"]
    good = ["There is no limit.", "It is no longer open.", "What happens if it fails?", "the folder where it was found"]
    wrong = [text for text in bad if not any(faults(text))] + [text for text in good if any(faults(text))]
    for text in wrong:
        print(f"judged wrongly: {text}")
    return len(wrong)


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 1 if self_test() else 0
    count = 0
    for path in prose.cpp_files(*FOLDERS):
        count += check(path, [*prose.comment_blocks(path), *prose.messages(path)])
    for path in PAGES:
        count += check(path, prose.page_lines(path))
    if count:
        print(f'{count} phrases to be put plainly: see "Language" in CONTRIBUTING.md')
    return 1 if count else 0


sys.exit(main())
