#!/usr/bin/env python3
"""Compiles src/sys/bpf/*.bpf.c to the byte code that is built into brood.

  bpf_code.py            writes src/sys/bpf/NAME_code.hpp for each NAME.bpf.c; needs clang
  bpf_code.py --check    says whether they are current; exit code 77 where only clang could tell and it is not there

Building brood needs no clang: the result is committed. Whether it belongs to its source is told by the checksum in it;
whether it is what clang makes of that source can be told only with the same clang, since others order registers
differently.
"""
import hashlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "src" / "sys" / "bpf"
SKIPPED = 77


def clang():
    return shutil.which("clang") or shutil.which("clang-14")


def clang_version():
    told = subprocess.run([clang(), "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"\d+\.\d+\.\d+", told).group()


def checksum(source):
    text = source.read_bytes() + b"".join(header.read_bytes() for header in sorted(FOLDER.glob("*.h")))
    return hashlib.sha256(text).hexdigest()[:16]


def compiled(source):
    """The object file's bytes. Debian keeps <asm/types.h> in a folder that clang does not search for this target."""
    target = subprocess.run([clang(), "-print-target-triple"], capture_output=True, text=True, check=True)
    multiarch = target.stdout.strip().replace("-pc-", "-")
    with tempfile.TemporaryDirectory() as scratch:
        result = Path(scratch) / "code.o"
        subprocess.run(
            [clang(), "-target", "bpf", "-mcpu=v3", "-O2", "-Wall", "-Wextra", "-Wno-sign-compare", "-Werror",
             "-fno-ident", "-idirafter", f"/usr/include/{multiarch}", "-c", source, "-o", result],
            check=True,
        )  # fmt: skip
        return result.read_bytes()


class Elf:
    """As much of an ELF file as is needed: sections, symbols, relocations."""

    def __init__(self, data):
        self.data = data
        offset, size, count, names = *struct.unpack_from("<Q", data, 40), *struct.unpack_from("<HHH", data, 58)
        fields = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]
        self.sections = [
            {"type": f[1], "offset": f[4], "size": f[5], "link": f[6], "info": f[7], "name": f[0]} for f in fields
        ]
        for section in self.sections:
            section["name"] = self.text(self.sections[names], section["name"])

    def text(self, table, at):
        start = table["offset"] + at
        return self.data[start : self.data.index(b"\0", start)].decode()

    def content(self, section):
        return self.data[section["offset"] : section["offset"] + section["size"]]

    def symbol(self, table, index):
        name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", self.content(table), index * 24)
        return self.text(self.sections[table["link"]], name), section, value

    def relocations(self, of):
        """(offset, section, value) of what each place in section number `of` refers to."""
        for section in self.sections:
            if section["type"] == 9 and section["info"] == of:  # SHT_REL
                for offset, info in struct.iter_unpack("<QQ", self.content(section)):
                    yield offset, *self.symbol(self.sections[section["link"]], info >> 32)[1:]

    def programs(self):
        """name -> (instructions, [(instruction, map)]) of each program."""
        maps = next(i for i, s in enumerate(self.sections) if s["name"] == "maps")
        found = {}
        for number, section in enumerate(self.sections):
            if section["type"] == 1 and section["name"].startswith("bpf/"):
                code = [word for (word,) in struct.iter_unpack("<Q", self.content(section))]
                uses = [(offset // 8, value // 4, of) for offset, of, value in self.relocations(number)]
                if any(of != maps for _, _, of in uses):
                    raise SystemExit(f"{section['name']} refers to something other than a map")
                found[section["name"].removeprefix("bpf/")] = code, [(place, which) for place, which, _ in uses]
        return found


def header(source):
    lines = [
        "#pragma once",
        "",
        "#include <array>",
        "#include <cstdint>",
        "",
        f"// Made by scripts/bpf_code.py from {source.name} {checksum(source)} with clang {clang_version()}. Not to be edited.",
        "// clang-format off",
        "namespace brood::detail::sys::bpf_code {",
    ]
    for name, (code, uses) in Elf(compiled(source)).programs().items():
        lines += ["", f"inline constexpr std::array<std::uint64_t, {len(code)}> {name}{{{{"]
        for start in range(0, len(code), 5):
            lines.append("  " + " ".join(f"0x{word:016x}," for word in code[start : start + 5]))
        lines += ["}};", "// Instructions that load the address of a map, and which."]
        places = ", ".join(f"{{{{{place}, {which}}}}}" for place, which in uses)
        lines.append(f"inline constexpr std::array<std::array<std::uint16_t, 2>, {len(uses)}> {name}_maps{{{{{places}}}}};")
    return "\n".join([*lines, "", "}  // namespace brood::detail::sys::bpf_code", ""])


def place_of(source):
    return source.with_name(source.name.replace(".bpf.c", "_code.hpp"))


def check(source):
    committed = place_of(source).read_text()
    told = re.search(r"(\w{16}) with clang (\S+)\. Not", committed)
    if not told or told.group(1) != checksum(source):
        raise SystemExit(f"{place_of(source).name} is older than {source.name}: run scripts/bpf_code.py")
    if not clang() or clang_version() != told.group(2):
        print(f"{source.name}: unchanged since it was compiled; clang {told.group(2)} is not here to compile it again")
        return SKIPPED
    if header(source) != committed:
        raise SystemExit(f"{place_of(source).name} is not what clang makes of {source.name}")
    return 0


def main(arguments):
    sources = sorted(FOLDER.glob("*.bpf.c"))
    if arguments == ["--check"]:
        return max(check(source) for source in sources)
    if arguments:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    if not clang():
        raise SystemExit("bpf_code.py: clang is not installed")
    for source in sources:
        place_of(source).write_text(header(source))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
