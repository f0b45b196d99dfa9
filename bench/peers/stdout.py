"""Python's subprocess in the stdout group: bench/stdout_command.hpp says what is asked. Blocking reads of 64 KiB."""

import subprocess
import sys
import time


def read(amount):
    start = time.perf_counter_ns()
    total = 0
    with subprocess.Popen(
        [sys.argv[1], str(amount)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, bufsize=0
    ) as child:
        while data := child.stdout.read(64 * 1024):
            total += len(data)
    if child.returncode != 0:
        return f"error the child: code {child.returncode}"
    return f"{total} {time.perf_counter_ns() - start}"


for line in sys.stdin:
    command, amount = line.split()
    print(read(int(amount)) if command == "read" else f"error unknown command {command}", flush=True)
