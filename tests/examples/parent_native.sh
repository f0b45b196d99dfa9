#!/usr/bin/env bash
# examples/parent --native: the C++ child answers what the parent wrote, and the parent tells how it ended.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/parent" --native
wait_end 20
((status == 0)) || fail "exit code $status"
expected='Data received from child process: Data received from parent: hi
Child process finished with exit code: 0'
printed=$(printf '%s\n' "${lines[@]}")
[[ $printed == "$expected" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
