"""Python's subprocess in the spawn group: the commands of bench/spawn_commands.hpp, but for the stall of a loop."""

import subprocess
import sys
import time

held = None


def spawn_and_wait():
    start = time.perf_counter_ns()
    child = subprocess.Popen(
        ["/bin/true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip
    blocked = time.perf_counter_ns() - start
    child.communicate()
    if child.returncode != 0:
        raise OSError(f"/bin/true: code {child.returncode}")
    return blocked


def run(seconds):
    start = time.perf_counter_ns()
    count = 0
    while time.perf_counter_ns() - start < seconds * 1e9:
        spawn_and_wait()
        count += 1
    return f"{count} {time.perf_counter_ns() - start}"


def block(seconds):
    start = time.perf_counter_ns()
    spawn_and_wait()  # the first one after a change of memory pays for things the others do not
    calls = []
    while len(calls) < 3 or time.perf_counter_ns() - start < seconds * 1e9:
        calls.append(spawn_and_wait())
    return f"{len(calls)} {sorted(calls)[len(calls) // 2]}"


def hold(megabytes):
    global held
    held = None
    held = b"\1" * (int(megabytes) << 20)
    return f"held {int(megabytes)}"


COMMANDS = {"run": run, "block": block, "hold": hold}

for line in sys.stdin:
    command, amount = line.split()
    try:
        print(COMMANDS[command](float(amount)), flush=True)
    except (KeyError, OSError) as error:
        print(f"error {error!r}", flush=True)
