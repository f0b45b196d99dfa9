#!/usr/bin/env python3
"""Checks that each file includes the standard headers of what it uses: check_includes.py [FOLDER]

A file may rely on the headers of the project that it includes, but not on what a header of Boost or of the standard
library happens to include: that changes from one version of the compiler to the next.
"""
import re
import sys
from functools import lru_cache
from pathlib import Path

# A name, and the headers that define it.
NAMES = {
    r"std::u?int(8|16|32|64|ptr)_t\b": ["cstdint"],
    r"std::numeric_limits\b": ["limits"],
    r"std::(memcpy|memset|memcmp|memmove|memchr|strlen|strerror)\b": ["cstring"],
    r"std::(sort|find_if|find|any_of|all_of|none_of|count_if|count|clamp|stable_partition|copy_n|equal|lower_bound|"
    r"upper_bound|max_element|min_element|transform)\(": ["algorithm"],
    r"std::(accumulate|iota)\(": ["numeric"],
    r"std::(map|multimap)<": ["map"],
    r"std::set<": ["set"],
    r"std::deque<": ["deque"],
    r"std::list<": ["list"],
    r"std::array<": ["array"],
    r"std::unordered_map<": ["unordered_map"],
    r"std::optional\b": ["optional"],
    r"std::variant\b": ["variant"],
    r"std::function<": ["functional"],
    r"std::(unique_ptr|shared_ptr|weak_ptr|make_unique|make_shared|enable_shared_from_this)\b": ["memory"],
    r"std::string_view\b": ["string_view"],
    r"std::(string|to_string)\b": ["string"],
    r"std::vector<": ["vector"],
    r"std::span\b": ["span"],
    r"std::chrono::": ["chrono"],
    r"std::(ifstream|ofstream)\b": ["fstream"],
    r"std::(istringstream|ostringstream)\b": ["sstream"],
    r"std::filesystem::": ["filesystem"],
    r"std::(mutex|lock_guard|unique_lock)\b": ["mutex"],
    r"std::condition_variable\b": ["condition_variable"],
    r"std::atomic\b": ["atomic"],
    r"std::(thread|jthread)\b": ["thread"],
    r"std::(from_chars|to_chars)\b": ["charconv"],
    r"std::(runtime_error|logic_error|invalid_argument|out_of_range)\b": ["stdexcept"],
}
PATTERNS = [(re.compile(name), headers) for name, headers in NAMES.items()]
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
COMMENT = re.compile(r"//.*|\"(?:\\.|[^\"\\])*\"")


def find(root, name):
    for folder in ("include", "src"):
        path = root / folder / name
        if path.is_file():
            return path
    return None


def checker(root):
    @lru_cache(maxsize=None)
    def reached(path):
        """The standard headers that a file and the project's headers in it include."""
        found = set()
        for quote, name in INCLUDE.findall(path.read_text()):
            inner = find(root, name) if quote == '"' or name.startswith("brood") else None
            found |= reached(inner) if inner else {name}
        return frozenset(found)

    return reached


def check(root):
    reached = checker(root)
    faults = []
    for path in sorted([*root.glob("include/**/*.hpp"), *root.glob("src/**/*.?pp")]):
        text = COMMENT.sub("", INCLUDE.sub("", path.read_text()))
        there = reached(path)
        for pattern, headers in PATTERNS:
            if pattern.search(text) and not there.intersection(headers):
                faults.append(f"{path.relative_to(root)}: uses {pattern.search(text).group(0)} without <{headers[0]}>")
    return faults


if __name__ == "__main__":
    top = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    found = check(top)
    print("\n".join(found))
    sys.exit(1 if found else 0)
