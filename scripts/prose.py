"""The prose of the project, cut into pieces: comment blocks, sentences of the pages, test names, error messages."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = ("include", "src", "tests", "examples", "bench", "tools")


def files(*patterns):
    """Paths of tracked and new files, relative to the project's root, in the order of their names."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")
    return [pathlib.Path(name) for name in sorted(set(listed)) if name and (ROOT / name).exists()]


def cpp_files(*folders):
    return [f for folder in folders for f in files(f"{folder}/**.hpp", f"{folder}/**.cpp")]


def comment_blocks(path):
    """(line number, text) of each block of whole-line comments, and of each comment behind code."""
    blocks = []
    begin, lines = 0, []
    for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
        whole = re.match(r"\s*//[/!]?(?!-)\s?(.*)", line)
        if whole:
            begin = begin if lines else number
            lines.append(whole[1])
            continue
        if lines:
            blocks.append((begin, "\n".join(lines)))
            lines = []
        behind = re.match(r"^[^\"']*[;,{})]\s*//[/<!]*\s?(.*)", line)
        if behind and not behind[1].startswith("namespace"):
            blocks.append((number, behind[1]))
    if lines:
        blocks.append((begin, "\n".join(lines)))
    return blocks


def page_lines(path):
    """(line number, text) of a page without its code: neither fenced blocks nor words in backticks."""
    fenced = False
    for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def without_code(text):
    return re.sub(r"`[^`]*`", "`code`", text)


def page_sentences(path):
    """(line number, text) of each sentence of a page, headings and tables excepted."""
    begin, words = 0, []
    for number, line in [*page_lines(path), (0, "")]:
        if line.strip() and not line.startswith(("#", "|", "    ")):
            begin = begin if words else number
            words.append(line.strip())
            continue
        if words:
            for sentence in re.split(r"(?<=[.!?:]) (?=[A-Z`])", " ".join(words)):
                yield begin, sentence
            words = []


def test_names(path):
    """(line number, "suite.name") of each GoogleTest in a file."""
    for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
        found = re.match(r"\s*TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)", line)
        if found:
            yield number, f"{found[1]}.{found[2]}"


def messages(path):
    """(line number, literal) of each string literal of several words in code."""
    for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith(("//", "#include")):
            continue
        for literal in re.findall(r'(?<!R)"((?:[^"\\]|\\.)*)"', line):
            if len(re.findall(r"[A-Za-z]{2,}", literal)) >= 2 and " " in literal:
                yield number, literal
