#!/usr/bin/env bash
# examples/time_limit: the command is ended, the child outlasts the wait.
set -u
# shellcheck source=support/watched.sh
source "$(dirname "${BASH_SOURCE[0]}")/support/watched.sh"

watch "${BROOD_EXAMPLES_DIR:?}/time_limit"
wait_end 20
((status == 0)) || fail "exit code $status"
expected='begun
timed out: true, killed by SIGTERM
cat is still running
cat exited with code 0'
printed=$(printf '%s\n' "${lines[@]}")
[[ $printed == "$expected" ]] || fail "printed something else"
[[ ! -s $scratch/errors ]] || fail "wrote to stderr"
nothing_left
