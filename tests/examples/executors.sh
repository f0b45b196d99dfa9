#!/usr/bin/env bash
# examples/executors: coroutines and children on a strand of an io_context that four threads run.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/executors"
wait_end 20
((status == 0)) || fail "exit code $status"
expected="system: Linux
lines: $(wc -l </etc/passwd)
in time: false"
printed=$(printf '%s\n' "${lines[@]}")
[[ $printed == "$expected" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
