"""The servers that brood is compared with: `PEERS` has a function that makes each, and its schedulings."""

import json
import shutil
import subprocess
from pathlib import Path

from harness.subjects import SubjectFailed
from targets import WORKERS, Target

HERE = Path(__file__).resolve().parent
BENCH = HERE.parent.parent / "bench"


def node(peers, scheduling, scratch):
    program = peers.find("node")
    script = BENCH / "peers" / "cluster.js"
    command = program and (
        lambda port: ["env", f"NODE_CLUSTER_SCHED_POLICY={scheduling}", program, script, port, WORKERS]
    )
    return Target("node", scheduling, command, scratch, peers.hint("node"))


class Forking(Target):
    """Its workers are copies of the primary, so that every child is one."""

    mark = b""


def gunicorn(_peers, _scheduling, scratch):
    program = shutil.which("gunicorn")
    command = lambda port: [  # noqa: E731
        program, "--workers", WORKERS, "--threads", 8, "--keep-alive", 75, "--timeout", 2, "--graceful-timeout", 10,
        "--bind", f"127.0.0.1:{port}", "--chdir", HERE / "peers", "--log-level", "warning", "wsgi:application",
    ]  # fmt: skip
    return Forking("gunicorn", "shared", program and command, scratch, "apt install gunicorn")


def nginx(peers, scheduling, scratch):
    program = peers.find("nginx")

    def command(port):
        folder = scratch / f"nginx-{port}"
        folder.mkdir()
        text = (BENCH / "peers" / "nginx.conf").read_text(encoding="utf-8")
        reuseport = scheduling if scheduling == "reuseport" else ""
        for name, value in {"DIR": folder, "PORT": port, "WORKERS": WORKERS, "REUSEPORT": reuseport}.items():
            text = text.replace(f"@{name}@", str(value))
        config = folder / "nginx.conf"
        config.write_text(text, encoding="utf-8")
        return [program, "-e", "stderr", "-p", folder, "-c", config]

    return Forking("nginx", scheduling, program and command, scratch, peers.hint("nginx"))


class Pm2(Target):
    """`pm2-runtime` is PM2 in the foreground: the workers' primary is that process."""

    def __init__(self, program, folder, scratch):
        self.home = scratch / "pm2"
        self.folder = folder
        super().__init__("pm2", "rr", program and self._command, scratch, "--against pm2 fetches it with npm")
        self.node = program

    def _command(self, port):
        self.home.mkdir(exist_ok=True)
        app = {
            "name": "torture", "script": str(HERE / "peers" / "pm2_app.js"), "instances": WORKERS,
            "exec_mode": "cluster", "env": {"PORT": str(port)}, "max_restarts": 1_000_000_000, "kill_timeout": 10_000,
            "out_file": "/dev/null", "error_file": "/dev/null",
        }  # fmt: skip
        config = self.home / "torture.json"
        config.write_text(json.dumps({"apps": [app]}), encoding="utf-8")
        return ["env", f"PM2_HOME={self.home}", self.node, self.folder / "bin" / "pm2-runtime", "start", config]

    def reload(self):
        done = subprocess.run(
            ["env", f"PM2_HOME={self.home}", self.node, self.folder / "bin" / "pm2", "reload", "torture"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SubjectFailed(f"pm2 reload: {done.stdout[-300:]} {done.stderr[-300:]}")
        return f"{WORKERS} replaced"


def pm2(peers, _scheduling, scratch):
    folder = peers.folder / "pm2" / "node_modules" / "pm2"
    if not folder.exists() and shutil.which("npm"):
        print("fetching pm2 (npm install)", flush=True)
        into = peers.folder / "pm2"
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", into, "pm2"],
                       check=False, timeout=900)  # fmt: skip
    return Pm2(peers.find("node") if folder.exists() else None, folder, scratch)


PEERS = {
    "node": (node, ("rr", "none")),
    "pm2": (pm2, ("rr",)),
    "gunicorn": (gunicorn, ("shared",)),
    "nginx": (nginx, ("shared", "reuseport")),
}
